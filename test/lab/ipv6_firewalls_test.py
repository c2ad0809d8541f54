#!/usr/bin/env python3
"""Both sides have IPv6 alone, each behind a stateful firewall (nft and conntrack): direct within 2 s."""

import time

from lab_case import LabCase, run_tests, wait_for
from classify import APD, Classifier, udp_socket
import nodes

LIMIT_S = 2.0
RELAY = "2001:db8:ff::10"
FAR = ("2001:db8:f::1", "2001:db8:f::2")
NEIGHBOURS = "insert rule inet filter input icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n"


class Ipv6Firewalls(LabCase):
    def setUp(self):
        super().setUp()
        self.lab.internet.sysctl(net__ipv6__conf__all__disable_ipv6=0, net__ipv6__conf__all__forwarding=1)
        self.lab.internet.ip("addr add 2001:db8:ff::1/64 dev relay nodad", *(f"addr add {a}/128 dev lo" for a in FAR))
        self.lab.relay.sysctl(net__ipv6__conf__all__disable_ipv6=0)
        self.lab.relay.ip(f"addr add {RELAY}/64 dev eth0 nodad", "route add ::/0 via 2001:db8:ff::1")
        for i, home in enumerate((self.lab.alice, self.lab.bob), 1):
            self.only_ipv6(home, f"2001:db8:{i}")
        for home in (self.lab.alice, self.lab.bob):
            wait_for(lambda h=home: h.host.run("ping", "-c1", "-W1", RELAY, check=False).returncode == 0, 10, "the relay")

    def only_ipv6(self, home, net):
        home.router.sysctl(net__ipv6__conf__all__disable_ipv6=0, net__ipv6__conf__all__forwarding=1)
        home.host.sysctl(net__ipv6__conf__all__disable_ipv6=0)
        home.router.nft(NEIGHBOURS)
        self.lab.internet.ip(f"addr add {net}:ff::1/64 dev {home.name} nodad", f"route add {net}:1::/64 via {net}:ff::2")
        home.router.ip(f"addr add {net}:ff::2/64 dev wan nodad", f"addr add {net}:1::1/64 dev lan nodad",
                       f"route add ::/0 via {net}:ff::1", "addr flush dev wan scope global to 0.0.0.0/0")
        home.host.ip("addr flush dev eth0 scope global to 0.0.0.0/0", f"addr add {net}:1::20/64 dev eth0 nodad",
                     f"route add ::/0 via {net}:1::1")
        home.address6 = f"{net}:1::20"

    def test_the_firewalls_translate_nothing_and_let_in_only_answers(self):
        for home in (self.lab.alice, self.lab.bob):
            c = Classifier(lambda _, p, h=home: udp_socket(h.host, h.address6, p),
                           lambda i, p: udp_socket(self.lab.internet, FAR[i], p), FAR)
            found = c.translate(), c.filtering()
            c.close()
            self.assertEqual(found, ("no", APD))
            self.assertEqual(home.host.run("ip", "-4", "-br", "addr", "show", "dev", "eth0").stdout, "")

    def test_direct_within_two_seconds(self):
        relay = nodes.Relay(self.loop, self.lab, self.folder, address=RELAY)
        self.own(relay.program)
        self.alice, self.bob = (nodes.Node(self.loop, self.lab, home, self.folder) for home in (self.lab.alice, self.lab.bob))
        self.alice.configure(relay.section(), self.bob.peer_section())
        self.bob.configure(relay.section(), self.alice.peer_section())
        for node in (self.alice, self.bob):
            node.start()
            self.own(node.program)
        for node in (self.alice, self.bob):
            node.wait_ready()
        start = time.monotonic()
        pinging = self.lab.alice.host.start("ping", "-q", "-i0.05", nodes.ADDRESS["bob"], stdout=-3, stderr=-3)
        self.addCleanup(pinging.wait)
        self.addCleanup(pinging.kill)
        for node, other in ((self.alice, self.lab.bob), (self.bob, self.lab.alice)):
            node.program.wait_line(rf"path \w+: \S+ -> \[{other.address6}\]:41641 ")
        print(f"direct after {time.monotonic() - start:.2f} s")
        self.assertLess(time.monotonic() - start, LIMIT_S)
        self.assertTrue(self.pings(3))


if __name__ == "__main__":
    run_tests()
