#!/usr/bin/env python3
"""SIGHUP takes a new file: what did not change goes on without losing a packet, a wrong file changes nothing."""

import signal

from lab_case import LabCase, run_tests
from run import Run
from stream import Stream

STRANGER = """[Peer]
Name = carol
PublicKey = nodekey:c0ffee0000000000000000000000000000000000000000000000000000c0ffee
AllowedIPs = 100.64.0.3/32
Relay = lab
"""


class Reload(LabCase):
    def setUp(self):
        super().setUp()
        self.seen = Run("reload")
        self.start_pair(self.seen.take)

    def hup(self, *sections):
        self.alice.configure(self.relay.section(), *sections)
        before = len(self.alice.program.lines)
        self.alice.program.process.send_signal(signal.SIGHUP)
        self.wait(lambda: self.alice.program.lines[before:], 5, "the daemon to say something about it")
        return [line for _, line in self.alice.program.lines[before:]]

    def test_a_new_peer_does_not_disturb_the_others(self):
        stream = Stream(self.loop, self.alice, self.bob, self.seen.take)
        self.wait(lambda: self.seen.both(self.seen.went_direct), 10, "a direct path")
        self.hup(self.bob.peer_section(), STRANGER)
        self.wait(lambda: "carol" in self.alice.warren("status").stdout, 5, "carol to be in the status")
        self.loop.run_for(0.5)
        stream.stop()
        self.assertEqual(self.seen.lost(), [])

    def test_a_peer_that_is_left_out_is_cut_off(self):
        self.wait(self.pings, 10, "bob to answer")
        self.hup()
        self.wait(lambda: not self.pings(), 5, "bob to be gone")
        self.hup(self.bob.peer_section())
        self.wait(self.pings, 10, "bob to answer again")

    def test_a_wrong_file_is_named_and_the_old_one_stays(self):
        self.wait(self.pings, 10, "bob to answer")
        lines = self.hup("[Peer]\nPublicKey = nodekey:short\n")
        self.assertRegex("\n".join(lines), r"warren\.conf:\d+: .*found .*expected ")
        self.assertTrue(self.pings())


if __name__ == "__main__":
    run_tests()
