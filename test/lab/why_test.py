#!/usr/bin/env python3
"""`warren why` in places where people ask: it tells what was built there."""

import json
import sys

from lab_case import BUILD, ROOT, Program, run_tests, write
from places import Pair, PlaceLab, places
from portmap_case import PortMapCase
from stream import Stream


class Why(PortMapCase):
    def place(self, one, other):
        """Two nodes in these places, speaking all the time."""
        all_places = places(BUILD)
        lab = PlaceLab(self.loop, BUILD, self.folder, all_places[one], all_places[other])
        self.addCleanup(lambda: [box.close() for box in lab.boxes])
        self.pair = Pair(self.loop, lab, self.folder, None)
        for p in self.pair.programs:
            self.own(p)
        self.alice, self.bob = self.pair.alice, self.pair.bob
        for node in (self.alice, self.bob):
            node.wait_ready()

    def speak(self):
        stream = Stream(self.loop, self.alice, self.bob, lambda e: None)
        self.addCleanup(stream.stop)

    def why(self, node):
        return json.loads(node.warren("why", "--json", {"alice": "bob", "bob": "alice"}[node.name]).stdout)

    def attempt(self, node):
        """The last attempt to cross hard NATs, or an empty one."""
        return (self.why(node)["facts"]["hard"]["attempts"] or [{}])[-1]

    def wait_said(self, node, where, words, seconds=15):
        """Until a sentence of that list says these words."""
        said = lambda: next((s for s in self.why(node)[where] if words in s), None)
        try:
            return self.wait(said, seconds, f"{node.name} to say \"{words}\"")
        except AssertionError:
            print(node.warren("why", "bob" if node is self.alice else "alice").stdout, file=sys.stderr)
            raise

    def test_birthday_probing_while_it_goes_on_and_when_it_has_won(self):
        self.place("port-restricted", "hard-random")
        self.speak()
        self.wait(lambda: self.attempt(self.alice).get("way") == "birthday", 15, "birthday probing")
        self.wait_said(self.alice, "failed", "being tried now")
        self.wait_said(self.alice, "failed", "The NAT before bob gives each destination another port")
        self.wait_said(self.bob, "failed", "The NAT of this network gives each destination another port")
        self.wait(lambda: self.why(self.alice)["direct"] and self.why(self.bob)["direct"], 40, "a path")
        for node in (self.alice, self.bob):
            why = self.why(node)
            self.assertEqual(why["failed"] + why["advice"], [])
            self.wait_said(node, "tried", "birthday probing was tried")
            self.assertEqual(self.attempt(node)["outcome"], "a path was found")
            self.assertGreater(self.attempt(node)["opened"] + self.attempt(node)["probed"], 0)
            for c in why["facts"]["candidates"]:
                self.assertLessEqual(c["answers"], c["pings"], c)

    def test_udp_that_is_blocked_is_told_on_both_sides(self):
        self.place("udp-blocked", "port-restricted")
        self.speak()
        self.wait_said(self.alice, "failed", "No STUN server answered")
        self.wait_said(self.alice, "advice", "Allow UDP from this machine")
        self.wait_said(self.bob, "failed", "alice told private addresses only")
        self.wait_said(self.bob, "advice", "Allow UDP to everywhere on the network of alice")

    def test_a_switch_that_is_off_is_told_on_both_sides(self):
        self.place("hard-random", "hard-random")
        with open(self.bob.file) as f:
            text = f.read()
        write(self.bob.file, text.replace("[Node]\n", "[Node]\nHardNat = no\nPortMapping = no\n", 1))
        self.bob.program.end()
        self.bob.start()
        self.own(self.bob.program)
        self.bob.wait_ready()
        self.speak()
        self.wait_said(self.bob, "failed", "HardNat = no")
        self.wait_said(self.bob, "advice", "Set PortMapping = yes")
        self.wait_said(self.alice, "failed", "bob does not answer when it is asked to cross hard NATs together")
        self.wait_said(self.alice, "advice", "Run Warren on bob, without HardNat = no.")
        self.wait_said(self.alice, "tried", "we asked bob to cross hard NATs together; it did not answer")

    def test_a_router_that_maps_by_pcp(self):
        self.start_gateway(pcp=True)
        self.start_pair()
        self.wait_said(self.alice, "tried", "The router 192.168.1.1 was asked to map our UDP port 41641: PCP mapped")
        asked = self.why(self.alice)["facts"]["port_mapping"]["gateways"][0]
        self.assertEqual((asked["protocol"], asked["leads"]), ("pcp", "to everybody"))
        self.assertIn("mapped by pcp", self.alice.warren("status").stdout)

    def test_a_router_behind_another_nat(self):
        self.start_gateway()
        liar = self.own(Program(self.loop, self.lab.alice.router, "a gateway that lies", sys.executable,
                                ROOT / "test/lab/lying_gateway.py", "192.168.1.1", "private"))
        liar.wait_line("lying")
        self.start_pair()
        self.wait(lambda: self.mapping(self.alice), 20, "a mapping")
        self.speak()
        self.wait_said(self.alice, "failed", "leads no farther than the next NAT: that address is private")
        self.wait_said(self.alice, "advice", "Two NATs stand in a row")
        self.assertIn("(behind another NAT)", self.alice.warren("status").stdout)


if __name__ == "__main__":
    run_tests(needs=("miniupnpd",))
