#!/usr/bin/env python3
"""A relay that is killed and started again under a relayed stream: silent for no longer than 2 s once it is back."""

import signal
import sys
import time

from lab_case import LabCase, run_tests
import nodes
from run import WAYS
from stream import Stream

AGAIN_S = 2.0


class RelayRestart(LabCase):
    def setUp(self):
        super().setUp()
        self.arrived = {way: [] for way in WAYS}

    def take(self, e):
        if e["event"] == "got":
            self.arrived[e["way"]].append(e["t"])

    def kill(self):
        self.relay.program.end(signal.SIGKILL)

    def come_back(self):
        """The relay listens again: when."""
        self.relay = nodes.Relay(self.loop, self.lab, self.folder)
        self.own(self.relay.program)
        return time.monotonic()

    def first_after(self, since):
        """When both ways have arrived since then; None: not yet."""
        firsts = [next((t for t in times if t > since), None) for times in self.arrived.values()]
        return max(firsts) if all(firsts) else None

    def silence_once_it_is_back(self, away_s):
        self.kill()
        self.loop.run_for(away_s)
        back = self.come_back()
        again = self.loop.until(lambda: self.first_after(back), 20, "packets both ways")
        print(f"    away {away_s:4.1f} s: silent for {again - back:.2f} s more", file=sys.stderr)
        return again - back

    def test_relayed_traffic_returns(self):
        self.lab.bob.block_udp()
        self.start_pair()
        stream = Stream(self.loop, self.alice, self.bob, self.take)
        self.loop.until(lambda: self.first_after(0), 5, "packets both ways")
        for away_s in (0.2, 3, 8):
            with self.subTest(away_s=away_s):
                self.assertLess(self.silence_once_it_is_back(away_s), AGAIN_S)
                self.loop.run_for(2)
        stream.stop()


if __name__ == "__main__":
    run_tests()
