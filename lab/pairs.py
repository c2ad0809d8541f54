#!/usr/bin/env python3
"""Pairs of places in the lab, each played once, several at a time: what every pair does with real packets.

  lab/pairs.py --build build --out docs/matrix-lab.json      every pair (`make matrix-lab`)
  lab/pairs.py --build build --part 1/3 --quick              a third of them: what CI plays

Each pair has a world of its own (lab/places.py) and needs little processor time, so several are played at once. A pair
that fails is played once more, alone, because another pair may have spoilt its times; its row says so. Rows are saved
beside the programs as they come: an interrupted run goes on where it was, with the same programs. Exit status 1 when
some pair is not connected, loses a packet, or is not direct although it must be.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import places
import world

HERE = pathlib.Path(__file__).resolve().parent
PLAYER = (sys.executable, HERE / "places.py")
SET_UP_S = 60  # seconds beyond the patience with a pair, then it is given up
JOBS_PER_PROCESSOR = 3  # a pair takes about one second of a processor
# Enough for what must become direct. A test waits no longer for what need not.
QUICK_S = {"prediction": 20.0, "block": 20.0, "birthday": 15.0, "guess": 8.0, "slow": 4.0, "none": 4.0}
PROGRAMS = ("warrend", "warren-relay", "warren-lab-nat", "warren-lab-link", "warren-matrix")
# Seconds that a pair takes besides its patience, and a pair with a hard NAT: to estimate the whole time.
SHORT_S, LONG_S = 3, 9


def part_of(pairs, part):
    """"1/3": a third. The sum of both ranks in the list of places decides, so that each place is in each part. The first
    third also has every technique."""
    i, n = map(int, part.split("/"))
    rank = {name: k for k, name in enumerate(dict.fromkeys(name for pair in pairs for name in pair))}
    return [(a, b) for a, b in pairs if (rank[a] + rank[b]) % n == (i + 1) % n]


def fingerprint(build):
    """Of all that a row depends on."""
    h = hashlib.sha256()
    for file in (*(pathlib.Path(build, p) for p in PROGRAMS), *sorted(HERE.glob("*.py"))):
        h.update(file.read_bytes())
    return h.hexdigest()


class Rows:
    """What was measured so far, in a file with one line a row. The rows are dropped when the programs change."""

    def __init__(self, path, mark):
        self.path, self.of, self._lock = path, {}, threading.Lock()
        lines = path.read_text().splitlines() if path and path.exists() else []
        if lines and lines[0] == mark:
            for r in (json.loads(line) for line in lines[1:] if line.endswith("}")):
                self.of[r["a"], r["b"]] = r
        if path:
            path.write_text("".join(f"{line}\n" for line in (mark, *map(json.dumps, self.of.values()))))

    def add(self, r):
        with self._lock:
            self.of[r["a"], r["b"]] = r
            if self.path:
                with self.path.open("a") as f:
                    f.write(json.dumps(r) + "\n")


def expected_s(word, patience):
    if word in ("slow", "none"):
        return SHORT_S + patience
    return LONG_S if word in places.HARD else SHORT_S


class Progress:
    def __init__(self, args, ways, left):
        self._args, self._ways, self._left, self._n, self._of = args, ways, list(left), 0, len(left)

    def _left_s(self):
        words = (self._ways[p] for p in self._left)
        return sum(expected_s(word, patience(self._args, word)) for word in words) / self._args.jobs

    def done(self, r):
        self._n += 1
        self._left.remove((r["a"], r["b"]))
        left = self._left_s()
        print(f"[{self._n:3}/{self._of}] {r['a']}, {r['b']}: {outcome(r)}; {left // 60:.0f} min {left % 60:.0f} s left",
              file=sys.stderr, flush=True)


def outcome(r):
    if "error" in r:
        return f"BROKEN: {r['error']}"
    if not r["connected"]:
        return "NOT CONNECTED"
    lost = f", {r['lost']} LOST" if r["lost"] else ""
    if r["direct"]:
        return f"direct after {r['direct_ms'] / 1000:.2f} s ({r['won']}){lost}"
    return ("NOT DIRECT" if r["possible"] in places.MUST_BE_DIRECT else "relay") + lost


def patience(args, word):
    return QUICK_S.get(word, places.PATIENCE_S[word]) if args.quick else places.PATIENCE_S[word]


def play(args, pair, word, player=PLAYER):
    """The pair's row, whatever happens."""
    wait_s = patience(args, word)
    log = args.logs / f"{pair[0]},{pair[1]}.log"
    command = [*player, "--build", args.build, "--pair", ",".join(pair), "--log", log, "--patience", str(wait_s)]
    broken = {"a": pair[0], "b": pair[1], "possible": word, "connected": False, "direct": False, "lost": 0}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=wait_s + args.set_up)
    except subprocess.TimeoutExpired:
        return broken | {"error": f"not done after {wait_s + args.set_up:.0f} s"}
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        return broken | {"error": (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]}
    r = json.loads(lines[-1])
    if places.is_good(r):
        log.unlink(missing_ok=True)
    return r


def play_all(args, pairs, ways, rows, player=PLAYER):
    left = [pair for pair in pairs if pair not in rows.of]
    progress = Progress(args, ways, left)
    pool = concurrent.futures.ThreadPoolExecutor(args.jobs)
    try:
        for done in concurrent.futures.as_completed([pool.submit(play, args, pair, ways[pair], player) for pair in left]):
            rows.add(done.result())
            progress.done(done.result())
    finally:
        pool.shutdown(cancel_futures=True)  # interrupted: the finished rows stay
    for pair in pairs:
        first = rows.of[pair]
        if places.is_good(first) or "before" in first:
            continue
        print(f"{pair[0]}, {pair[1]}: once more, alone", file=sys.stderr, flush=True)
        before = {k: first[k] for k in ("connected", "direct", "lost", "error") if k in first}
        rows.add(play(args, pair, ways[pair], player) | {"before": before})


def write(path, rows):
    text = ",\n".join("  " + json.dumps(r) for r in rows)
    path.write_text('{\n "pairs": [\n' + text + "\n ]\n}\n")


def is_excused(r):
    """Another pair may have spoilt a time. A lost packet or a broken connection is never excused."""
    before = r.get("before", {"connected": True, "lost": 0})
    return before["connected"] and not before["lost"]


def parse():
    args = argparse.ArgumentParser(description="play pairs of places in the lab")
    args.add_argument("--build", default="build")
    args.add_argument("--part", help="I/N: one of N equal parts")
    args.add_argument("--jobs", type=int, default=JOBS_PER_PROCESSOR * len(os.sched_getaffinity(0)))
    args.add_argument("--quick", action="store_true", help="wait only as long as what must become direct needs")
    args.add_argument("--set-up", type=float, default=SET_UP_S, help=argparse.SUPPRESS)
    args.add_argument("--out", type=pathlib.Path)
    args.add_argument("--logs", type=pathlib.Path, help="folder for the logs of the pairs that failed")
    args = args.parse_args()
    args.build = os.path.abspath(args.build)
    args.logs = args.logs or pathlib.Path(args.build, "lab-logs")
    args.logs.mkdir(exist_ok=True)
    return args


def main():
    args = parse()
    why = world.missing()
    if why:
        print(f"SKIPPED: {why}")
        return world.SKIPPED
    there, ways = places.places(args.build), places.possible_by(args.build)
    lacking = {name: p for name, place in there.items() if (p := places.missing(place))}
    for name, p in lacking.items():
        print(f"SKIPPED: {name}: {p} is not installed")
    pairs = [pair for pair in ways if not lacking.keys() & set(pair)]
    if args.part:
        pairs = part_of(pairs, args.part)
    rows = Rows(pathlib.Path(args.build, "matrix-lab.rows") if args.out else None, fingerprint(args.build))
    start = time.monotonic()
    play_all(args, pairs, ways, rows)
    if args.out:
        write(args.out, [rows.of[pair] for pair in pairs])
        rows.path.unlink()
    bad = [r for r in map(rows.of.get, pairs) if not places.is_good(r) or not is_excused(r)]
    direct = sum(rows.of[pair]["direct"] for pair in pairs)
    print(f"{len(pairs)} pairs, {direct} direct, {len(bad)} not as they must be; {time.monotonic() - start:.0f} s")
    for r in bad:
        print(f"{r['a']}, {r['b']}: {outcome(r)}, {args.logs}/{r['a']},{r['b']}.log")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
