#!/usr/bin/env python3
"""The places of sim/places.c in the lab: the real programs behind warren-lab-nat boxes, pair by pair.

  lab/places.py --build build --pair port-restricted,carrier      one pair, as a line of JSON
  lab/places.py --build build --out docs/matrix-lab.json          every pair once (`make matrix-lab`)
  lab/places.py --build build --third                             every third pair: what CI runs

There is one list of places, and the simulator has it (`warren-matrix -l`). A place is a chain of namespaces and boxes:
internet, carrier, router, host. Not built here yet: the gateways that map ports. Exit status 1 when some pair is not
connected, or loses a packet that it should not.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import nodes
import world
from ipv6only import IPv6Only
from programs import Loop
from run import is_direct
from stream import Stream
from topology import RELAY_MS, UPLINK_MS, Cable, NatBox, wait_for
from world import Namespace

HOPELESS_S, PATIENCE_S, HARD_S = 4.0, 6.0, 30.0
HARD = ("prediction", "block", "birthday", "guess")
EXTERNAL = "192.0.2.{}"


def places(build):
    """name -> place, as `warren-matrix -l` prints them."""
    done = subprocess.run([os.path.join(build, "warren-matrix"), "-l"], capture_output=True, text=True, check=True)
    return {p["name"]: p for p in json.loads(done.stdout)}


def buildable(place):
    return "portmap" not in place


class Site:
    """One host in its place. i is 1 or 2, and makes its addresses different from the other's."""

    def __init__(self, lab, name, place, i):
        self.lab, self.name, self.place, self.i = lab, name, place, i
        self.host, self.boxes, self.namespaces, self.carrier = Namespace(name), [], [], None
        self.namespaces.append(self.host)
        self.external = [EXTERNAL.format(16 * i + k) for k in range(place["addresses"])]
        self.public = self.external[0]
        if "nat64" in place:
            self._nat64()
        elif "nat" not in place:
            self._public()
        else:
            self._behind()
        if "second" in place:
            self._second()

    def _box(self, inside, inside_name, outside, external, nat, line, wall6=None):
        name = f"n{len(self.lab.boxes)}"
        box = NatBox(os.path.join(self.lab.build, "warren-lab-nat"), inside, inside_name, outside, name, external,
                     f"{nat} seed={self.lab.seed}{self.i}", line, wall6)
        self.lab.boxes.append(box)
        return name

    def _public(self):
        gateway = f"198.18.0.{self.i}"
        name = f"p{self.i}"
        self.lab.boxes.append(Cable(os.path.join(self.lab.build, "warren-lab-link"), self.lab.internet, name, self.host,
                                    "eth0", UPLINK_MS))
        self.lab.internet.ip(f"addr add {gateway} peer {self.public} dev {name}", f"link set {name} up")
        self.host.ip(f"addr add {self.public} peer {gateway} dev eth0", "link set eth0 up", f"route add default via {gateway}")

    def _behind(self):
        p, uplink = self.place, f"delay={UPLINK_MS}ms"
        firewall = "translate=no" in p["nat"]
        if "carrier" in p:
            self._below_a_carrier(uplink)
        else:
            outside = self._box(self.host, "eth0", self.lab.internet, self.external, p["nat"], uplink, p.get("wall6"))
        inside = f"{self.public}/32" if firewall else f"192.168.{self.i}.20/24"
        self.host.ip(f"addr add {inside} dev eth0", "route add default dev eth0")
        if "wall6" in p:
            self._ipv6("eth0", outside, self.i)

    def _below_a_carrier(self, uplink):
        wan = f"100.100.0.{self.i + 1}"
        self.carrier = self.lab.shared_carrier if self.place["shares_carrier"] else None
        if not self.carrier:
            self.carrier = Namespace("carrier")
            self.namespaces.append(self.carrier)
            self.carrier.sysctl(net__ipv4__ip_forward=1, net__ipv4__conf__all__rp_filter=0)
            self._box(self.carrier, "wan", self.lab.internet, self.external, self.place["carrier"], uplink)
            self.carrier.ip("route add default dev wan")
        if self.place["shares_carrier"]:
            self.lab.shared_carrier = self.carrier
        self._box(self.host, "eth0", self.carrier, [wan], self.place["nat"], "delay=2ms")

    def _ipv6(self, device, outside, net):
        self.host.sysctl(net__ipv6__conf__all__disable_ipv6=0)
        self.host.ip(f"addr add 2001:db8:{net}::2/64 dev {device} nodad", f"route add ::/0 dev {device}")
        self.lab.internet.ip(f"route add 2001:db8:{net}::/48 dev {outside}")

    def _second(self):
        p, wan = self.place, f"198.51.100.{self.i}"
        outside = self._box(self.host, "eth1", self.lab.internet, [wan], p["second"], f"delay={UPLINK_MS}ms", p["second_wall6"])
        self.host.ip(f"addr add 172.16.{self.i}.20/24 dev eth1")
        self._ipv6("eth1", outside, 16 + self.i)

    def _nat64(self):
        """tayga and a DNS64 in the router; warren-lab-nat is what IPv4 leaves it by."""
        self.router = Namespace(f"{self.name}'s router")
        self.namespaces.append(self.router)
        self.router.ip(f"link add lan type veth peer name eth0 netns {self.host.path}", "link set lan up")
        self.host.ip("link set eth0 up")
        outside = self._box(self.router, "wan", self.lab.internet, self.external, self.place["nat64"],
                            f"delay={UPLINK_MS}ms", self.place["wall6"])
        self.router.sysctl(net__ipv4__ip_forward=1)
        self.router.ip("route add default dev wan", "route add ::/0 dev wan")
        folder = os.path.join(self.lab.folder, self.name)
        os.makedirs(folder, exist_ok=True)
        self.lab.programs += IPv6Only(self.lab.loop, self.lab, self, folder).programs
        self.lab.internet.run("ip", "route", "add", "2001:db8:b::/64", "dev", outside, check=False)  # one of two at most


class PlaceLab:
    """An internet with a relay, and two hosts in their places; what nodes.py wants of a lab."""

    RELAY = "192.0.2.10"

    def __init__(self, loop, build, folder, one, other, seed=1):
        self.loop, self.build, self.folder, self.seed = loop, build, folder, seed
        self.boxes, self.programs, self.shared_carrier = [], [], None
        self.internet, self.relay = Namespace("the internet"), Namespace("relay")
        self.internet.sysctl(net__ipv4__ip_forward=1, net__ipv6__conf__all__disable_ipv6=0,
                             net__ipv6__conf__all__forwarding=1, net__ipv4__conf__all__rp_filter=0)
        self.boxes.append(Cable(os.path.join(build, "warren-lab-link"), self.internet, "relay", self.relay, "eth0", RELAY_MS))
        self.internet.ip(f"addr add 192.0.2.1 peer {self.RELAY} dev relay", "link set relay up")
        self.relay.ip(f"addr add {self.RELAY} peer 192.0.2.1 dev eth0", "link set eth0 up", "route add default via 192.0.2.1")
        self.alice = Site(self, "alice", one, 1)
        if one is not other:
            self.shared_carrier = None
        self.bob = Site(self, "bob", other, 2)
        for site in (self.alice, self.bob):
            if "nat64" not in site.place:
                wait_for(lambda h=site.host: h.run("ping", "-c1", "-W1", self.RELAY, check=False).returncode == 0, 10,
                         f"{site.name} to reach the relay")

    def close(self):
        for p in self.programs:
            p.end()
        for box in self.boxes:
            box.close()
        for n in (self.internet, self.relay, *self.alice.namespaces, *self.bob.namespaces):
            n.close()


class Watch:
    """What is measured of one pair."""

    def __init__(self):
        self.start = self.now_direct = None
        self.sent, self.first = {}, {}
        self.at = {"alice": "relay", "bob": "relay"}
        self.n_sent = self.n_got = 0

    def take(self, e):
        if e["event"] == "sent":
            self.start = self.start or e["t"]
            self.n_sent += 1
        elif e["event"] == "got":
            self.n_got += 1
            self.first.setdefault(e["way"], e["t"])
        elif e["event"] == "path":
            self.at[e["node"]] = e["to"] if not e.get("also") else "relay"
            self.now_direct = e["t"] if self.direct() else None

    def direct(self):
        return all(is_direct(to) for to in self.at.values())


def play(build, one, other, possible):
    loop, watch = Loop(), Watch()
    with tempfile.TemporaryDirectory(prefix="lab-", dir="/run") as folder:
        lab = PlaceLab(loop, build, folder, one, other)
        relay, alice, bob = nodes.start_pair(loop, lab, folder, watch.take)
        stream = Stream(loop, alice, bob, watch.take)
        loop.until(watch.direct, HARD_S if possible in HARD else HOPELESS_S if possible in ("slow", "none") else PATIENCE_S)
        loop.run_for(1)
        stream.stop()
        for p in (alice.program, bob.program, relay.program):
            p.end()
        lab.close()
    connected = len(watch.first) == 2
    return {"a": one["name"], "b": other["name"], "possible": possible, "connected": connected, "direct": watch.direct(),
            "sent": watch.n_sent, "lost": watch.n_sent - watch.n_got,
            "first_ms": round(1000 * (max(watch.first.values()) - watch.start), 1) if connected else None,
            "direct_ms": round(1000 * (watch.now_direct - watch.start), 1) if watch.direct() else None,
            "to": watch.at}


def is_good(r):
    return r["connected"] and (r["direct"] or r["possible"] not in ("plain", "ipv6", "prediction", "block"))


def possible_by(build):
    """(one, other) -> word, for all pairs."""
    done = subprocess.run([os.path.join(build, "warren-matrix"), "-t"], capture_output=True, text=True, check=True)
    return {(r["a"], r["b"]): r["possible"] for r in map(json.loads, done.stdout.splitlines())}


def wanted(args, ways):
    if args.pair:
        a, b = args.pair.split(",")
        return [(a, b) if (a, b) in ways else (b, a)]
    pairs = [pair for pair in ways if all(buildable(args.places[name]) for name in pair)]
    return pairs[::3] if args.third else pairs


def play_in_a_world(args, pair, word):
    """In a child, so that each pair has a world of its own; None: it broke."""
    command = [sys.executable, __file__, "--build", args.build, "--pair", ",".join(pair)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if lines:
        return json.loads(lines[-1])
    print(f"{pair}: {done.stderr.strip()[-2000:]}", file=sys.stderr)
    return {"a": pair[0], "b": pair[1], "possible": word, "connected": False, "direct": False}


def main():
    args = argparse.ArgumentParser(description="measure pairs of places in the lab")
    args.add_argument("--build", default="build")
    args.add_argument("--pair")
    args.add_argument("--third", action="store_true", help="every third pair")
    args.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    args.add_argument("--out", type=pathlib.Path)
    args = args.parse_args()
    args.build = os.path.abspath(args.build)
    why = world.missing()
    if why:
        print(f"SKIPPED: {why}")
        return world.SKIPPED
    args.places, ways = places(args.build), possible_by(args.build)
    pairs = wanted(args, ways)
    if args.pair:
        world.enter()
        result = play(args.build, *(args.places[name] for name in pairs[0]), ways[pairs[0]])
        print(json.dumps(result), flush=True)
        return 0 if is_good(result) else 1
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = []
        for r in pool.map(lambda pair: play_in_a_world(args, pair, ways[pair]), pairs):
            results.append(r)
            print(json.dumps(r), flush=True)
    if args.out:
        rows = ",\n".join("  " + json.dumps(r) for r in results)
        args.out.write_text('{\n "pairs": [\n' + rows + "\n ]\n}\n")
    bad = [r for r in results if not is_good(r)]
    for r in bad:
        print(f"{r['a']}, {r['b']}: {'not direct' if r['connected'] else 'not connected'}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
