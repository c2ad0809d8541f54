#!/usr/bin/env python3
"""Our node and a stock client: what the reference promises them, in about a minute."""

from stock_client import StockCase, StockRelay, run_tests


class StockClientTest(StockCase):
    def go_direct(self, seconds=5):
        """Both talk from the first moment on; nothing is lost on the way up."""
        self.talk()
        self.wait_direct(seconds)
        self.loop.run_for(1)
        self.hush()
        self.measure(first_ms=round(self.flow.first_ms()), lost=self.flow.lost(), sent=len(self.flow.sent))
        self.assertEqual(self.flow.lost(), 0)
        self.assertLess(self.flow.first_ms(), 1000)

    def test_both_in_the_open(self):
        self.meet("public", "public")
        self.assertEqual(self.our_pings(), 0)
        self.assertEqual(self.their_pings(), 0)
        self.assertEqual(self.direct(), f"{self.lab.alice.public}:41641")
        self.assertEqual(self.our_path(), f"{self.lab.bob.public}:41641")
        self.assertIn(f"via {self.lab.bob.public}", self.alice.warren("ping", "-c", "1", "bob").stdout)
        self.assertTrue(self.bob.ping()["direct"])

    def test_both_behind_easy_nats(self):
        self.meet("port-restricted", "port-restricted")
        self.go_direct()

    def test_neither_knows_an_endpoint_of_the_other(self):
        self.meet("port-restricted", "port-restricted", with_endpoints=False)
        self.go_direct(12)

    def test_stock_relay(self):
        self.meet("port-restricted", "port-restricted", StockRelay)
        self.go_direct()

    def test_we_are_behind_a_hard_nat(self):
        self.meet("hard-random", "public")
        self.go_direct()

    def test_they_are_behind_a_hard_nat(self):
        self.meet("public", "hard-random")
        self.go_direct()

    def test_udp_is_blocked(self):
        self.meet("udp-blocked", "port-restricted")
        self.talk()
        self.loop.run_for(4)
        self.hush()
        self.assertIsNone(self.our_path() or self.bob.path())
        self.assertEqual(self.flow.lost(), 0)


if __name__ == "__main__":
    run_tests()
