#!/usr/bin/env python3
"""Two homes behind easy NATs: relay first, direct, the NAT wiped under the stream, relay again, direct again."""

import unittest

from lab_case import BUILD, LabCase, run_tests
import scenarios


def missing(stage):
    return [f"{o}" for o in stage.run.observations() if not o["seen"]]


class TwoHomes(unittest.TestCase):
    def test_all_that_the_demo_must_show(self):
        stage = scenarios.two_homes(BUILD, lambda event: None)
        self.addCleanup(stage.close)
        for p in (stage.alice.program, stage.bob.program):
            print(f"--- {p.name}\n{p.text()}")
        self.assertEqual(missing(stage), [])


class Ping(LabCase):
    def test_ping_goes_by_the_relay_and_then_directly(self):
        self.start_pair()
        answer = self.alice.warren("ping", "bob").stdout
        self.assertRegex(answer, r"pong from bob \(100\.64\.0\.2\) via relay\(lab\) in \d+ms")
        self.assertRegex(answer, r"pong from bob \(100\.64\.0\.2\) via 198\.51\.100\.7:41641 in \d+ms")


if __name__ == "__main__":
    run_tests()
