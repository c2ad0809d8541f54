#!/usr/bin/env python3
"""Our node and a stock client through what takes longer: flushed NATs, restarts, rests, hard NATs on both sides."""

import time

from stock_client import StockCase, StockRelay, run_tests

TRUST_S = 6.5   # how long the stock client sends into a path that died, before it sends over the relay too
STUN_S = 30     # how long it may take the stock client to find out that its NAT gave it another port
REST_S = 60     # longer than either keeps a path warm without traffic (45 s)


class StockClientLong(StockCase):
    def direct_pair(self, ours="port-restricted", theirs="port-restricted", **how):
        self.meet(ours, theirs, **how)
        self.talk()
        self.wait_direct(10)
        self.loop.run_for(2)
        self.assertGreater(self.bob.understood("CallMeMaybe"), 0)

    def silence_after(self, event, seconds):
        """What a stream that was direct suffers from it: way -> s."""
        since = time.monotonic()
        event()
        self.loop.run_for(seconds)
        return self.flow.silence(since, time.monotonic())

    def flush(self, *nodes):
        for node in nodes:
            self.box_of(node).order("flush")

    def a_flush(self, *which):
        self.direct_pair("random-ports", "random-ports")
        silence = self.silence_after(lambda: self.flush(*(getattr(self, name) for name in which)), 12)
        since = time.monotonic()
        self.wait_direct(STUN_S)
        self.measure(**silence, lost=self.flow.lost(), direct_s=12 + time.monotonic() - since)
        self.hush()
        self.assertLess(max(silence.values()), TRUST_S + 1)
        self.assertLess(silence["alice>bob"], 1)  # that depends on us alone

    def test_our_nat_is_flushed(self):
        self.a_flush("alice")

    def test_their_nat_is_flushed(self):
        self.a_flush("bob")

    def test_both_nats_are_flushed(self):
        self.a_flush("alice", "bob")

    def test_padded_pings_are_answered(self):
        # That is how we find out what fits whole.
        self.direct_pair("public", "public")
        self.loop.run_for(3)
        self.hush()
        self.assertGreater(self.bob.understood("Ping", longer_than=1200), 0)
        self.assertIsNone(self.status()["peers"][0]["mtu"])  # nothing is known against full size
        self.assertEqual(self.our_pings("-s1252", "-Mdo"), 0)
        self.assertEqual(self.their_pings("-s1252", "-Mdo"), 0)
        self.assertEqual(self.bob.complaints(), [])

    def test_we_restart(self):
        self.direct_pair()
        silence = self.silence_after(self.restart_ours, 10)
        self.measure(**silence, lost=self.flow.lost())
        self.wait_direct(10)
        self.hush()
        self.assertLess(max(silence.values()), 2)

    def test_they_restart(self):
        self.direct_pair()
        silence = self.silence_after(self.restart_theirs, 10)
        self.measure(**silence, lost=self.flow.lost())
        self.wait_direct(10)
        self.hush()
        self.assertLess(max(silence.values()), 2)

    def rest(self, who_wakes):
        self.direct_pair()
        self.hush()
        self.assertEqual(self.flow.lost(), 0)
        self.loop.run_for(REST_S)
        self.assertFalse(self.status()["peers"][0]["active"])
        self.assertEqual(getattr(self, who_wakes)(), 0)
        self.talk()
        self.wait_direct(5)
        self.hush()
        self.assertEqual(self.flow.lost(), 0)

    def test_we_wake_after_a_rest(self):
        self.rest("our_pings")

    def test_they_wake_after_a_rest(self):
        self.rest("their_pings")

    def apart(self, ours, theirs, **how):
        """There is no way but the relay, and our attempts at it disturb nobody."""
        self.meet(ours, theirs, **how)
        self.talk()
        self.loop.run_for(30)
        self.hush()
        self.measure(lost=self.flow.lost(), of=len(self.flow.sent))
        self.assertIsNone(self.our_path() or self.bob.path())
        self.assertEqual(self.flow.lost(), 0)
        self.assertEqual(self.bob.complaints(), [])

    def test_we_are_behind_a_hard_nat_and_they_behind_an_easy_one(self):
        self.apart("hard-random", "port-restricted")
        self.assertGreater(self.bob.understood("0x57"), 0, "we never asked to cross the hard NAT")

    def test_they_are_behind_a_hard_nat_and_we_behind_an_easy_one(self):
        self.apart("port-restricted", "hard-random")

    def test_udp_is_blocked_for_them(self):
        self.apart("port-restricted", "udp-blocked", relay=StockRelay)


if __name__ == "__main__":
    run_tests()
