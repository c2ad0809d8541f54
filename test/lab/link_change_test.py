#!/usr/bin/env python3
"""A host moves to another network under its stream: direct again within 2 s, without a ping on a dead relay stream."""

import re
import signal

from lab_case import LabCase, now, run_tests
import nodes

NEW_PORT = 52002  # of the other network's NAT
LIMIT_S = 2.0


class LinkChange(LabCase):
    def at(self, node, pattern, since):
        """When it printed this, or None."""
        return next((t for t, line in node.program.lines if t >= since and re.search(pattern, line)), None)

    def pair(self):
        self.start_pair()
        bob = self.lab.bob.host
        self.stream = bob.start("ping", "-q", "-i0.05", "-W1", nodes.ADDRESS["alice"], stdout=-3, stderr=-3)
        self.addCleanup(self.stream.wait)
        self.addCleanup(self.stream.kill)
        self.bob.program.wait_line(r"path alice: \S+ -> 203\.0\.113\.7:41641 ")
        self.alice.program.wait_line(r"path bob: \S+ -> 198\.51\.100\.7:41641 ")
        self.loop.run_for(1)

    def test_a_new_address_and_another_nat(self):
        self.pair()
        start = now()
        self.lab.bob.host.ip("addr del 192.168.2.20/24 dev eth0", "addr add 192.168.2.77/24 dev eth0",
                             "route add default via 192.168.2.1")
        self.lab.bob.flush(NEW_PORT)
        ways = ((self.alice, rf"path bob: .* 198\.51\.100\.7:{NEW_PORT} "),
                (self.bob, r"path alice: .*-> 203\.0\.113\.7:41641 \(.*ms\)"))
        self.wait(lambda: all(self.at(node, pattern, start) for node, pattern in ways), 10, "both to be direct again")
        took = max(self.at(node, pattern, start) for node, pattern in ways) - start
        lost = self.at(self.bob, "relay lab: .*address.* is gone", start)
        back = self.wait(lambda: self.at(self.bob, "relay lab: connected", start), 5, "the relay to be there again")
        print(f"direct again after {took:.2f} s; the relay after {back - start:.2f} s")
        self.assertIsNotNone(lost, "the stream was asked, although its address was gone")
        self.assertLess(took, LIMIT_S)
        self.assertLess(back - start, LIMIT_S)
        self.assertTrue(self.pings(3))

    def test_a_cable_that_is_pulled_and_put_back(self):
        self.pair()
        host = self.lab.bob.host
        host.ip("link set eth0 down")
        self.loop.run_for(5)
        start = now()
        host.ip("link set eth0 up", "route add default via 192.168.2.1")
        pattern = r"path alice: .*-> 203\.0\.113\.7:41641 \(.*ms\)"
        self.wait(lambda: self.at(self.bob, pattern, start), 10, "bob to be direct again")
        took = self.at(self.bob, pattern, start) - start
        self.wait(lambda: self.at(self.alice, r"path bob: .*-> 198\.51\.100\.7:\d+ \(.*ms\)", start), 10, "alice, too")
        print(f"direct again after {took:.2f} s")
        self.assertLess(took, LIMIT_S)
        self.assertTrue(self.pings(3))

    def test_a_sleep(self):
        """The program is stopped, which is as near to a sleep of the machine as a lab comes: the kernel and its clocks
        go on, so that CLOCK_BOOTTIME never runs ahead of CLOCK_MONOTONIC (test/unit/io/clock_test.c)."""
        self.pair()
        process = self.bob.program.process
        process.send_signal(signal.SIGSTOP)
        self.loop.run_for(8)
        start = now()
        process.send_signal(signal.SIGCONT)
        ways = ((self.alice, r"path bob: .*-> 198\.51\.100\.7:\d+ \(.*ms\)"),
                (self.bob, r"path alice: .*-> 203\.0\.113\.7:41641 \(.*ms\)"))
        self.wait(lambda: all(self.at(node, pattern, start) for node, pattern in ways), 10, "both to be direct again")
        took = max(self.at(node, pattern, start) for node, pattern in ways) - start
        print(f"direct again after {took:.2f} s")
        self.assertIsNotNone(self.at(self.bob, r"asleep for \d+ s", start))
        self.assertLess(took, LIMIT_S)
        self.assertTrue(self.pings(3))


if __name__ == "__main__":
    run_tests()
