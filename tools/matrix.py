#!/usr/bin/env python3
"""Every pair of places, in the simulator and in the lab: measures it, and writes the pages in docs/.

  tools/matrix.py --build build [--seeds 100] [--out docs]     measures in the simulator
  tools/matrix.py --build build --render                       writes the pages again from docs/matrix.json

docs/matrix.json has the numbers, docs/matrix.md the tables, docs/matrix.svg the picture. The measurements of the lab
(lab/places.py, `make matrix-lab`) are in docs/matrix-lab.json, and the pages show them too. Exit status 1 when some
pair was not connected in every run.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

from matrix_picture import picture

WORDS = {
    "plain": "plain probing", "ipv6": "IPv6", "portmap": "a mapping by the gateway", "prediction": "port prediction",
    "block": "trying a port block", "birthday": "birthday probing", "guess": "guessing at both sides or several addresses", "slow": "the slow mode only", "none": "the relay only",
}
WON = {"relay": "relay", "ipv4": "IPv4", "ipv6": "IPv6", "lan": "LAN", "hairpin": "hairpin", "portmap": "port mapping",
       "hard": "techniques for hard NATs"}
HARD = ("prediction", "block", "birthday", "guess")


def measure(program, seeds, jobs):
    """The list of pairs, in the order of the list of places."""
    parts = [subprocess.Popen([program, "-n", str(seeds), "-k", f"{i}/{jobs}"], stdout=subprocess.PIPE, text=True)
             for i in range(jobs)]
    pairs = [json.loads(line) for p in parts for line in p.communicate()[0].splitlines()]
    if any(p.returncode for p in parts):
        sys.exit(f"{program} failed")
    return pairs


def in_order(places, pairs):
    rank = {p["name"]: i for i, p in enumerate(places)}
    return sorted(pairs, key=lambda r: (rank[r["a"]], rank[r["b"]]))


# --- the page ---


def span(v, unit=1000.0, digits=2):
    return f"{v['median'] / unit:.{digits}f} / {v['p99'] / unit:.{digits}f}" if v else "–"


def share(r):
    percent = 100 * r["direct"] / r["seeds"]
    return f"{percent:.0f} %" if percent in (0, 100) else f"{percent:.1f} %"


def ways(r):
    """hard: one of the techniques for hard NATs. The pair decides which one."""
    won = sorted(r["won"].items(), key=lambda kv: -kv[1])
    return ", ".join(WORDS[r["possible"]] if k == "hard" and r["possible"] in HARD else WON[k] for k, _ in won)


def lab_cell(lab, r):
    got = lab.get((r["a"], r["b"]))
    if not got:
        return ""
    if not got["connected"]:
        return "**not connected**"
    return f"direct, {got['direct_ms'] / 1000:.2f} s" if got["direct"] else "relay"


def parameters(p):
    texts = [("", p.get("nat")), ("carrier: ", p.get("carrier")), ("IPv6: ", p.get("wall6")), ("NAT64: ", p.get("nat64")),
             ("second: ", p.get("second")), ("second, IPv6: ", p.get("second_wall6")), ("speaks ", p.get("portmap")),
             ("outside addresses: ", str(p["addresses"]) if p["addresses"] > 1 else None)]
    return "; ".join(f"{k}`{v.strip()}`" for k, v in texts if v)


def verdict(pairs, lab):
    """The sums over all pairs, in one paragraph."""
    lines = []
    for word, text in WORDS.items():
        of = [r for r in pairs if r["possible"] == word]
        if not of:
            continue
        runs, direct = sum(r["seeds"] for r in of), sum(r["direct"] for r in of)
        times = [r["direct_ms"]["p99"] for r in of if r["direct_ms"]]
        worst = f"{max(times) / 1000:.2f} s" if times else "–"
        played = [got for r in of if (got := lab.get((r["a"], r["b"])))]
        by_lab = f" {sum(got['direct'] for got in played)} of {len(played)} |" if lab else ""
        lines.append(f"| {text} | {len(of)} | {100 * direct / runs:.1f} % | {worst} |{by_lab}")
    return lines


# A lab's run is late after this factor of the simulator's 99th percentile, and these seconds on top.
LATE, LATE_S = 1.5, 0.5
EITHER = {"ipv4", "portmap"}  # where plain probing is enough, several ways exist, and the first answer wins


def difference(r, got):
    """How the lab's run differs from all runs of the simulator; None: it could be one of them."""
    if not got["connected"]:
        return "not connected in the lab" + (f" ({got['error']})" if "error" in got else "")
    if got["lost"]:
        return f"{got['lost']} packets lost in the lab"
    if not got["direct"]:
        given_up = r["direct_ms"] and r["direct_ms"]["p99"] > 1000 * got["patience_s"]  # it could come later
        return None if r["direct"] < r["seeds"] or given_up else "always direct in the simulator, by the relay in the lab"
    if not r["direct"]:
        return f"direct in the lab ({WON[got['won']]}), never in the simulator"
    if got["won"] not in r["won"] and not (r["possible"] == "plain" and EITHER >= {got["won"], *r["won"]}):
        return f"won by {WON[got['won']]} in the lab, never in the simulator"
    p99 = r["direct_ms"]["p99"] / 1000
    if got["direct_ms"] / 1000 > LATE * p99 + LATE_S:
        return f"direct after {got['direct_ms'] / 1000:.1f} s in the lab, 99 of 100 within {p99:.1f} s in the simulator"
    return None


def laboratory(pairs, lab):
    """How the lab's runs agree with the simulator's."""
    played = [(r, lab[r["a"], r["b"]]) for r in pairs if (r["a"], r["b"]) in lab]
    different = [(r, why) for r, got in played if (why := difference(r, got))]
    again = sum("before" in got for _, got in played)
    out = ["## The lab", "",
           f"{len(played)} of {len(pairs)} pairs were also played once with the real programs and real packets (`make matrix-lab`):"
           f" {sum(got['connected'] for _, got in played)} connected, {sum(got['lost'] for _, got in played)} packets lost."
           + (f" {again} were played once more, because their first run was not as it must be." if again else ""), ""]
    if not different:
        return [*out, "Each of these runs is like one of the simulator's: direct where that always is, by a way that won there,"
                f" and no later than {LATE} times its 99th percentile and {LATE_S} s.", ""]
    count = "One of these runs is" if len(different) == 1 else f"{len(different)} of these runs are"
    out += [f"{count} unlike any that the simulator has seen:", "",
            *(f"- {r['a']}, {r['b']}: {why}" for r, why in different), ""]
    if any("gateway" in r["a"] + r["b"] for r, _ in different):
        out += ["The lab's gateways are Linux: where the way through a mapping and the way that was opened from inside are tried"
                " at the same time, its connection tracking gives one of them another port, which can cost a round of probes. The"
                " simulator's gateways do not do that.", ""]
    return out


def page(data, lab):
    pairs, places = data["pairs"], data["places"]
    runs = sum(r["seeds"] for r in pairs)
    connected = sum(r["connected"] for r in pairs)
    out = [
        "# The matrix", "",
        "This page is generated by `make matrix`; do not edit it.", "",
        f"Every pair of {len(places)} kinds of place, {data['seeds']} seeds each in the simulator: {len(pairs)} pairs,"
        f" {runs} runs, {connected} of them connected. Lines have {data['line_ms']} ms each way, the two relays are"
        f" {data['relay_ms']} ms away from the middle. Both sides send 10 packets a second from the start; a run ends one"
        " second after both talk directly, or when the time is up.", "",
        "![the share of direct runs and the time to direct, for every pair](matrix.svg)", "",
        "| what makes it possible | pairs | runs that got direct | slowest 99th percentile of time to direct |"
        + (" direct in the lab |" if lab else ""),
        "| --- | --- | --- | --- |" + (" --- |" if lab else ""), *verdict(pairs, lab), "",
        *(laboratory(pairs, lab) if lab else []),
        "## The places", "", "The parameters are those of `sim/nat_words.h`, in the words of RFC 4787.", "",
        "| place | what it is | parameters |", "| --- | --- | --- |",
        *(f"| {p['name']} | {p['what']} | {parameters(p)} |" for p in places), "",
        "## Every pair", "",
        "Times in seconds after the first packet was sent: median / 99th percentile. The first packet is the later one of"
        " the two sides, the handshake included. Probes are pings of both sides until direct, or until the time was up."
        + (" *Lab*: once with the real programs." if lab else ""), "",
        f"| one | other | possible by | direct | won by | first packet | direct after | probes |{' lab |' if lab else ''}",
        f"| --- | --- | --- | --- | --- | --- | --- | --- |{' --- |' if lab else ''}",
    ]
    for r in pairs:
        row = [r["a"], r["b"], WORDS[r["possible"]], share(r), ways(r), span(r["first_ms"]), span(r["direct_ms"]),
               span(r["probes"], 1, 0)] + ([lab_cell(lab, r)] if lab else [])
        out.append(f"| {' | '.join(row)} |")
    return "\n".join(out) + "\n"


# --- start ---


def as_json(data):
    """One line a pair, so that changes can be read."""
    head = {k: v for k, v in data.items() if k != "pairs"}
    rows = ",\n".join("  " + json.dumps(r) for r in data["pairs"])
    return json.dumps(head, indent=1)[:-2] + ',\n "pairs": [\n' + rows + "\n ]\n}\n"


def lab_results(path):
    if not path.exists():
        return {}
    return {(r["a"], r["b"]): r for r in json.loads(path.read_text())["pairs"]}


def main():
    args = argparse.ArgumentParser(description="measure every pair of places")
    args.add_argument("--build", default="build")
    args.add_argument("--seeds", type=int, default=100)
    args.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    args.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent / "docs")
    args.add_argument("--render", action="store_true", help="measure nothing")
    args = args.parse_args()
    numbers = args.out / "matrix.json"
    if args.render:
        data = json.loads(numbers.read_text())
    else:
        program = os.path.join(args.build, "warren-matrix")
        places = json.loads(subprocess.run([program, "-l"], capture_output=True, text=True, check=True).stdout)
        data = {"seeds": args.seeds, "line_ms": 25, "relay_ms": 10, "places": places,
                "pairs": in_order(places, measure(program, args.seeds, args.jobs))}
        numbers.write_text(as_json(data))
    lab = lab_results(args.out / "matrix-lab.json")
    (args.out / "matrix.md").write_text(page(data, lab))
    (args.out / "matrix.svg").write_text(picture(data, lab))
    bad = [r for r in data["pairs"] if r["connected"] != r["seeds"]]
    for r in bad:
        print(f"{r['a']}, {r['b']}: connected in {r['connected']} of {r['seeds']} runs")
    print(f"{len(data['pairs'])} pairs: {args.out}/matrix.md, matrix.svg, matrix.json")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
