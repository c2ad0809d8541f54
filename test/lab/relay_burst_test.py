#!/usr/bin/env python3
"""A burst of packets goes through the relay without loss, in large packets and in small ones."""

from lab_case import LabCase, run_tests
import nodes


class RelayBurst(LabCase):
    def test_nothing_is_lost(self):
        self.lab.bob.block_udp()
        self.start_pair()
        self.wait(self.pings, 10, "bob to answer")
        for size in (1000, 10):
            with self.subTest(size=size):
                done = self.lab.alice.host.run(
                    "ping", "-c80", "-l80", f"-s{size}", "-W3", "-q", nodes.ADDRESS["bob"], check=False)
                self.assertIn(" 0% packet loss", done.stdout)


if __name__ == "__main__":
    run_tests()
