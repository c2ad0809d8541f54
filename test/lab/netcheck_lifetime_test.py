#!/usr/bin/env python3
"""`warren netcheck --lifetime` and `warren netcheck RELAY` behind real NATs with short timeouts, without a daemon and without
privileges (root without any capability)."""

import json
import subprocess
import types
import unittest

from lab_case import BUILD, LabCase, run_tests
import nodes
from topology import NatBox, wait_for
from world import Namespace

SECOND_ADDRESS = "192.0.2.11"
POWERLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")


class Lifetime(LabCase):
    def setUp(self):
        super().setUp()
        self.lab.relay.ip(f"addr add {SECOND_ADDRESS}/24 dev eth0")
        self.relay = nodes.Relay(self.loop, self.lab, self.folder, "--stun-address2", SECOND_ADDRESS)
        self.own(self.relay.program)

    def boxed(self, name, number, nat, wall6=None):
        """A host behind a NAT box of this kind."""
        host = Namespace(name)
        self.addCleanup(host.close)
        box = NatBox(f"{BUILD}/warren-lab-nat", host, "eth0", self.lab.internet, f"nat{number}",
                     (f"203.0.113.{50 + number}",), nat=nat, wall6=wall6)
        self.addCleanup(box.close)
        host.ip(f"addr add 192.168.{20 + number}.20/24 dev eth0", "route add default dev eth0")
        wait_for(lambda: host.run("ping", "-c1", "-W1", self.lab.RELAY, check=False).returncode == 0, 10, "the relay")
        return host

    def begin(self, host, *words):
        return host.start(*POWERLESS, f"{BUILD}/warren", "netcheck", "--json", *words, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)

    def result(self, process, seconds):
        out, err = process.communicate(timeout=seconds)
        self.assertEqual((process.returncode, err), (0, ""))
        return json.loads(out)

    def between(self, report, least, below):
        v4 = report["binding_lifetime"]["ipv4"]
        self.assertEqual(v4["state"], "measured", v4)
        self.assertTrue(least <= v4["at_least_s"] < below <= v4["less_than_s"] <= below + 2, v4)

    def test_short_timeouts_are_measured(self):
        """Three networks at a time: other properties of the NAT must not matter."""
        strict = self.boxed("carol", 0, "mapping=address-and-port-dependent filtering=address-and-port-dependent "
                                        "ports=random timeout=7s refresh=outbound")
        easy = self.boxed("dave", 1, "mapping=endpoint-independent filtering=endpoint-independent ports=preserve "
                                     "timeout=10s refresh=both")
        # Linux: a binding that is used for more than two seconds has another timeout than one that is not.
        self.lab.alice.router.sysctl(net__netfilter__nf_conntrack_udp_timeout=3,
                                     net__netfilter__nf_conntrack_udp_timeout_stream=9)
        runs = [self.begin(h, "--lifetime=20", self.lab.RELAY) for h in (strict, easy, self.lab.alice.host)]
        strict, easy, linux = (self.result(p, 60) for p in runs)
        self.between(strict, 6, 7)
        self.between(easy, 9, 10)
        self.between(linux, 8, 9)
        self.assertEqual(strict["nat"]["mapping"], "address-and-port-dependent")
        self.assertEqual(easy["nat"]["mapping"], "endpoint-independent")
        self.assertIsNone(easy["binding_lifetime"]["ipv6"] and easy["binding_lifetime"]["ipv6"]["less_than_s"])

    def test_an_ipv6_firewall_is_seen_and_measured(self):
        """Each family by itself: an open NAT that remembers long, and a strict firewall that does not."""
        relay6 = "2001:db8:ff::10", "2001:db8:ff::11"
        self.lab.internet.sysctl(net__ipv6__conf__all__forwarding=1)
        self.lab.internet.ip("addr add 2001:db8:ff::1/64 dev relay nodad")
        self.lab.relay.ip(*(f"addr add {a}/64 dev eth0 nodad" for a in relay6), "route add ::/0 via 2001:db8:ff::1")
        self.relay.program.end()
        self.relay = nodes.Relay(self.loop, self.lab, self.folder, "--stun-address2", SECOND_ADDRESS,
                                 "--stun-address2", relay6[1])
        self.own(self.relay.program)
        host = self.boxed("erin", 2, "filtering=endpoint-independent timeout=60s",
                          "translate=no filtering=address-and-port-dependent timeout=7s")
        host.ip("addr add 2001:db8:e::2/64 dev eth0 nodad", "route add ::/0 dev eth0")
        self.lab.internet.ip("route add 2001:db8:e::/48 dev nat2")
        wait_for(lambda: host.run("ping", "-c1", "-W1", relay6[0], check=False).returncode == 0, 10, "the relay by IPv6")
        r = self.result(self.begin(host, "--lifetime=10", "--config", self.relays(f"IPv4 = {self.lab.RELAY}\n"
                                                                                  f"IPv6 = {relay6[0]}\n")), 60)
        self.assertRegex(r["ipv6"], r"^\[2001:db8:e::2\]:")
        self.assertEqual(r["nat"]["filtering"], "endpoint-independent")
        self.assertEqual(r["nat_ipv6"], {"present": False, "mapping": "endpoint-independent",
                                         "filtering": "address-and-port-dependent", "port_preserved": True,
                                         "port_step": 0, "outside_addresses": 1})
        v4, v6 = (r["binding_lifetime"][f] for f in ("ipv4", "ipv6"))
        self.assertTrue(v4["at_least_s"] >= 10 and v4["less_than_s"] is None, v4)
        self.assertTrue(6 <= v6["at_least_s"] < 7 <= v6["less_than_s"] <= 9, v6)

    def relays(self, more):
        path = f"{self.folder}/relays.conf"
        with open(path, "w", encoding="utf-8") as f:
            f.write(self.relay.section() + more)
        return path

    def test_without_a_daemon_it_says_the_same_as_with_one(self):
        node = self.start_node(None, self.relay.section())
        node.wait_ready()
        told = json.loads(node.warren("netcheck", "--json", "--lifetime=5").stdout)
        self.assertEqual(told["binding_lifetime"]["ipv4"]["state"], "measured")
        self.assertTrue(5 <= told["binding_lifetime"]["ipv4"]["at_least_s"] < 6)
        # It is remembered, and said again.
        again = json.loads(node.warren("netcheck", "--json").stdout)
        self.assertEqual(again["binding_lifetime"], told["binding_lifetime"])
        self.assertIn("\t* BindingLifetime: IPv4, at least 5 s\n", node.warren("netcheck").stdout)
        alone = self.result(self.begin(self.lab.alice.host, "--config", node.file), 30)
        for key in ("udp", "ipv6", "mapping_varies_by_dest_ip", "hair_pinning", "nat", "nat_ipv6", "preferred_relay", "full"):
            self.assertEqual(alone[key], told[key], key)
        self.assertIsNone(alone["home_relay"])
        self.assertNotEqual(alone["ipv4"], told["ipv4"])  # it has a port of its own

    def test_any_stun_server_will_do(self):
        """A server that knows only plain requests: the report says less, and nothing wrong."""
        stun = f"""
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 19302))
while True:
    b, (host, port) = s.recvfrom(1500)
    where = bytes(x ^ y for x, y in zip(struct.pack(">H", port) + socket.inet_aton(host), b[4:6] + b[4:8]))
    s.sendto(struct.pack(">HH", 0x101, 12) + b[4:20] + struct.pack(">HHBB", 0x20, 8, 0, 1) + where, (host, port))
"""
        server = self.lab.relay.start("python3", "-c", stun)
        self.addCleanup(lambda: (server.kill(), server.wait()))
        wait_for(lambda: ":19302" in self.lab.relay.run("ss", "-lun").stdout, 5, "the STUN server")
        r = self.result(self.begin(self.lab.alice.host, "--lifetime=10", f"{self.lab.RELAY}:19302"), 30)
        self.assertEqual((r["udp"], r["preferred_relay"]), (True, f"{self.lab.RELAY}:19302"))
        self.assertEqual(r["binding_lifetime"]["ipv4"]["state"], "no-server")
        self.assertEqual((r["nat"]["present"], r["nat"]["mapping"], r["nat"]["filtering"]), (True, None, None))

    def test_a_relay_that_cannot_be_found_is_named(self):
        done = self.lab.alice.host.run(f"{BUILD}/warren", "netcheck", "--json", "no-such-relay.invalid", check=False)
        self.assertEqual(done.returncode, 0)
        self.assertIs(json.loads(done.stdout)["udp"], False)
        done = self.lab.alice.host.run(f"{BUILD}/warren", "netcheck", "no-such-relay.invalid", check=False)
        self.assertIn("warren: relay no-such-relay.invalid: ", done.stderr)
        self.assertIn("\t\t- no-such-relay.invalid: no answer\n", done.stdout)


if __name__ == "__main__":
    run_tests()
