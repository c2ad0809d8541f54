#!/usr/bin/env python3
"""UPnP gateways that lie cost an attempt, and nothing else."""

import sys

from lab_case import ROOT, Program, run_tests
from portmap_case import PortMapCase


class PortMapLiars(PortMapCase):
    def lie(self, how):
        return self.own(Program(self.loop, self.lab.alice.router, f"a gateway that lies ({how})", sys.executable,
                                ROOT / "test/lab/lying_gateway.py", "192.168.1.1", how))

    def check_liar(self, how, line):
        self.start_gateway()
        liar = self.lie(how)
        liar.wait_line("lying")
        self.start_pair()
        liar.wait_line(line, 20)
        self.loop.run_for(1)
        self.assertTrue(self.pings())
        return liar

    def test_a_bomb_ends_the_worker_and_another_one_maps(self):
        liar = self.check_liar("bomb", "the bomb was thrown away")
        self.assertIsNone(self.mapping(self.alice))
        liar.process.kill()
        liar.process.wait()
        self.run_gateway(upnp=True)
        # Another address is another network: all is looked for anew.
        self.lab.alice.host.ip("addr add 192.168.1.21/24 dev eth0")
        mapping = self.wait(lambda: self.mapping(self.alice), 20, "a mapping by another worker")
        self.assertEqual(mapping["protocol"], "upnp")

    def test_a_gateway_that_sends_us_elsewhere_is_not_followed(self):
        liar = self.check_liar("elsewhere", "searched")
        self.loop.run_for(3)
        self.assertIsNone(liar.saw("asked"))
        self.assertIsNone(self.mapping(self.alice))

    def test_junk_maps_nothing(self):
        self.check_liar("junk", "asked GET")
        self.assertIsNone(self.mapping(self.alice))

    def test_silence_maps_nothing(self):
        self.check_liar("hang", "asked GET")
        self.assertIsNone(self.mapping(self.alice))

    def test_an_outside_address_that_is_private_is_not_told_to_strangers(self):
        self.check_liar("private", "asked POST")
        mapping = self.wait(lambda: self.mapping(self.alice), 10, "the mapping")
        self.assertTrue(mapping["double_nat"])
        self.assertTrue(mapping["endpoint"].startswith("10.0.0.9:"))

    def test_an_outside_address_that_is_none_maps_nothing(self):
        self.check_liar("nonsense", "asked POST")
        self.assertIsNone(self.mapping(self.alice))


if __name__ == "__main__":
    run_tests(needs=("miniupnpd",))
