#!/usr/bin/env python3
"""When the daemon refuses to start, it says in one sentence what to do, and starts nothing."""

import os
import subprocess

from lab_case import LabCase, run_tests
import nodes


class Refusals(LabCase):
    def refused(self, node, pattern):
        """It ends by itself with an error, one sentence that matches, and no interface."""
        before = self.lab.alice.host.run("ip", "-br", "link").stdout
        node.start()
        program = self.own(node.program)
        self.wait(lambda: program.process.poll() is not None, 10, "it to end by itself")
        self.loop.run_for(0.05)
        self.assertNotEqual(program.process.returncode, 0)
        self.assertRegex(program.text(), pattern)
        self.assertLessEqual(len(program.lines), 2, program.text())
        self.assertEqual(self.lab.alice.host.run("ip", "-br", "link").stdout, before)

    def node(self, *sections):
        node = nodes.Node(self.loop, self.lab, self.lab.alice, self.folder)
        node.configure(*sections)
        return node

    def test_a_wrong_file_is_named_with_line_and_what_was_expected(self):
        self.refused(self.node("[Peer]\nPublicKey = nodekey:short\nAllowedIPs = 100.64.0.2/32\n"),
                     r"warren\.conf:8: PublicKey: found \"nodekey:short\", expected nodekey: and 64")

    def test_a_missing_file_is_named(self):
        node = self.node()
        node.file += ".not-there"
        self.refused(node, r"not-there.*[Nn]o such file")

    def test_a_second_daemon_on_the_same_socket(self):
        first = self.node()
        first.start()
        self.own(first.program)
        self.wait(lambda: first.warren("status", check=False).returncode == 0, 10, "the first to be up")
        self.refused(self.node(), r"(?i)already|another|second")
        self.assertEqual(first.warren("status").returncode, 0)

    def test_a_port_in_use(self):
        with self.lab.alice.host.udp(41641):
            self.refused(self.node(), r"41641.*in use|in use.*41641")

    def test_an_answer_that_cannot_be_written_is_a_failure(self):
        warrend = os.path.join(self.lab.build, "warrend")
        for words in (["--help"], ["--version"], ["--check", "--config", self.node().file]):
            with open("/dev/full", "w") as full:
                done = self.lab.alice.host.run(warrend, *words, check=False, capture_output=False,
                                               stdout=full, stderr=subprocess.PIPE)
            self.assertEqual((done.returncode, done.stderr), (1, "warrend: standard output cannot be written\n"))

    def test_no_tun_device(self):
        node = self.node()
        host, start = self.lab.alice.host, self.lab.alice.host.start
        # In a mount namespace of its own, in which /dev/net is empty.
        host.start = lambda *command, **how: start(
            "unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /dev/net && exec "$@"', "sh", *command, **how)
        self.addCleanup(delattr, host, "start")
        self.refused(node, r"/dev/net/tun")


if __name__ == "__main__":
    run_tests()
