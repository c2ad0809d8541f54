#!/usr/bin/env python3
"""DERP with stock peers: the stock client on our relay, our client on the stock relay, over TLS and not.

    derp.py BUILD-DIR

The stock programs are built from the pinned Go module in stock/; where there is no Go (1.24 or newer),
or its modules cannot be fetched, the test says so loudly and is skipped (exit status 77).
"""

import contextlib
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

import stock_programs as stock

BUILD = pathlib.Path(sys.argv[1]).resolve()
WAIT_S = 15


def stock_programs():
    out = stock.build(BUILD, "interoperation with stock DERP", "./derpclient", "tailscale.com/cmd/derper")
    return out / "derper", out / "derpclient"


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Program:
    """A program that runs in the background, its output in a file."""

    def __init__(self, directory, *argv):
        self.log = pathlib.Path(directory) / f"{pathlib.Path(argv[0]).name}-{time.monotonic_ns()}.log"
        self.process = subprocess.Popen([str(a) for a in argv], stdout=self.log.open("w"),
                                        stderr=subprocess.STDOUT)

    def wait_for(self, pattern):
        """The first match of the pattern in its output."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            match = re.search(pattern, self.log.read_text())
            if match:
                return match[0]
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"{self.process.args[0]} never said /{pattern}/, but:\n{self.log.read_text()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def wait_for_port(port):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on 127.0.0.1:{port}")


def say(argv, expect):
    """Runs a sender; what it prints must be the echo of what it sent."""
    sent = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=WAIT_S)
    if sent.stdout.strip() != expect:
        raise AssertionError(f"{argv}\nexpected: {expect}\nfound: {sent.stdout}{sent.stderr}")
    return sent.stderr


def both_ways(where, ours, stock, directory):
    """Our client and the stock one on the same relay, each echoing the other."""
    with Program(directory, *stock, "echo") as echo:
        key = echo.wait_for(r"nodekey:[0-9a-f]{64}")
        how = say([*ours, "send", key, "from ours"], f"{key} echo:from ours")
        print(f"ok: {where}: our client -> stock client -> our client ({how.strip() or 'no word'})")
        say([*stock, "send", key, "among stock"], f"{key} echo:among stock")
        print(f"ok: {where}: stock client -> stock client")
    with Program(directory, *ours, "echo") as echo:
        key = echo.wait_for(r"nodekey:[0-9a-f]{64}")
        say([*stock, "send", key, "from stock"], f"{key} echo:from stock")
        print(f"ok: {where}: stock client -> our client -> stock client")


def test_stock_relay(derper, derpclient, directory, tls):
    port, stun = free_port(), free_port(socket.SOCK_DGRAM)
    if tls:
        argv = [derper, "-hostname=127.0.0.1", "-certmode=manual", f"-certdir={directory}/derper",
                f"-a=127.0.0.1:{port}", "-http-port=-1"]
    else:
        argv = [derper, "-hostname=127.0.0.1", f"-a=127.0.0.1:{port}"]
    with Program(directory, *argv, f"-stun-port={stun}", f"-c={directory}/derper.conf") as relay:
        pin = json.loads(relay.wait_for(r'\{"Name":"custom".*\}'))["CertName"] if tls else None
        wait_for_port(port)
        ours = [BUILD / "test" / "derp_peer", "127.0.0.1", port, pin if tls else "plain"]
        stock = [derpclient, "-port", port, *(["-pin", pin] if tls else ["-plain"])]
        both_ways(f"stock relay, {'TLS' if tls else 'plain'}", ours, stock, directory)


def test_our_relay(derpclient, directory):
    port, plain, stun = free_port(), free_port(), free_port(socket.SOCK_DGRAM)
    argv = [BUILD / "warren-relay", "--listen", f"127.0.0.1:{port}", "--http-listen", f"127.0.0.1:{plain}",
            "--stun-port", stun, "--self-signed", f"{directory}/relay", "--hostname", "127.0.0.1",
            "--state", f"{directory}/relay"]
    with Program(directory, *argv) as relay:
        pin = relay.wait_for(r"sha256-raw:[0-9a-f]{64}")
        wait_for_port(port)
        both_ways("our relay, TLS", [BUILD / "test" / "derp_peer", "127.0.0.1", port, pin],
                  [derpclient, "-port", port, "-pin", pin], directory)
        both_ways("our relay, plain", [BUILD / "test" / "derp_peer", "127.0.0.1", plain, "plain"],
                  [derpclient, "-port", plain, "-plain"], directory)


def main():
    derper, derpclient = stock_programs()
    with tempfile.TemporaryDirectory() as directory:
        test_our_relay(derpclient, directory)
        test_stock_relay(derper, derpclient, directory, tls=True)
        test_stock_relay(derper, derpclient, directory, tls=False)


if __name__ == "__main__":
    main()
