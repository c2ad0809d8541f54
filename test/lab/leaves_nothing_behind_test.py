#!/usr/bin/env python3
"""Whatever ends the daemon, no interface, address, route or rule of it stays."""

import signal

from lab_case import LabCase, run_tests


class LeavesNothingBehind(LabCase):
    def state(self):
        """All that the kernel was told, without the counters and lifetimes that change by themselves."""
        host = self.lab.alice.host
        return [host.run("ip", *q.split()).stdout for q in (
            "-br link", "-br addr", "-4 route show table all", "-6 route show table all", "-4 rule", "-6 rule")]

    def settled(self):
        """The state once it has stopped changing (duplicate address detection of IPv6)."""
        host = self.lab.alice.host
        self.wait(lambda: "tentative" not in host.run("ip", "-6", "addr").stdout, 5, "addresses to settle")
        return self.state()

    def test_after_each_way_to_end(self):
        self.start_pair()
        self.alice.program.end()
        before = self.settled()
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            with self.subTest(signal=sig.name):
                self.alice.start()
                self.own(self.alice.program)
                self.alice.wait_ready()
                self.wait(self.pings, 10, "bob to answer")
                self.assertNotEqual(self.state(), before)
                status = self.alice.program.end(sig)
                self.assertEqual(status, -sig if sig == signal.SIGKILL else 0)
                self.wait(lambda: self.state() == before, 5, "the kernel to have it all back")


if __name__ == "__main__":
    run_tests()
