#!/usr/bin/env python3
"""A UPnP gateway that lies costs one attempt and nothing else. Odd gateways are understood."""

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

    def check_odd(self, how, endpoint, said):
        """It maps this; and takes it back at the end."""
        liar = self.check_liar(how, said)
        mapping = self.wait(lambda: self.mapping(self.alice), 10, "the mapping")
        self.assertRegex(mapping["endpoint"], endpoint)
        self.alice.program.end()
        liar.wait_line("unmapped " + mapping["endpoint"].rsplit(":", 1)[1])
        return mapping

    def test_a_connection_over_ppp_maps(self):
        self.check_odd("ppp", r"11\.22\.33\.7:41641", "mapped 41641 for 7200 s")

    def test_of_two_connections_the_one_that_is_up_maps(self):
        self.check_odd("two", r"11\.22\.33\.7:41641", "mapped 41641 for 7200 s")

    def test_a_second_version_chooses_the_port_itself(self):
        self.check_odd("version2", r"11\.22\.33\.7:50505", "mapped 41641 for 7200 s")

    def test_mappings_for_ever_are_taken_where_there_are_no_others(self):
        mapping = self.check_odd("permanent", r"11\.22\.33\.7:41641", "mapped 41641 for 0 s")
        self.assertGreater(mapping["expires_s"], 7100)  # asked again then, as if it ended

    def test_a_port_that_is_taken_is_another_one_then(self):
        mapping = self.check_odd("conflict", r"11\.22\.33\.7:\d+", r"mapped \d+ for 7200 s")
        self.assertNotIn(":41641", mapping["endpoint"])

    def test_who_has_no_port_at_all_maps_nothing(self):
        liar = self.check_liar("refuses", "asked POST")
        self.loop.run_for(2)
        self.assertIsNone(self.mapping(self.alice))
        self.assertLessEqual(sum("POST" in line for _, line in liar.lines), 12)


if __name__ == "__main__":
    run_tests(needs=("miniupnpd",))
