#!/usr/bin/env python3
"""A home whose router drops UDP stays on the relay, and works."""

import json
import unittest

from lab_case import BUILD, run_tests
import scenarios


class UdpBlocked(unittest.TestCase):
    def test_all_that_the_demo_must_show(self):
        stage = scenarios.udp_blocked(BUILD, lambda event: None)
        self.addCleanup(stage.close)
        for p in (stage.alice.program, stage.bob.program):
            print(f"--- {p.name}\n{p.text()}")
        self.why(stage)
        self.assertEqual([str(o) for o in stage.run.observations() if not o["seen"]], [])

    def why(self, stage):
        why = json.loads(stage.alice.warren("why", "--json", "bob").stdout)
        print(f"--- why bob\n{json.dumps(why, indent=1)}")
        self.assertFalse(why["direct"])
        self.assertEqual(why["facts"]["way"], "relayed")
        self.assertTrue(why["failed"] and why["advice"] and why["tried"])
        self.assertGreater(sum(c["pings"] for c in why["facts"]["candidates"]), 0)


if __name__ == "__main__":
    run_tests()
