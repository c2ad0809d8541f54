#!/usr/bin/env python3
"""A home that has only IPv6, with a NAT64: its node reaches an IPv4-only relay, and an IPv4-only peer directly."""

import json

from lab_case import LabCase, run_tests
import ipv6only
from ipv6only import IPv6Only
import nodes

DIRECT = r"path alice: \S+ -> 203\.0\.113\.7:41641 "


class Nat64(LabCase):
    def make(self, dns=True):
        self.home6 = IPv6Only(self.loop, self.lab, self.lab.bob, self.folder, dns)
        for p in self.home6.programs:
            self.own(p)

    def start(self, host=None):
        """Alice has IPv4 only; bob has IPv6 only, and knows the relay by this name or by its IPv4 address."""
        self.relay = nodes.Relay(self.loop, self.lab, self.folder)
        self.own(self.relay.program)
        self.alice, self.bob = (nodes.Node(self.loop, self.lab, home, self.folder)
                                for home in (self.lab.alice, self.lab.bob))
        self.alice.configure(self.relay.section(), self.bob.peer_section())
        self.relay.address = host or self.relay.address
        self.bob.configure(self.relay.section(), self.alice.peer_section())
        for node in (self.alice, self.bob):
            node.start()
            self.own(node.program)

    def direct(self):
        self.alice.wait_ready()
        self.assertTrue(self.loop.until(self.pings, 20))
        self.bob.program.wait_line(DIRECT)
        self.alice.program.wait_line(r"path bob: \S+ -> 198\.51\.100\.7:\d+ ")
        self.wait(lambda: self.lab.alice.host.run("ping", "-c1", "-W1", nodes.ADDRESS["bob"], check=False)
                  .returncode == 0, 5, "a ping over the direct path")

    def test_the_prefix_is_learned_from_dns64(self):
        self.make()
        self.start()
        self.bob.program.wait_line(r"only IPv6: IPv4 is reached through the NAT64 at 2001:db8:64::/96")
        self.bob.wait_ready()
        self.direct()
        status = json.loads(self.bob.warren("status", "--json").stdout)
        self.assertEqual(status["self"]["nat64"], ipv6only.PREFIX)
        self.assertEqual(status["peers"][0]["endpoint"], "203.0.113.7:41641")
        self.assertIn("direct 203.0.113.7:41641 via NAT64", self.bob.warren("status").stdout)
        self.assertIn("198.51.100.7", " ".join(e["endpoint"] for e in status["self"]["endpoints"]))

    def test_a_relay_known_by_name_is_asked_for_our_address_too(self):
        self.make()
        self.start("relay.example.net")
        self.bob.wait_ready()
        self.direct()

    def test_the_prefix_is_learned_from_the_router(self):
        self.make(dns=False)
        self.start()
        self.loop.run_for(1)
        self.assertIsNone(self.bob.program.saw("NAT64"))
        self.home6.advertise()
        self.bob.program.wait_line(r"NAT64 at 2001:db8:64::/96")
        self.bob.wait_ready()
        self.direct()
        self.home6.advertise(0)
        self.bob.program.wait_line("IPv4 is not reached through a NAT64 any more")


if __name__ == "__main__":
    run_tests(needs=ipv6only.NEEDS)
