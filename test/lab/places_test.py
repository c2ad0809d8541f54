#!/usr/bin/env python3
"""Some pairs of places with the real programs: direct where simple probing or IPv6 makes it possible, else connected."""

import json
import subprocess
import sys
import unittest

from lab_case import BUILD, ROOT, run_tests

PAIRS = (
    ("port-restricted", "port-restricted"),
    ("firewall", "carrier"),
    ("same-carrier-hairpin", "same-carrier-hairpin"),
    ("ipv6-firewall", "two-uplinks"),
    ("public", "hard-pool"),
    ("hard-random", "udp-blocked"),
)


class Places(unittest.TestCase):
    def play(self, pair):
        command = [sys.executable, ROOT / "lab/places.py", "--build", BUILD, "--pair", ",".join(pair)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        self.assertTrue(lines, done.stderr)
        return json.loads(lines[-1])

    def test_pairs(self):
        for pair in PAIRS:
            with self.subTest(pair=pair):
                r = self.play(pair)
                self.assertTrue(r["connected"], r)
                self.assertEqual(r["direct"], r["possible"] in ("plain", "ipv6"), r)
                self.assertEqual(r["lost"], 0, r)


if __name__ == "__main__":
    run_tests()
