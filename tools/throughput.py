#!/usr/bin/env python3
"""throughput.py BUILD-DIR [ROUNDS]: TCP through the tunnel, two warrend beside two wireguard-go, in turn.

One machine runs both ends, so all four programs share its cores: only the ratio means something. It also measures
the processor time of the four programs for each gigabyte carried.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
SECONDS = 4


def run(*argv, **more):
    return subprocess.run([str(a) for a in argv], check=True, capture_output=True, text=True, **more).stdout


def inside(space, *argv):
    return ["nsenter", f"--net=/proc/{space.pid}/ns/net", *[str(a) for a in argv]]


def namespace():
    space = subprocess.Popen(["unshare", "--net", "sleep", "1000"])
    while os.readlink(f"/proc/{space.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
        time.sleep(0.01)
    return space


def wire(a, b):
    run("ip", "link", "add", "va", "netns", a.pid, "type", "veth", "peer", "name", "vb", "netns", b.pid)
    for space, dev, address in ((a, "va", "192.0.2.1/24"), (b, "vb", "192.0.2.2/24")):
        run(*inside(space, "ip", "addr", "add", address, "dev", dev))
        run(*inside(space, "ip", "link", "set", dev, "up"))


def wait_for(what, done):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if done():
            return
        time.sleep(0.05)
    sys.exit(f"{what} did not happen within 20 s")


def pingable(space, address):
    return subprocess.run(inside(space, "ping", "-c1", "-W1", address), capture_output=True).returncode == 0


def warren(spaces, directory):
    keys = [run(BUILD / "warren", "genkey").strip() for _ in range(2)]
    publics = [run(BUILD / "warren", "pubkey", input=k).strip() for k in keys]
    started = []
    for i in range(2):
        folder = pathlib.Path(directory) / f"warren{i}"
        folder.mkdir()
        (folder / "key").write_text(keys[i])
        (folder / "key").chmod(0o600)
        (folder / "conf").write_text(
            f"[Node]\nPrivateKeyFile = key\nAddress = 100.64.0.{i + 1}/32\nInterface = warren0\nMTU = 1420\n"
            f"[Peer]\nPublicKey = {publics[1 - i]}\nAllowedIPs = 100.64.0.{2 - i}/32\n"
            f"Endpoint = 192.0.2.{2 - i}:41641\n")
        started.append(subprocess.Popen(inside(spaces[i], BUILD / "warrend", "--config", folder / "conf", "--state",
                                               folder, "--socket", folder / "sock"), stderr=subprocess.DEVNULL))
    return started, "100.64.0.2"


def stock(spaces, directory):
    keys = [run("wg", "genkey").strip() for _ in range(2)]
    publics = [run("wg", "pubkey", input=k).strip() for k in keys]
    started = []
    for i in range(2):
        name = f"wgstock{i}"
        started.append(subprocess.Popen(inside(spaces[i], "wireguard-go", "-f", name), stderr=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, env={**os.environ, "WG_PROCESS_FOREGROUND": "1"}))
        wait_for(f"{name}'s socket", lambda n=name: os.path.exists(f"/var/run/wireguard/{n}.sock"))
        conf = pathlib.Path(directory) / f"{name}.conf"
        conf.write_text(f"[Interface]\nPrivateKey = {keys[i]}\nListenPort = 51820\n[Peer]\nPublicKey = {publics[1 - i]}\n"
                        f"AllowedIPs = 10.9.0.{2 - i}/32\nEndpoint = 192.0.2.{2 - i}:51820\n")
        run(*inside(spaces[i], "wg", "setconf", name, conf))
        run(*inside(spaces[i], "ip", "addr", "add", f"10.9.0.{i + 1}/24", "dev", name))
        run(*inside(spaces[i], "ip", "link", "set", name, "up", "mtu", "1420"))
    return started, "10.9.0.2"


def processor_seconds(programs):
    ticks = 0
    for program in programs:
        fields = pathlib.Path(f"/proc/{program.pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(spaces, programs, address):
    before = processor_seconds(programs)
    report = json.loads(run(*inside(spaces[0], "iperf3", "-c", address, "-t", SECONDS, "-J")))
    got = report["end"]["sum_received"]
    return got["bits_per_second"] / 1e9, (processor_seconds(programs) - before) / (got["bytes"] / 1e9)


def main():
    spaces = [namespace(), namespace()]
    running = []
    try:
        wire(*spaces)
        with tempfile.TemporaryDirectory() as directory:
            pairs = {"warrend": warren(spaces, directory), "wireguard-go": stock(spaces, directory)}
            running = [p for programs, _ in pairs.values() for p in programs]
            running.append(subprocess.Popen(inside(spaces[1], "iperf3", "-s"), stdout=subprocess.DEVNULL))
            seen = {name: [] for name in pairs}
            for name, (_, address) in pairs.items():
                wait_for(f"{name}: the other end", lambda a=address: pingable(spaces[0], a))
            for _ in range(ROUNDS):
                for name, (programs, address) in pairs.items():
                    seen[name].append(measure(spaces, programs, address))
        for name, rows in seen.items():
            print(f"{name:13} {statistics.median(r[0] for r in rows):6.2f} Gb/s   "
                  f"{statistics.median(r[1] for r in rows):6.2f} s of processor a GB")
        ratios = [a[0] / b[0] for a, b in zip(seen["warrend"], seen["wireguard-go"])]
        print(f"warrend / wireguard-go: {statistics.median(ratios):.2f} "
              f"({min(ratios):.2f} to {max(ratios):.2f}, {ROUNDS} rounds of {SECONDS} s in turn)")
    finally:
        for p in running + spaces:
            p.kill()


if __name__ == "__main__":
    main()
