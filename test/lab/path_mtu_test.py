#!/usr/bin/env python3
"""A line between the homes that carries less than an Ethernet: nothing is lost, whether routers say what fits or not."""

import json
import re

from lab_case import LabCase, run_tests
import nodes

INNER = 1280             # the largest packet of the tunnel
COUNT = 25
HEADERS = 20 + 8         # IPv4, ICMP: of a ping
# Of a packet in the tunnel, by what the line carries: 20 + 8 + 32 less, a multiple of 16. None: whatever the tunnel has.
FITS = {1280: 1216, 1400: None}

# What a router would say about a packet that was too long, and may not be cut, is lost.
SILENT = """
table ip silent {
    chain out {
        type filter hook output priority filter;
        icmp type destination-unreachable icmp code frag-needed counter drop
    }
}
"""


class PathMtu(LabCase):
    def narrow(self, mtu, silent):
        """bob's line carries only that, in both directions."""
        router, internet = self.lab.bob.router, self.lab.internet
        router.ip(f"link set wan mtu {mtu}")
        internet.ip(f"link set bob mtu {mtu}")
        if silent:
            router.nft(SILENT)
            internet.nft(SILENT)

    def direct(self):
        self.start_pair()
        self.assertTrue(self.pings())
        self.wait(lambda: all(self.peer(n).get("direct") for n in (self.alice, self.bob)), 10, "both to be direct")

    def peer(self, node):
        return json.loads(node.warren("status", "--json").stdout)["peers"][0]

    def ping(self, node, other, *words):
        """(sent, received) of pings through the tunnel; the loop goes on reading meanwhile."""
        program = node.home.host.start("ping", f"-c{COUNT}", "-i0.02", "-W2", *words, nodes.ADDRESS[other.name], stdout=-1, text=True)
        self.assertTrue(self.loop.until(lambda: program.poll() is not None, 20))
        with program.stdout as out:
            m = re.search(r"(\d+) packets transmitted, (\d+) received", out.read())
        return int(m[1]), int(m[2])

    def check(self, mtu, silent):
        self.narrow(mtu, silent)
        self.direct()
        for a, b in ((self.alice, self.bob), (self.bob, self.alice)):
            # Before anything is known of the path: pieces.
            self.assertEqual(self.ping(a, b, f"-s{INNER - HEADERS}", "-Mdont"), (COUNT, COUNT))
        for a, b in ((self.alice, self.bob), (self.bob, self.alice)):
            self.wait(lambda: self.ping(a, b, "-s100") and self.peer(a)["mtu"] == FITS[mtu], 60, f"{a.name} to find it")
            self.assertEqual(self.ping(a, b, f"-s{INNER - HEADERS}", "-Mdont"), (COUNT, COUNT))
            # The sender of a packet that must not be cut is told, by us, and its next packets arrive.
            self.assertEqual(self.ping(a, b, f"-s{(FITS[mtu] or INNER) - HEADERS}", "-Mdo"), (COUNT, COUNT))
            if FITS[mtu]:
                done = a.home.host.run("ping", "-c1", "-W1", "-Mdo", f"-s{INNER - HEADERS}", nodes.ADDRESS[b.name], check=False)
                self.assertRegex(done.stdout + done.stderr, rf"(?i)(frag needed|message too long).*mtu ?= ?{FITS[mtu]}")
        self.assertTrue(all(self.peer(n)["direct"] for n in (self.alice, self.bob)))
        if silent and FITS[mtu]:
            rules = self.lab.bob.router.run("nft", "list", "table", "ip", "silent").stdout
            rules += self.lab.internet.run("nft", "list", "table", "ip", "silent").stdout
            self.assertRegex(rules, r"counter packets [1-9]")

    def test_1280_bytes_and_a_router_that_says_so(self):
        self.check(1280, silent=False)

    def test_1280_bytes_and_a_router_that_is_silent(self):
        self.check(1280, silent=True)

    def test_1400_bytes_are_enough_for_everything(self):
        self.check(1400, silent=True)


if __name__ == "__main__":
    run_tests()
