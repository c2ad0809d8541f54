#!/usr/bin/env python3
"""A host with two uplinks: the gateways of both are asked, and when the first one is gone the second has mapped already."""

import os

from lab_case import run_tests
from gateway import Gateway
from portmap_case import PUBLIC, PortMapCase
from topology import Home

SECOND = "11.22.44.7"


class TwoUplinks(PortMapCase):
    def add_second(self):
        """alice's host has eth1 at another router, with a default route that is worse than the first one's."""
        lab = self.lab
        other = Home("second", lab.internet, os.path.join(lab.build, "warren-lab-link"), "192.168.3", SECOND)
        self.addCleanup(other.close)
        other.router.ip("link del lan", f"link add lan type veth peer name eth1 netns {lab.alice.host.path}",
                        "addr add 192.168.3.1/24 dev lan", "link set lan up")
        lab.alice.host.ip("addr add 192.168.3.20/24 dev eth1", "link set eth1 up",
                          "route add default via 192.168.3.1 metric 100")
        folder = os.path.join(self.folder, "second")
        os.makedirs(folder)
        self.second = Gateway(self.loop, other.router, "192.168.3", folder, ["pcp", "nat-pmp"])
        self.own(self.second.program)
        self.addCleanup(self.second.program.process.kill)

    def mapped(self, gateways):
        found = self.status(self.alice)["self"]["port_mapping"]["mappings"]
        return found if [m["gateway"] for m in found] == gateways else None

    def test_both_are_asked_and_the_second_takes_over(self):
        self.start_gateway(pcp=True)
        self.add_second()
        self.start_pair()
        one, two = self.wait(lambda: self.mapped(["192.168.1.1", "192.168.3.1"]), 5, "two mappings")
        self.assertTrue(one["endpoint"].startswith(PUBLIC + ":"), one)
        self.assertTrue(two["endpoint"].startswith(SECOND + ":"), two)
        self.assertFalse(one["double_nat"] or two["double_nat"])
        self.assertEqual((len(self.rules()), len(self.second.rules())), (1, 1))
        self.wait(lambda: self.pings() and self.status(self.bob)["peers"][0]["direct"], 15, "bob to be direct")
        self.lab.alice.host.ip("link set eth0 down")
        self.wait(lambda: self.mapped(["192.168.3.1"]), 5, "the second mapping alone")
        self.wait(lambda: self.pings() and self.status(self.bob)["peers"][0]["endpoint"] == two["endpoint"], 15,
                  "bob to be direct by the second uplink")
        self.alice.program.end()
        self.wait(lambda: not self.second.rules(), 5, "the second mapping to be given back")


if __name__ == "__main__":
    run_tests(needs=("miniupnpd",))
