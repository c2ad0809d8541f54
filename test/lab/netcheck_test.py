#!/usr/bin/env python3
"""`warren netcheck`: what it says behind real NATs, with UDP blocked, and behind a captive portal."""

import json
import subprocess
import types
import unittest

from lab_case import BUILD, LabCase, run_tests
import nodes
from topology import NatBox, wait_for
from world import Namespace

SECOND_ADDRESS = "192.0.2.11"
CAPTIVE = """
table ip portal {
    chain in {
        type nat hook prerouting priority dstnat;
        iifname "lan" tcp dport 80 redirect to :8080
    }
}
"""
PORTAL = """
import http.server
class Login(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"please log in")
http.server.HTTPServer(("", 8080), Login).serve_forever()
"""


class Netcheck(LabCase):
    def setUp(self):
        super().setUp()
        # The relay answers from two addresses and two ports, so everything about a NAT can be seen.
        self.lab.relay.ip(f"addr add {SECOND_ADDRESS}/24 dev eth0")
        self.relay = nodes.Relay(self.loop, self.lab, self.folder, "--stun-address2", SECOND_ADDRESS,
                                 "--http-listen", ":80")
        self.own(self.relay.program)

    def node(self, home=None):
        node = self.start_node(home, self.relay.section() + "HTTPPort = 80\n")
        node.wait_ready()
        return node

    def report(self, node, *words):
        # The loop goes on reading what the programs print, or they would stop.
        done = node.warren("netcheck", "--json", *words)
        return json.loads(done.stdout)

    def test_behind_a_masquerading_router(self):
        node = self.node()
        r = self.report(node)
        self.assertEqual((r["udp"], r["ipv4"], r["ipv6"]), (True, f"{self.lab.alice.public}:41641", None))
        self.assertIs(r["mapping_varies_by_dest_ip"], False)
        self.assertEqual(r["nat"], {"present": True, "mapping": "endpoint-independent",
                                    "filtering": "address-and-port-dependent", "port_preserved": True,
                                    "port_step": 0, "outside_addresses": 1})
        self.assertIs(r["hair_pinning"], False)
        self.assertEqual((r["preferred_relay"], r["home_relay"], r["full"]), ("lab", "lab", True))
        relay, = r["relays"]
        self.assertTrue(70 <= relay["latency_ms"] < 120, relay)
        self.assertLess(r["took_ms"], 5000)
        text = node.warren("netcheck").stdout
        for line in ("UDP: true", f"IPv4: yes, {self.lab.alice.public}:41641", "MappingVariesByDestIP: false",
                     "HairPinning: false", "Nearest relay: lab"):
            self.assertIn(f"\t* {line}\n", text)

    def test_with_udp_blocked_latency_is_measured_over_https(self):
        self.lab.alice.block_udp()
        node = self.node()
        r = self.report(node)
        self.assertEqual((r["udp"], r["ipv4"], r["mapping_varies_by_dest_ip"]), (False, None, None))
        self.assertIs(r["captive_portal"], False)
        relay, = r["relays"]
        self.assertIsNone(relay["ipv4_ms"])
        self.assertTrue(70 <= relay["https_ms"] < 200, relay)
        self.assertEqual(r["preferred_relay"], "lab")

    def test_a_captive_portal_is_found(self):
        router = self.lab.alice.router
        self.lab.alice.block_udp()
        router.nft(CAPTIVE)
        portal = router.start("python3", "-c", PORTAL, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (portal.kill(), portal.wait()))
        wait_for(lambda: ":8080" in router.run("ss", "-ltn").stdout, 5, "the portal")
        self.assertIs(self.report(self.node())["captive_portal"], True)

    def test_down_it_says_what_to_do(self):
        node = self.node()
        node.warren("down")
        done = node.warren("netcheck", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("warren up", done.stderr)

    def test_kinds_of_nat(self):
        host = Namespace("carol")
        self.addCleanup(host.close)
        outside = ("203.0.113.50",)
        box = NatBox(f"{BUILD}/warren-lab-nat", host, "eth0", self.lab.internet, "nat", outside, nat="timeout=60s")
        self.addCleanup(box.close)
        host.ip("addr add 192.168.9.20/24 dev eth0", "route add default dev eth0")
        host.sysctl(net__ipv4__conf__eth0__accept_local=1)  # a hairpin comes from ourselves
        wait_for(lambda: host.run("ping", "-c1", "-W1", self.lab.RELAY, check=False).returncode == 0, 10, "the relay")
        node = self.node(types.SimpleNamespace(name="alice", host=host))
        for mapping, filtering, ports, hairpin in (
                ("endpoint-independent", "endpoint-independent", "random", "external-source"),
                ("endpoint-independent", "address-dependent", "preserve", "none"),
                ("address-dependent", "address-dependent", "random", "none"),
                ("address-and-port-dependent", "address-and-port-dependent", "sequential", "none"),
                ("address-and-port-dependent", "endpoint-independent", "random", "none")):
            with self.subTest(mapping=mapping, filtering=filtering, ports=ports):
                box.order(f"nat mapping={mapping} filtering={filtering} ports={ports} port-first=3000 port-step=3 "
                          f"hairpin={hairpin}")
                r = self.report(node)
                self.assertEqual(r["nat"]["mapping"], mapping)
                self.assertEqual(r["nat"]["filtering"], filtering)
                self.assertEqual(r["nat"]["port_step"], 3 if ports == "sequential" else 0)
                self.assertEqual(r["mapping_varies_by_dest_ip"], mapping != "endpoint-independent")
                if mapping == "endpoint-independent":
                    self.assertEqual(r["hair_pinning"], hairpin != "none")


if __name__ == "__main__":
    run_tests()
