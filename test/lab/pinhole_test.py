#!/usr/bin/env python3
"""Two homes with IPv6 behind firewalls: alice's opens when it is asked, by PCP. Bob's changes ports as it likes, so that
alice's firewall takes nothing from there for an answer."""

import socket

from lab_case import run_tests
from portmap_case import PortMapCase
from topology import NODE_PORT

ALICE, BOB = "2001:db8:a", "2001:db8:b"

NAT66 = """
table ip6 nat {
    chain out {
        type nat hook postrouting priority srcnat;
        oifname "wan" masquerade random
    }
}
"""
NO_HOLES = "insert rule inet filter miniupnpd meta nfproto ipv6 drop\n"


class Pinhole(PortMapCase):
    def start_gateway6(self):
        self.make_homes_hard()
        self.give_ipv6(self.lab.alice, ALICE)
        self.give_ipv6(self.lab.bob, BOB)
        self.lab.bob.router.nft(NAT66)
        self.make_gateway(["pcp", "nat-pmp"], ipv6=True)
        # Nothing goes directly by IPv4.
        for home in (self.lab.alice, self.lab.bob):
            home.router.nft("add rule inet filter blocked meta nfproto ipv4 meta l4proto udp drop\n")

    def give_ipv6(self, home, net):
        """Its router is the default one by its link-local address, as router advertisements make it."""
        internet, uplink = self.lab.internet, f"{net}:ffff"
        for namespace in (internet, home.router, home.host):
            namespace.sysctl(net__ipv6__conf__all__disable_ipv6=0)
        for namespace in (internet, home.router):
            namespace.sysctl(net__ipv6__conf__all__forwarding=1)
        internet.ip(f"addr add {uplink}::1/64 dev {home.name} nodad", f"route add {net}::/64 via {uplink}::2")
        home.router.ip(f"addr add {uplink}::2/64 dev wan nodad", f"route add ::/0 via {uplink}::1",
                       f"addr add {net}::1/64 dev lan nodad", "addr add fe80::1/64 dev lan nodad")
        home.router.nft("add rule inet filter input meta l4proto ipv6-icmp accept\n")  # neighbour discovery
        home.host.ip(f"addr add {net}::20/64 dev eth0 nodad", "route add ::/0 via fe80::1 dev eth0")

    def hole(self):
        """As alice's node knows it, or None."""
        found = self.status(self.alice)["self"]["port_mapping"]["mappings"]
        return next((m for m in found if m["gateway"].startswith("fe80:")), None)

    def holes(self):
        text = self.lab.alice.router.run("nft", "list", "chain", "inet", "filter", "miniupnpd").stdout
        return [line for line in text.splitlines() if "@nh,192,128" in line and "accept" in line]

    def strangers(self):
        """How many datagrams with disco's first bytes have come to alice's node and were not of its peers."""
        return sum(self.status(self.alice)["dropped"]["path"].values())

    def gets_in(self, seconds):
        """Whether an unsolicited datagram gets from bob's home to alice's node."""
        before = self.strangers()
        with self.lab.bob.host.inside():
            s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)

        def send_and_look():
            s.sendto(b"TS\xf0\x9f\x92\xac" + bytes(60), (f"{ALICE}::20", NODE_PORT))
            return self.strangers() > before
        with s:
            return bool(self.loop.until(send_and_look, seconds))

    def test_a_hole_is_opened_and_closed_again(self):
        self.start_gateway6()
        self.start_pair()
        hole = self.wait(self.hole, 5, "a hole")
        self.assertEqual(hole["endpoint"], f"[{ALICE}::20]:{NODE_PORT}")
        self.assertEqual((hole["protocol"], hole["double_nat"]), ("pcp", False))
        self.assertEqual(len(self.holes()), 1)
        self.assertTrue(self.gets_in(5))
        self.switch(self.alice, "no")
        self.wait(lambda: not self.holes(), 5, "the hole to be closed")
        self.assertFalse(self.gets_in(1))

    def test_by_the_hole_they_are_direct(self):
        self.start_gateway6()
        self.start_pair()
        self.wait(self.hole, 5, "a hole")
        for node in (self.alice, self.bob):
            self.wait(lambda n=node: self.pings() and self.status(n)["peers"][0].get("direct"), 15,
                      f"{node.name} to be direct")
        self.assertEqual(self.status(self.bob)["peers"][0]["endpoint"], f"[{ALICE}::20]:{NODE_PORT}")
        self.alice.program.end()
        self.wait(lambda: not self.holes(), 5, "the hole to be closed at the end")

    def test_without_it_they_are_not(self):
        self.start_gateway6()
        self.lab.alice.router.nft(NO_HOLES)
        self.start_pair()
        for _ in range(5):
            self.assertTrue(self.pings())
            self.loop.run_for(1)
        self.assertFalse(self.status(self.alice)["peers"][0]["direct"])


if __name__ == "__main__":
    run_tests(needs=("miniupnpd",))
