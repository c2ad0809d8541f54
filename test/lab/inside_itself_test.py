#!/usr/bin/env python3
"""A peer whose own network is routed through the tunnel: the tunnel is never taken for a way to that peer.

Each of the two is asked to reach the other's LAN through the tunnel, so that what a node sends to the peer's
address in that LAN, a candidate like others, comes back out of its own TUN. Nothing else than the relay
connects the two.
"""

import json

from lab_case import BUILD, LabCase, run_tests
from places import PlaceLab, places
from stream import Stream
import nodes


class InsideItself(LabCase):
    def test_a_datagram_of_ours_that_the_system_routes_into_the_tunnel_is_dropped(self):
        hard = places(BUILD)["hard-random"]
        lab = PlaceLab(self.loop, BUILD, self.folder, hard, hard)
        self.addCleanup(lambda: [box.close() for box in lab.boxes])
        relay = nodes.Relay(self.loop, lab, self.folder)
        self.own(relay.program)
        pair = [nodes.Node(self.loop, lab, home, self.folder) for home in (lab.alice, lab.bob)]
        for i, (node, peer) in enumerate((pair, pair[::-1]), 1):
            lan = f"192.168.{3 - i}.0/24"
            node.configure(relay.section(), peer.peer_section().replace("AllowedIPs = ", f"AllowedIPs = {lan}, "))
            node.start()
            self.own(node.program)
        for node in pair:
            node.wait_ready()
        stream = Stream(self.loop, *pair, lambda e: None)
        self.addCleanup(stream.stop)

        def status(node):
            return json.loads(node.warren("status", "--json").stdout)

        def fell_back(node):
            return status(node)["dropped"]["node"].get("own_datagram", 0)
        self.wait(lambda: all(fell_back(node) > 5 for node in pair), 15, "datagrams to come back out of the tunnel")
        for node in pair:
            self.assertNotIn("192.168.", "".join(line for _, line in node.program.lines if " path " in line))
            self.assertFalse(list(status(node)["peers"])[0]["direct"])


if __name__ == "__main__":
    run_tests()
