#!/usr/bin/env python3
"""footprint.py BUILD-DIR: sizes of the stripped programs, what they link, and memory of an idle node and relay.

The node has 100 peers and a relay, and runs in a network namespace of its own. It is measured two seconds
after it has reached its relay.
"""

import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(sys.argv[1]).resolve()
PEERS = 100
AIMS = {"warrend": 1 << 20, "warren-relay": 1 << 20}
AIM_RSS_KIB = 8 * 1024


def stripped_size(program):
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["strip", "-o", out.name, program], check=True)
        return os.path.getsize(out.name)


def linked(program):
    out = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", out)


def memory_kib(pid):
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        match = re.match(r"(\w+): +(\d+) kB", line)
        if match:
            fields[match[1]] = int(match[2])
    return {"rss": fields["Rss"], "pss": fields["Pss"],
            "private": fields["Private_Clean"] + fields["Private_Dirty"]}


def wait_for(log, pattern, process):
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        match = re.search(pattern, log.read_text())
        if match:
            return match[0]
        time.sleep(0.05)
    sys.exit(f"{process.args[0]} never said /{pattern}/, but:\n{log.read_text()}")


def start(directory, name, *argv):
    log = pathlib.Path(directory) / f"{name}.log"
    process = subprocess.Popen([BUILD / name, *argv], stdout=log.open("w"), stderr=subprocess.STDOUT)
    return process, log


def node_file(directory, pin):
    key = pathlib.Path(directory) / "key"
    key.write_text("privkey:" + secrets.token_hex(32) + "\n")
    key.chmod(0o600)
    text = f"""[Node]
PrivateKeyFile = {key}
Address = 100.64.0.1/32
[Relay]
Name = lab
Region = 1
Host = 127.0.0.1
Port = 8443
Pin = {pin}
"""
    for i in range(PEERS):
        text += f"""[Peer]
PublicKey = {secrets.token_hex(32)}
AllowedIPs = 100.64.1.{i}/32
Relay = lab
"""
    path = pathlib.Path(directory) / "warren.conf"
    path.write_text(text)
    return path


def idle_memory():
    """This process is in a namespace of its own: `unshare --net` started it."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as directory:
        relay, relay_log = start(directory, "warren-relay", "--listen", "127.0.0.1:8443", "--self-signed", directory,
                                 "--hostname", "127.0.0.1", "--state", directory)
        try:
            pin = wait_for(relay_log, r"sha256-raw:[0-9a-f]{64}", relay)
            node, node_log = start(directory, "warrend", "--config", str(node_file(directory, pin)), "--state", directory,
                                   "--socket", f"{directory}/sock")
            try:
                wait_for(node_log, r"relay lab: connected", node)
                time.sleep(2)
                if os.environ.get("FOOTPRINT_SMAPS"):
                    print(pathlib.Path(f"/proc/{node.pid}/smaps").read_text(), file=sys.stderr)
                return {"warrend": memory_kib(node.pid), "warren-relay": memory_kib(relay.pid)}
            finally:
                node.terminate()
                node.wait()
        finally:
            relay.terminate()
            relay.wait()


def measured():
    if os.environ.get("FOOTPRINT_INSIDE"):
        print(json.dumps(idle_memory()))
        sys.exit(0)
    argv = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    inside = subprocess.run([*argv, sys.executable, __file__, BUILD], capture_output=True, text=True,
                            env={**os.environ, "FOOTPRINT_INSIDE": "1"})
    if inside.returncode != 0:
        print(f"memory was not measured: {inside.stderr.strip() or 'no namespaces here'}")
        return {}
    return json.loads(inside.stdout)


def main():
    memory = measured()
    print("| program | stripped size | aim | idle memory (RSS / PSS / private) | links |")
    print("| --- | --- | --- | --- | --- |")
    for name in ("warrend", "warren-relay", "warren"):
        size = stripped_size(BUILD / name)
        m = memory.get(name)
        text = f"{m['rss'] / 1024:.1f} / {m['pss'] / 1024:.1f} / {m['private'] / 1024:.1f} MiB" if m else "-"
        aim = f"{AIMS[name] // 1024} KiB" if name in AIMS else "-"
        print(f"| {name} | {size / 1024:.0f} KiB | {aim} | {text} | {', '.join(linked(BUILD / name))} |")
    print(f"\nThe node has {PEERS} peers and is connected to the relay; the aim for its RSS is "
          f"{AIM_RSS_KIB // 1024} MiB. PSS counts what several processes share by their shares.")


if __name__ == "__main__":
    main()
