#!/usr/bin/env python3
"""How pairs of places are played one after the other: a failure is a row, and what was broken off goes on. Needs no lab."""

import argparse
import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "lab"), str(ROOT / "tools")]
import matrix
import pairs as lab_pairs
import places

BUILD = os.environ.get("WARREN_BUILD", str(ROOT / "build"))

# Instead of lab/places.py: does as its pair is called, and notes that it was asked.
PLAYER = """
import json, os, sys, time
a, b = sys.argv[sys.argv.index("--pair") + 1].split(",")
log = sys.argv[sys.argv.index("--log") + 1]
with open(os.path.join(os.path.dirname(log), "asked"), "a") as f: f.write(a + "\\n")
open(log, "w").close()
if a == "hangs": time.sleep(60)
if a == "falls": sys.exit("everything went wrong")
row = {"a": a, "b": b, "possible": "plain", "connected": a != "cut off", "lost": 3 * (a == "loses"), "direct": a != "late", "won": "ipv4",
       "direct_ms": 400.0}
if a == "late": row["direct"] = os.path.exists(log + ".again"); open(log + ".again", "w").close()
print(json.dumps(row))
"""


class Parts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ways, cls.places = places.possible_by(BUILD), places.places(BUILD)
        cls.parts = [lab_pairs.part_of(list(cls.ways), f"{i}/3") for i in (1, 2, 3)]

    def test_three_thirds_are_all_pairs(self):
        n = len(self.places)
        self.assertEqual(len(self.ways), n * (n + 1) // 2)
        self.assertEqual(sorted(sum(self.parts, [])), sorted(self.ways))

    def test_each_third_has_every_place_and_the_first_everything_that_makes_a_path_possible(self):
        for part in self.parts:
            self.assertEqual(len(part), len(self.ways) // 3)
            self.assertEqual({name for pair in part for name in pair}, set(self.places))
        self.assertEqual({self.ways[pair] for pair in self.parts[0]}, set(self.ways.values()))

    def test_there_is_patience_for_everything_that_is_possible(self):
        for word in set(self.ways.values()):
            self.assertIn(word, places.PATIENCE_S)
            self.assertLessEqual(lab_pairs.patience(argparse.Namespace(quick=True), word), places.PATIENCE_S[word])


class Playing(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.args = argparse.Namespace(build=BUILD, jobs=2, quick=False, set_up=1.0, logs=self.folder)
        self.player = (sys.executable, "-c", PLAYER)

    def play(self, *names, rows=None):
        pairs = [(name, "x") for name in names]
        rows = rows or lab_pairs.Rows(None, "")
        self.said = io.StringIO()
        with contextlib.redirect_stderr(self.said):
            lab_pairs.play_all(self.args, pairs, {pair: "plain" for pair in pairs}, rows, self.player)
        return rows

    def asked(self):
        return (self.folder / "asked").read_text().split("\n")[:-1]

    def test_a_pair_that_hangs_or_falls_is_a_row_and_the_others_go_on(self):
        self.args.set_up = 1.0 - places.PATIENCE_S["plain"]
        rows = self.play("hangs", "falls", "good").of
        self.assertRegex(rows["hangs", "x"]["error"], "not done after 1 s")
        self.assertEqual(rows["falls", "x"]["error"], "everything went wrong")
        self.assertEqual(rows["good", "x"]["direct_ms"], 400)
        for name in ("hangs", "falls"):
            self.assertFalse(rows[name, "x"]["connected"])
            self.assertFalse(lab_pairs.is_excused(rows[name, "x"]))
            self.assertRegex(lab_pairs.outcome(rows[name, "x"]), "BROKEN")

    def test_one_that_is_late_is_played_once_more_and_says_so(self):
        r = self.play("late").of["late", "x"]
        self.assertEqual(self.asked(), ["late", "late"])
        self.assertTrue(r["direct"])
        self.assertFalse(r["before"]["direct"])
        self.assertTrue(lab_pairs.is_excused(r) and places.is_good(r))

    def test_who_lost_a_packet_or_was_cut_off_is_never_excused(self):
        rows = self.play("loses", "cut off").of
        for r in rows.values():
            self.assertFalse(lab_pairs.is_excused(r), r)
        self.assertRegex(lab_pairs.outcome(rows["loses", "x"]), "3 LOST")
        self.assertRegex(lab_pairs.outcome(rows["cut off", "x"]), "NOT CONNECTED")

    def test_progress_says_how_long_it_will_take(self):
        self.play("good", "better")
        self.assertRegex(self.said.getvalue(), r"\[  1/2\] \w+, x: direct after 0.40 s \(ipv4\); 0 min 2 s left\n\[  2/2\] ")

    def test_logs_are_kept_of_the_bad_ones_only(self):
        self.play("loses", "good")
        self.assertEqual([f.name for f in self.folder.glob("*.log")], ["loses,x.log"])

    def test_what_was_broken_off_goes_on_with_the_same_programs_only(self):
        file = self.folder / "rows"
        self.play("good", rows=lab_pairs.Rows(file, "these programs"))
        with file.open("a") as f:
            f.write('{"a": "half of a ro')
        again = self.play("good", "better", rows=lab_pairs.Rows(file, "these programs"))
        self.assertEqual(sorted(self.asked()), ["better", "good"])
        self.assertEqual(len(again.of), 2)
        self.assertEqual(len(lab_pairs.Rows(file, "these programs").of), 2)
        self.assertEqual(lab_pairs.Rows(file, "other programs").of, {})

    def test_the_file_has_a_row_a_line(self):
        out = self.folder / "out.json"
        rows = self.play("good", "better").of
        lab_pairs.write(out, rows.values())
        self.assertEqual(json.loads(out.read_text())["pairs"], list(rows.values()))
        self.assertEqual(len(out.read_text().splitlines()), 2 + 2 + 2)


class Page(unittest.TestCase):
    """What is said of the lab's runs beside the simulator's."""

    SIM = {"a": "public", "b": "carrier", "possible": "plain", "seeds": 100, "connected": 100, "direct": 100, "lost": 0,
           "won": {"ipv4": 100}, "first_ms": {"median": 210.0, "p99": 220.0}, "direct_ms": {"median": 380.0, "p99": 400.0},
           "probes": {"median": 3, "p99": 4}}
    LAB = {"a": "public", "b": "carrier", "connected": True, "direct": True, "won": "ipv4", "lost": 0, "direct_ms": 390.0,
           "patience_s": 40}
    NEVER = {"direct": 0, "won": {"relay": 100}, "direct_ms": None}

    def difference(self, sim, lab):
        return matrix.difference(self.SIM | sim, self.LAB | lab)

    def test_what_the_simulator_has_seen_is_no_difference(self):
        for sim, lab in (({}, {}), ({}, {"direct_ms": 1050}), ({"direct": 99}, {"direct": False}), (self.NEVER, {"direct": False}),
                         ({"won": {"portmap": 100}}, {}),
                         ({"direct_ms": {"median": 12000.0, "p99": 41000.0}}, {"direct": False})):
            self.assertIsNone(self.difference(sim, lab), (sim, lab))

    def test_what_it_has_not_seen_is_one(self):
        for sim, lab, said in (
                ({}, {"connected": False, "error": "warrend ended"}, r"not connected in the lab \(warrend ended\)"),
                ({}, {"lost": 2}, "2 packets lost"), ({}, {"direct": False}, "always direct in the simulator, by the relay"),
                (self.NEVER, {}, r"direct in the lab \(IPv4\), never"), ({}, {"won": "ipv6"}, "won by IPv6 in the lab, never"),
                ({"possible": "birthday", "won": {"portmap": 9}}, {}, "won by IPv4 in the lab, never"),
                ({}, {"direct_ms": 1200}, "after 1.2 s in the lab, 99 of 100 within 0.4 s")):
            self.assertRegex(self.difference(sim, lab) or "", said)

    def test_the_picture_has_every_pair_from_both(self):
        places = [{"name": n, "what": n, "addresses": 1} for n in ("public", "carrier")]
        rows = [self.SIM | {"a": a, "b": b} for a, b in (("public", "public"), ("public", "carrier"), ("carrier", "carrier"))]
        data = {"places": places, "pairs": rows, "seeds": 100, "line_ms": 25, "relay_ms": 10}
        lab = {(r["a"], r["b"]): self.LAB | {"direct_ms": 7000.0} for r in rows[1:]}
        svg = xml.etree.ElementTree.fromstring(matrix.picture(data, lab))
        texts = [t.text for t in svg.iter("{http://www.w3.org/2000/svg}text")]
        self.assertEqual((texts.count("7.0 s"), texts.count("0.4 s")), (1, 1))
        self.assertEqual((texts.count("7.0"), texts.count("0.4"), texts.count("–")), (1, 2, 1))  # on the diagonal
        page = matrix.page(data, lab)
        self.assertIn("2 of 3 pairs were also played once", page)
        self.assertIn("- public, carrier: direct after 7.0 s in the lab", page)
        self.assertNotIn("## The lab", matrix.page(data, {}))


if __name__ == "__main__":
    unittest.main(verbosity=2)
