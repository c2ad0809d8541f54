#!/usr/bin/env python3
"""Hard NATs with real packets: they are crossed within the budget, and no socket stays open. Switched off: nothing is sent."""

import shutil
import sys
import tempfile
import unittest

from lab_case import BUILD, run_tests
import gateway
import ipv6only
import nodes
import places
from programs import Loop
from stream import Stream
from topology import NODE_PORT, Lab

PER_SECOND, BURST, PLAIN = 100, 32, 150  # path/hard/budget.h; PLAIN: pings that are no part of it
SOCKETS, FEW = 256, 6  # the node's own, that of `warren netcheck`, and the winner
NEVER_S = 12.0  # long enough for an attempt to have begun

HARD = "mapping=address-and-port-dependent filtering=address-and-port-dependent "
# Of what the host sends by UDP: disco messages (they begin with six bytes of their own), and those by another port.
COUNTERS = f"""
table inet watch {{
    counter disco {{ }}
    counter beside {{ }}
    chain out {{
        type filter hook output priority filter;
        oifname != "eth*" accept
        meta l4proto udp @th,64,48 0x5453f09f92ac counter name disco
        meta l4proto udp udp sport != {NODE_PORT} @th,64,48 0x5453f09f92ac counter name beside
    }}
}}
"""


def counted(host, name):
    return int(host.run("nft", "list", "counter", "inet", "watch", name).stdout.split("packets ")[1].split()[0])


def sockets(host):
    """UDP sockets in the namespace, but for DNS."""
    lines = [line.split() for f in ("udp", "udp6") for line in host.run("cat", f"/proc/net/{f}").stdout.splitlines()[1:]]
    return sum(1 for line in lines if not line[1].endswith(":0035"))


class HardNat(unittest.TestCase):
    def setUp(self):
        self.loop, self.programs = Loop(), []
        folder = tempfile.TemporaryDirectory(prefix="lab-", dir="/run")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.places = places.places(BUILD)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            for p in self.programs:
                for t, line in p.lines:
                    print(f"    {t - p.lines[0][0]:8.3f} {p.name}: {line}", file=sys.stderr)

    def build(self, one, other):
        """Two places, by name or made up, and one relay for both."""
        both = [self.places[p] if isinstance(p, str) else p for p in (one, other)]
        lab = places.PlaceLab(self.loop, BUILD, self.folder, *both)
        self.addCleanup(lab.close)
        return lab

    def begin(self, lab, bob_says=""):
        """Two nodes that know each other, and a stream between them."""
        self.watch, self.hosts = places.Watch(), (lab.alice.host, lab.bob.host)
        relay = nodes.Relay(self.loop, lab, self.folder)
        alice, bob = (nodes.Node(self.loop, lab, home, self.folder, self.watch.take) for home in (lab.alice, lab.bob))
        alice.configure("PortMapping = no\n", relay.section(), bob.peer_section())
        bob.configure(f"PortMapping = no\n{bob_says}", relay.section(), alice.peer_section())
        for node in (alice, bob):
            node.home.host.nft(COUNTERS)
            node.start()
        self.programs = [alice.program, bob.program, relay.program]
        for p in self.programs:
            self.addCleanup(lambda p=p: p.process.poll() is None and p.end())
        for node in (alice, bob):
            self.loop.until(lambda n=node: n.program.saw(rf"relay {nodes.RELAY_NAME}: connected"), 20, "the relay")
            self.loop.until(lambda n=node: '"stun"' in n.warren("status", "--json").stdout, 10, "an answer of STUN")
        stream = Stream(self.loop, alice, bob, self.watch.take)
        self.addCleanup(stream.stop)

    def meet(self, lab, within_s, peak=0):
        """Direct in the end, within the budget. Then all sockets that were opened for it are closed."""
        most = 0
        self.begin(lab)
        before = [counted(h, "disco") for h in self.hosts]
        start = self.watch.start

        def direct():
            nonlocal most
            if self.loop_turns % 5 == 0:
                most = max(most, *(sockets(h) for h in self.hosts))
            self.loop_turns += 1
            return self.watch.direct()

        self.loop_turns = 0
        self.loop.until(direct, within_s, "a direct path")
        took = self.watch.now_direct - (start or self.watch.start)
        for host, sent in zip(self.hosts, before):
            probes = counted(host, "disco") - sent
            self.assertLessEqual(probes, took * PER_SECOND * 1.1 + BURST + PLAIN)
        self.assertGreaterEqual(most, peak)
        self.assertLessEqual(most, SOCKETS + FEW)
        self.loop.until(lambda: all(sockets(h) <= FEW for h in self.hosts), 5, "sockets to be closed")
        self.loop.run_for(1)
        self.assertTrue(self.watch.direct())
        print(f"    direct after {took:.2f} s, {most} sockets at most", file=sys.stderr)

    def test_linux_with_random_ports(self):
        lab = Lab(BUILD)
        self.addCleanup(lab.close)
        gateway.make_hard(lab.alice.router)
        self.meet(lab, 100, peak=100)

    def test_random_ports(self):
        self.meet(self.build("hard-random", "port-restricted"), 100, peak=100)

    def test_a_nat_that_counts(self):
        self.meet(self.build("port-restricted", "hard-sequential"), 8)

    def test_a_block_of_ports(self):
        self.meet(self.build("hard-blocks", "port-restricted"), 8)

    def test_below_a_carrier_with_one_relay(self):
        self.meet(self.build("carrier", "hard-random"), 100)

    @unittest.skipUnless(all(shutil.which(tool) for tool in ipv6only.NEEDS), "there is no NAT64 here")
    def test_a_hard_nat64(self):
        place = dict(self.places["ipv6-nat64"], nat64=HARD + "ports=random")
        self.meet(self.build(place, "port-restricted"), 100, peak=100)

    def test_switched_off_nothing_of_it_leaves(self):
        self.begin(self.build("hard-random", "port-restricted"), bob_says="HardNat = no\n")
        before = [counted(h, "disco") for h in self.hosts]
        most = 0

        def many():
            nonlocal most
            most = max(most, *(sockets(h) for h in self.hosts))
            return most > FEW

        self.assertFalse(self.loop.until(many, NEVER_S))
        self.assertFalse(self.watch.direct())
        for host, sent in zip(self.hosts, before):
            self.assertEqual(counted(host, "beside"), 0)
            self.assertLess(counted(host, "disco") - sent, PLAIN)


if __name__ == "__main__":
    run_tests()
