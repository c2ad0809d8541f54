#!/usr/bin/env python3
"""Endpoints given by hand: both homes are behind hard NATs, and a port is forwarded to alice on her router.

Neither side can find that out: the outside port differs from the inside one. The side that is told makes the path.
"""

import json
import sys

from lab_case import LabCase, run_tests
import gateway
import nodes
from run import DIRECT_WITHIN_S, NODES, WAYS, Run
from stream import Stream
from topology import NODE_PORT

OUTSIDE_PORT = 50000
NOBODY = "198.51.100.99:9"  # routed to, and nobody is there
FEW = 6  # datagrams: the first second's, as there is a path by then
FEW_IN_VAIN = 24  # where none is found, in a quarter of a minute

FORWARD = f"""
table ip forwarded {{
    chain in {{
        type nat hook prerouting priority dstnat;
        iifname "wan" udp dport {OUTSIDE_PORT} dnat to INSIDE:{NODE_PORT}
    }}
}}
insert rule inet filter forward ct status dnat accept
"""

COUNTER = """
table ip wrong {{
    counter sent {{ }}
    chain out {{
        type filter hook postrouting priority filter;
        oifname "wan" ip daddr {address} udp dport {port} counter name sent
    }}
}}
"""


class ByHand(LabCase):
    def setUp(self):
        super().setUp()
        self.relay = nodes.Relay(self.loop, self.lab, self.folder)
        self.own(self.relay.program)
        self.alice, self.bob = (nodes.Node(self.loop, self.lab, h, self.folder, lambda e: self.run_.take(e))
                                for h in (self.lab.alice, self.lab.bob))
        self.run_ = Run("by hand")
        self.forwarded = f"{self.lab.alice.public}:{OUTSIDE_PORT}"

    def forward_through_hard_nats(self):
        for home in (self.lab.alice, self.lab.bob):
            gateway.make_hard(home.router)
        self.lab.alice.router.nft(FORWARD.replace("INSIDE", self.lab.alice.lan))

    def start(self, of_alice=None, of_her_at_bob=None):
        """of_alice: the Endpoint in her [Node]; of_her_at_bob: that in bob's [Peer] of her."""
        line = lambda endpoint: f"Endpoint = {endpoint}\n" if endpoint else ""
        self.alice.configure(line(of_alice), self.relay.section(), self.bob.peer_section())
        self.bob.configure(self.relay.section(), self.alice.peer_section() + line(of_her_at_bob))
        for node in (self.alice, self.bob):
            node.start()
            self.own(node.program)
        for node in (self.alice, self.bob):
            node.wait_ready()
        self.loop.run_for(1)  # routers and STUN have been asked

    def speak(self, seconds):
        stream = Stream(self.loop, self.alice, self.bob, self.run_.take)
        self.loop.run_for(seconds)
        stream.stop()
        return [p.seq for way in WAYS for p in self.run_.packets[way] if p.got is None]

    def directly(self, seconds=4):
        """Speaks, and expects a direct path in time, no packet lost: when each node went direct."""
        self.assertEqual(self.speak(seconds), [])
        moved = {n: self.run_.went_direct(n) for n in NODES}
        print("    " + ", ".join(f"{n} direct after {e['t']:.2f} s" for n, e in moved.items() if e), file=sys.stderr)
        for n, e in moved.items():
            self.assertIsNotNone(e, f"{n} is not direct")
            self.assertLess(e["t"], DIRECT_WITHIN_S)
        return moved

    def candidate(self, node, peer, endpoint):
        why = json.loads(node.warren("why", "--json", peer).stdout)
        return next((c for c in why["facts"]["candidates"] if c["endpoint"] == endpoint), None)

    def count(self, home, endpoint):
        """Counts what goes from that home to this endpoint from now on; call the answer to know."""
        address, port = endpoint.split(":")
        home.router.nft(COUNTER.format(address=address, port=port))
        return lambda: json.loads(home.router.run("nft", "-j", "list", "counter", "ip", "wrong", "sent").stdout
                                  )["nftables"][-1]["counter"]["packets"]

    # --- what makes it direct ---

    def test_without_it_there_is_no_path(self):
        self.forward_through_hard_nats()
        self.start()
        self.assertEqual(self.speak(8), [])
        self.assertEqual([self.run_.went_direct(n) for n in NODES], [None, None])

    def test_told_on_the_side_that_is_forwarded(self):
        self.forward_through_hard_nats()
        self.start(of_alice=self.forwarded)
        moved = self.directly()
        self.assertEqual(moved["bob"]["to"], self.forwarded)
        self.assertEqual(self.candidate(self.bob, "alice", self.forwarded)["by"], "told by it")
        mine = json.loads(self.alice.warren("status", "--json").stdout)["self"]["endpoints"]
        self.assertIn({"endpoint": self.forwarded, "kind": "fixed"}, mine)

    def test_told_on_the_other_side(self):
        self.forward_through_hard_nats()
        self.start(of_her_at_bob=self.forwarded)
        moved = self.directly()
        self.assertEqual(moved["bob"]["to"], self.forwarded)
        self.assertEqual(self.candidate(self.bob, "alice", self.forwarded)["by"], "configured")

    # --- a wrong one ---

    def test_a_wrong_one_in_our_own_section(self):
        sent = self.count(self.lab.bob, NOBODY)
        self.start(of_alice=NOBODY)
        self.directly(10)
        print(f"    {sent()} datagrams to it", file=sys.stderr)
        self.assertTrue(0 < sent() <= FEW)

    def test_a_wrong_one_of_a_peer(self):
        sent = self.count(self.lab.bob, NOBODY)
        self.start(of_her_at_bob=NOBODY)
        self.directly(10)
        print(f"    {sent()} datagrams to it", file=sys.stderr)
        self.assertTrue(0 < sent() <= FEW)

    def test_a_wrong_one_beside_the_right_one_behind_hard_nats(self):
        self.forward_through_hard_nats()
        sent = self.count(self.lab.bob, NOBODY)
        self.start(of_alice=self.forwarded, of_her_at_bob=NOBODY)
        self.directly(10)
        self.assertTrue(0 < sent() <= FEW)

    def test_a_wrong_one_where_nothing_else_leads(self):
        self.forward_through_hard_nats()
        sent = self.count(self.lab.bob, NOBODY)
        self.start(of_her_at_bob=NOBODY)
        self.assertEqual(self.speak(15), [])
        wrong = self.candidate(self.bob, "alice", NOBODY)
        print(f"    {sent()} datagrams to it in 15 s", file=sys.stderr)
        self.assertEqual((wrong["by"], wrong["answers"]), ("configured", 0))
        self.assertTrue(0 < sent() <= FEW_IN_VAIN)


if __name__ == "__main__":
    run_tests()
