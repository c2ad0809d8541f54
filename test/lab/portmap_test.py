#!/usr/bin/env python3
"""A router that can be asked maps our port: by PCP, by NAT-PMP, by UPnP; and a hard pair becomes direct by it."""

from lab_case import run_tests
from portmap_case import PUBLIC, PortMapCase


class PortMap(PortMapCase):
    def check(self, protocol, **gateway):
        self.start_gateway(**gateway)
        self.start_pair()
        mapping = self.wait(lambda: self.mapping(self.alice), 5, "a mapping")
        self.assertEqual(mapping["protocol"], protocol)
        self.assertEqual(mapping["gateway"], "192.168.1.1")
        self.assertFalse(mapping["double_nat"])
        self.assertTrue(mapping["endpoint"].startswith(PUBLIC + ":"), mapping)
        self.assertEqual(len(self.rules()), 1, self.rules())
        kinds = [e["kind"] for e in self.status(self.alice)["self"]["endpoints"]]
        self.assertEqual(kinds[0], "portmap")
        # Both are behind hard NATs; by the mapping they reach each other all the same.
        self.assertTrue(self.pings())
        for node in (self.alice, self.bob):
            self.wait(lambda n=node: self.pings() and self.status(n)["peers"][0].get("direct"), 15,
                     f"{node.name} to be direct")
        self.assertEqual(self.status(self.bob)["peers"][0]["endpoint"], mapping["endpoint"])
        self.alice.program.end()
        self.wait(lambda: not self.rules(), 10, "the mapping to be given back")

    def test_pcp(self):
        self.check("pcp", pcp=True)

    def test_natpmp(self):
        self.check("nat-pmp", natpmp=True)

    def test_upnp(self):
        self.check("upnp", upnp=True)

    def test_renewed_at_half_of_its_life(self):
        self.start_gateway(pcp=True, lifetime=30)
        self.start_pair()
        first = self.wait(lambda: self.mapping(self.alice), 5, "a mapping")
        self.assertLessEqual(first["expires_s"], 30)
        self.wait(lambda: self.mapping(self.alice)["expires_s"] < 18, 20, "half of its life to be over")
        self.wait(lambda: self.mapping(self.alice)["expires_s"] > 25, 20, "the renewal")

    def check_restart(self, **gateway):
        """It has two hours until the renewal, and no traffic by which this might be noticed."""
        self.start_gateway(**gateway, lifetime=7200)
        self.start_pair()
        self.wait(lambda: self.mapping(self.alice), 5, "a mapping")
        self.loop.run_for(6)
        self.gateway.kill()
        self.gateway.forget()
        self.assertEqual(self.rules(), [])
        self.run_gateway(natpmp=True, lifetime=7200)
        self.wait(self.rules, 2, "the mapping to be there again")
        self.alice.program.wait_line("the gateway says that it was restarted")

    def test_a_gateway_that_was_restarted_says_so_and_is_asked_at_once(self):
        self.check_restart(pcp=True)

    def test_so_it_is_with_natpmp(self):
        self.check_restart(natpmp=True)

    def test_switched_off(self):
        self.start_gateway(pcp=True)
        self.start_pair()
        self.wait(lambda: self.mapping(self.alice), 5, "a mapping")
        self.switch(self.alice, "no")
        self.wait(lambda: not self.rules(), 5, "the mapping to be given back")
        self.assertFalse(self.status(self.alice)["self"]["port_mapping"]["enabled"])
        self.assertIsNone(self.mapping(self.alice))

    def test_switched_on_later_upnp_is_there(self):
        self.start_gateway(upnp=True)
        self.start_pair()
        self.switch(self.alice, "no")
        self.alice.program.end()
        self.alice.start()
        self.own(self.alice.program)
        self.alice.wait_ready()
        self.assertEqual(self.rules(), [])
        self.switch(self.alice, "yes")
        mapping = self.wait(lambda: self.mapping(self.alice), 10, "a mapping")
        self.assertEqual(mapping["protocol"], "upnp")


if __name__ == "__main__":
    run_tests(needs=("miniupnpd",))
