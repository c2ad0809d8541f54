#!/usr/bin/env python3
"""make demo: two machines behind NATs talk, directly, while we watch.

It plays the scenarios in a lab of network namespaces; where this machine allows none, on the simulated
internet. Exit status 0 only if the run showed everything that it must show.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import picture
import scenarios
import simulated
import world
from show import Show
from topology import RELAY_MS, UPLINK_MS

MAP = """\
   alice                                                     bob
   192.168.1.20                                     192.168.2.20
        └─ NAT router                         NAT router ─┘
           203.0.113.7 ───┐             ┌─── 198.51.100.7
                          └─ internet ──┘
                                 │
                          relay 192.0.2.10
"""


def parse_options():
    p = argparse.ArgumentParser(prog="demo", description=__doc__.split("\n")[0])
    p.add_argument("--build", default="build", help="where the programs are")
    p.add_argument("--out", default="demo-out", help="where the picture and the logs go")
    p.add_argument("--json", action="store_true", help="print the observations as JSON, and nothing else")
    p.add_argument("--sim", action="store_true", help="on the simulated internet, even where a lab is possible")
    p.add_argument("--colour", choices=("auto", "always", "never"), default="auto")
    return p.parse_args()


def introduce(show, why_no_lab):
    show.say(show.paint("bold", "Warren: two machines behind NATs find each other"))
    show.say()
    show.say(show.paint("dim", MAP))
    if why_no_lab:
        show.say(f"Played on the simulated internet with the same code: no lab on this machine ({why_no_lab}).")
    show.say(f"Delay one way: {2 * UPLINK_MS} ms directly, {2 * (UPLINK_MS + RELAY_MS)} ms through the relay. "
             f"{show.paint('relay', '●')} relay  {show.paint('direct', '●')} direct  {show.paint('both', '●')} both")


def save(show, out, where):
    paths = [out / "demo.svg"]
    paths[0].write_text(picture.draw(show.runs, where))
    if shutil.which("rsvg-convert"):
        png = out / "demo.png"
        if subprocess.run(["rsvg-convert", "-z", "1.5", paths[0], "-o", png], check=False).returncode == 0:
            paths.append(png)
    return paths


def main():
    options = parse_options()
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    build = os.path.abspath(options.build)
    why_no_lab = "it was asked for" if options.sim else world.missing()
    if not why_no_lab:
        world.enter()
    quiet = open(os.devnull, "w") if options.json else sys.stdout
    wants_colour = options.colour == "always" or (
        options.colour == "auto" and quiet.isatty() and "NO_COLOR" not in os.environ)
    show = Show(quiet, wants_colour)
    introduce(show, why_no_lab)
    with open(out / "events.jsonl", "w") as log:
        def take(event):
            log.write(json.dumps(event) + "\n")
            show.take(event)
        try:
            if why_no_lab:
                simulated.play(build, take)
            else:
                scenarios.play(build, take, out)
        except (TimeoutError, RuntimeError, OSError) as e:
            show.verdict()
            print(f"demo: {e}", file=sys.stderr)
            return 1
    ok = show.verdict()
    paths = save(show, out, "on the simulated internet" if why_no_lab else "real programs in network namespaces")
    show.say(f"\n  The picture: {', '.join(map(str, paths))}")
    if options.json:
        json.dump({"ok": ok, "where": "sim" if why_no_lab else "lab", "why_no_lab": why_no_lab,
                   "observations": show.observations()}, sys.stdout, indent=2)
        print()
    return 0 if ok else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
