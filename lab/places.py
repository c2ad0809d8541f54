#!/usr/bin/env python3
"""Two hosts in places of sim/places.c, in the lab: the real programs, with real packets through NATs.

  lab/places.py --build build --pair port-restricted,carrier      plays it once: a line of JSON

The simulator has the one list of places (`warren-matrix -l`). A place is a chain of namespaces and boxes:
internet, carrier, router, host. The boxes are warren-lab-nat. Only gateways that map ports are Linux with Debian's
miniupnpd. As in the simulator there are two relays, and 10 packets a second go each way. lab/pairs.py plays every
pair. Exit status 1 when the pair is not connected, or not direct although it must be.
"""

import argparse
import contextlib
import ipaddress
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import gateway
import ipv6only
import nodes
import world
from programs import Loop
from run import is_direct
from stream import Stream
from topology import RELAY_MS, ROUTER, UPLINK_MS, Cable, NatBox, wait_for
from world import Namespace

RATE = 10  # packets a second each way
# How long to wait for a direct path, by what makes it possible.
QUICK_S, ASKED_S, HARD_S, HOPELESS_S = 6.0, 10.0, 45.0, 15.0
PATIENCE_S = {"plain": QUICK_S, "ipv6": QUICK_S, "portmap": ASKED_S, "prediction": HARD_S, "block": HARD_S,
              "birthday": HARD_S, "guess": HARD_S, "slow": HOPELESS_S, "none": HOPELESS_S}
MUST_BE_DIRECT = ("plain", "ipv6", "portmap", "prediction", "block")
HARD = ("prediction", "block", "birthday", "guess", "slow")
EXTERNAL = "192.0.2.{}"


def places(build):
    """name -> place, as `warren-matrix -l` prints them."""
    done = subprocess.run([os.path.join(build, "warren-matrix"), "-l"], capture_output=True, text=True, check=True)
    return {p["name"]: p for p in json.loads(done.stdout)}


def missing(place):
    """A program without which this place cannot be built, or None."""
    needs = gateway.NEEDS if "portmap" in place else ipv6only.NEEDS if "nat64" in place else ()
    return next((p for p in needs if not shutil.which(p)), None)


class Site:
    """One host in its place. i is 1 or 2, and makes its addresses different from the other's."""

    def __init__(self, lab, name, place, i):
        self.lab, self.name, self.place, self.i = lab, name, place, i
        self.host, self.boxes, self.namespaces, self.carrier = Namespace(name), [], [], None
        self.namespaces.append(self.host)
        self.external = [EXTERNAL.format(16 * i + k) for k in range(place["addresses"])]
        self.folder = os.path.join(lab.folder, f"{name}-place")
        os.makedirs(self.folder)
        if "portmap" in place:
            self.external = [gateway.PUBLIC.format(i)]
        self.public = self.external[0]
        if "portmap" in place:
            self._gateway()
        elif "nat64" in place:
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

    def _uplink(self, namespace, device):
        """A cable from the internet to the public address in this namespace."""
        far, name = f"198.18.0.{self.i}", f"p{self.i}"
        self.lab.boxes.append(Cable(os.path.join(self.lab.build, "warren-lab-link"), self.lab.internet, name, namespace,
                                    device, UPLINK_MS))
        self.lab.internet.ip(f"addr add {far} peer {self.public} dev {name}", f"link set {name} up")
        namespace.ip(f"addr add {self.public} peer {far} dev {device}", f"link set {device} up",
                     f"route add default via {far}")

    def _public(self):
        self._uplink(self.host, "eth0")

    def _gateway(self):
        """Linux, because miniupnpd tells Linux what to redirect."""
        net = f"192.168.{self.i}"
        self.router = Namespace(f"{self.name}'s router")
        self.namespaces.append(self.router)
        self._uplink(self.router, "wan")
        self.router.ip(f"link add lan type veth peer name eth0 netns {self.host.path}",
                       f"addr add {net}.1/24 dev lan", "link set lan up")
        self.host.ip(f"addr add {net}.20/24 dev eth0", "link set eth0 up", f"route add default via {net}.1")
        self.router.sysctl(net__ipv4__ip_forward=1)
        self.router.nft(ROUTER)
        gateway.make_hard(self.router)
        self.lab.programs.append(gateway.Gateway(self.lab.loop, self.router, net, self.folder, [self.place["portmap"]]).program)

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
        net = f"2001:db8:b{self.i}"
        self.lab.programs += ipv6only.IPv6Only(self.lab.loop, self.lab, self, self.folder, net=net).programs
        self.lab.internet.ip(f"route add {net}::/64 dev {outside}")


class PlaceLab:
    """An internet with two relays, and two hosts in their places. It has what nodes.py wants of a lab."""

    RELAY, RELAY2 = "192.0.2.10", "203.0.113.10"

    def __init__(self, loop, build, folder, one, other, seed=1):
        self.loop, self.build, self.folder, self.seed = loop, build, folder, seed
        self.boxes, self.programs, self.shared_carrier = [], [], None
        self.internet, self.relay, self.relay2 = Namespace("the internet"), Namespace("relay"), Namespace("relay 2")
        self.internet.sysctl(net__ipv4__ip_forward=1, net__ipv6__conf__all__disable_ipv6=0,
                             net__ipv6__conf__all__forwarding=1, net__ipv4__conf__all__rp_filter=0)
        self._relay(self.relay, "relay", self.RELAY, "192.0.2.1")
        self._relay(self.relay2, "relay2", self.RELAY2, "203.0.113.1")
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
        for n in (self.internet, self.relay, self.relay2, *self.alice.namespaces, *self.bob.namespaces):
            n.close()

    def _relay(self, namespace, device, address, far):
        self.boxes.append(Cable(os.path.join(self.build, "warren-lab-link"), self.internet, device, namespace, "eth0",
                                RELAY_MS))
        self.internet.ip(f"addr add {far} peer {address} dev {device}", f"link set {device} up")
        namespace.ip(f"addr add {address} peer {far} dev eth0", "link set eth0 up", f"route add default via {far}")

    def close(self):
        """Before another one is built in the same world."""
        for p in self.programs:
            if p.process.poll() is None:
                p.end()
        for box in self.boxes:
            box.close()
        for n in (self.internet, self.relay, self.relay2, *self.alice.namespaces, *self.bob.namespaces):
            n.close()


class Pair:
    """Two relays and two nodes in a PlaceLab."""

    def __init__(self, loop, lab, folder, emit):
        self.lab = lab
        self.relays = [nodes.Relay(loop, lab, folder),
                       nodes.Relay(loop, lab, folder, name="lab2", region=2, namespace=lab.relay2, address=lab.RELAY2)]
        sections = [r.section() for r in self.relays]
        self.alice, self.bob = (nodes.Node(loop, lab, site, folder, emit) for site in (lab.alice, lab.bob))
        self.alice.configure(*sections, self.bob.peer_section())
        self.bob.configure(*sections, self.alice.peer_section())
        for node in (self.alice, self.bob):
            node.start()

    @property
    def programs(self):
        return [self.alice.program, self.bob.program, *(r.program for r in self.relays), *self.lab.programs]

    def settled(self, node):
        """The node is connected and knows what it can. As in the simulator, traffic begins only then."""
        if not node.program.saw(rf"relay {nodes.RELAY_NAME}: connected"):
            return False
        me = json.loads(node.warren("status", "--json").stdout)["self"]
        kinds = {e["kind"] for e in me["endpoints"]}
        wants = {"portmap"} if "portmap" in node.home.place else {"stun"} if has_udp(node.home.place) else set()
        return wants <= kinds

    def mapped(self, node):
        me = json.loads(node.warren("status", "--json").stdout)["self"]
        return {m["endpoint"] for m in me["port_mapping"]["mappings"]}

    def text(self):
        start = min(p.lines[0][0] for p in self.programs if p.lines)
        return "".join(f"{t - start:8.3f} {p.name}: {line}\n" for t, p, line in sorted(
            ((t, p, line) for p in self.programs for t, line in p.lines), key=lambda x: x[0]))


def has_udp(place):
    return "udp=blocked" not in place.get("nat", "")


class Watch:
    """Measures one pair."""

    def __init__(self):
        self.start = self.now_direct = None
        self.first = {}
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

    def all_here(self):
        return self.n_got >= self.n_sent


def won_by(pair, watch, possible):
    """By what the pair is direct, in the words of sim/matrix.c."""
    if not watch.direct():
        return "relay"
    if watch.at["alice"] in pair.mapped(pair.bob) or watch.at["bob"] in pair.mapped(pair.alice):
        return "portmap"
    if watch.at["alice"].startswith("["):
        return "ipv6"
    if possible in HARD:
        return "hard"
    address = watch.at["alice"].rsplit(":", 1)[0]
    if address in pair.lab.alice.external:
        return "hairpin"
    return "lan" if ipaddress.ip_address(address).is_private and address.startswith(("192.168.", "10.", "172.16.")) else "ipv4"


def play(build, one, other, possible, patience_s, folder):
    """(row, what the programs printed)"""
    loop, watch = Loop(), Watch()
    lab = PlaceLab(loop, build, folder, one, other)
    pair = Pair(loop, lab, folder, watch.take)
    for node in (pair.alice, pair.bob):
        node.wait_ready()
        loop.until(lambda n=node: pair.settled(n), ASKED_S)
    stream = Stream(loop, pair.alice, pair.bob, watch.take, RATE, apart=0)
    loop.until(watch.direct, patience_s)
    loop.run_for(1)
    won = won_by(pair, watch, possible)
    stream.stop(all_here=watch.all_here)
    ended = [p.name for p in pair.programs if p.process.poll() is not None]
    connected = len(watch.first) == 2
    row = {"connected": connected and not ended, "direct": watch.direct(), "won": won,
           "patience_s": patience_s, "sent": watch.n_sent, "lost": watch.n_sent - watch.n_got,
           "first_ms": round(1000 * (max(watch.first.values()) - watch.start), 1) if connected else None,
           "direct_ms": round(1000 * (watch.now_direct - watch.start), 1) if watch.direct() else None,
           "to": watch.at}
    return row | ({"error": f"{', '.join(ended)} ended"} if ended else {}), pair.text()


def is_good(r):
    """Connected, nothing lost, and direct where it must be."""
    return r["connected"] and not r["lost"] and (r["direct"] or r["possible"] not in MUST_BE_DIRECT)


def possible_by(build):
    """(one, other) -> word, for all pairs."""
    done = subprocess.run([os.path.join(build, "warren-matrix"), "-t"], capture_output=True, text=True, check=True)
    return {(r["a"], r["b"]): r["possible"] for r in map(json.loads, done.stdout.splitlines())}


def main():
    args = argparse.ArgumentParser(description="play a pair of places in the lab")
    args.add_argument("--build", default="build")
    args.add_argument("--pair", required=True, help="ONE,OTHER")
    args.add_argument("--patience", type=float, help="seconds to wait for a direct path")
    args.add_argument("--log", help="file for what the programs print")
    args = args.parse_args()
    build, ways, all_places = os.path.abspath(args.build), possible_by(args.build), places(args.build)
    one, other = args.pair.split(",")
    one, other = (one, other) if (one, other) in ways else (other, one)
    possible = ways[one, other]
    row, text = {"a": one, "b": other, "possible": possible}, ""
    with contextlib.ExitStack() as open_ones:
        log = open_ones.enter_context(open(args.log, "w")) if args.log else None
        # When this process ends, the kernel ends everything in its world.
        world.enter()
        try:
            folder = tempfile.mkdtemp(prefix="lab-", dir="/run")
            result, text = play(build, all_places[one], all_places[other], possible,
                                args.patience or PATIENCE_S[possible], folder)
        except Exception as e:  # a row, not an abort
            result = {"connected": False, "direct": False, "lost": 0, "error": str(e).splitlines()[0]}
            text = traceback.format_exc()
        row |= result
        if log:
            log.write(text)
    print(json.dumps(row), flush=True)
    os._exit(0 if is_good(row) else 1)


if __name__ == "__main__":
    sys.exit(main())
