"""The matrix as a picture (SVG): below the diagonal the simulator, above it the lab.

Blue is direct in every run, and darker where it is sooner. Yellow and orange are direct in some runs. Grey is the
relay. The colours also differ in brightness, and each cell has its number, so that nobody needs to tell colours apart.
"""

CELL, LEFT, TOP, GAP = 36, 170, 216, 6
SHADES = (  # seconds to direct, fill, text, what the legend says
    (1, "#17538f", "#ffffff", "direct within 1 s"),
    (3, "#4a8fc6", "#ffffff", "within 3 s"),
    (10, "#a3cbe6", "#222222", "within 10 s"),
    (1e9, "#dcebf6", "#222222", "later"),
)
OFTEN, SELDOM, RELAY = ("#ffd97a", "#222222"), ("#e58a3c", "#222222"), ("#cfcfcf", "#222222")
MISSED = "#b3006b"
# A new kind of place begins with each of these, after a gap.
BEGINS = ("full-cone", "hard-sequential", "carrier", "gateway-pcp", "ipv6-firewall", "udp-blocked")
STYLE = """<style>
text { font: 12px "DejaVu Sans", Verdana, sans-serif; fill: #222 }
.title { font-weight: bold; font-size: 17px } .cell { text-anchor: middle; font-size: 10.5px } .row { text-anchor: end }
</style>"""


def shade(seconds):
    return next((fill, text) for most, fill, text, _ in SHADES if seconds <= most)


def sim_cell(r):
    """(fill, colour of the text, text)"""
    part = r["direct"] / r["seeds"]
    if part == 0:
        return *RELAY, "relay"
    if part < 0.99:
        return *(SELDOM if part < 0.5 else OFTEN), f"{100 * part:.0f} %"
    seconds = r["direct_ms"]["median"] / 1000
    return *shade(seconds), f"{seconds:.1f} s"


def lab_cell(got):
    if not got:
        return "#ffffff", "#222222", "–"
    if not got["connected"]:
        return MISSED, "#ffffff", "none"
    if not got["direct"]:
        return *RELAY, "relay"
    seconds = got["direct_ms"] / 1000
    return *shade(seconds), f"{seconds:.1f} s"


def is_missed(r, got):
    """A technique makes the pair direct in nearly every run, but it was not."""
    sure = r["possible"] in ("plain", "ipv6", "portmap", "prediction", "block")
    return sure and (r["direct"] < 0.99 * r["seeds"] if got is None else not got["direct"])


def title(r, got):
    lab = "not played in the lab" if not got else f"direct after {got['direct_ms'] / 1000:.2f} s in the lab" if got["direct"] \
        else "by the relay in the lab"
    return f"<title>{r['a']} and {r['b']}: direct in {r['direct']} of {r['seeds']} simulated runs; {lab}</title>"


def square(x, y, cell, r, got, missed):
    fill, ink, text = cell
    edge = f' stroke="{MISSED}" stroke-width="2.5"' if missed else ""
    return (f'<rect x="{x}" y="{y}" width="{CELL - 2}" height="{CELL - 2}" rx="2" fill="{fill}"{edge}>{title(r, got)}</rect>'
            f'<text class="cell" x="{x + CELL / 2 - 1}" y="{y + CELL / 2 + 3}" style="fill:{ink}">{text}</text>')


def split_square(x, y, one, other, r, got):
    """On the diagonal: both, the simulator below and the lab above."""
    s = CELL - 2
    return (f'<path d="M{x} {y}v{s}h{s}z" fill="{one[0]}">{title(r, got)}</path>'
            f'<path d="M{x} {y}h{s}v{s}z" fill="{other[0]}">{title(r, got)}</path>'
            f'<path d="M{x} {y}l{s} {s}" stroke="#fff" stroke-width="1.5"/>'
            f'<text class="cell" x="{x + 11}" y="{y + s - 3}" style="fill:{one[1]};font-size:8.5px">{one[2].split()[0]}</text>'
            f'<text class="cell" x="{x + s - 11}" y="{y + 10}" style="fill:{other[1]};font-size:8.5px">{other[2].split()[0]}</text>')


def offsets(names):
    """Where each row (and column) begins."""
    at, out = 0, []
    for name in names:
        at += GAP if name in BEGINS else 0
        out.append(at)
        at += CELL
    return out, at


def legend(y):
    items = [(fill, text) for _, fill, _, text in SHADES]
    items += [(OFTEN[0], "in half of the runs and more"), (SELDOM[0], "in fewer"), (RELAY[0], "by the relay"),
              (None, "possible, and missed")]
    out, x = [], 12
    for k, (fill, text) in enumerate(items):
        if k == 4:
            x, y = 12, y + 26
        look = f'fill="{fill}"' if fill else f'fill="#fff" stroke="{MISSED}" stroke-width="2.5"'
        out.append(f'<rect x="{x}" y="{y}" width="18" height="18" rx="2" {look}/><text x="{x + 25}" y="{y + 13}">{text}</text>')
        x += 50 + 8 * len(text)
    return out


def head(data, lab):
    played = sum((r["a"], r["b"]) in lab for r in data["pairs"])
    lines = [f"Below the diagonal: {data['seeds']} simulated runs a pair; the median time until both sides talk directly,"
             " or the share of runs in which they do."]
    lines += [f"Above it: {played} of {len(data['pairs'])} pairs once with the real programs and real packets."] if played else []
    return ['<text class="title" x="12" y="28">Which pairs of places talk directly, and after how long</text>',
            *(f'<text x="12" y="{50 + 18 * k}">{line}</text>' for k, line in enumerate(lines))]


def picture(data, lab):
    """lab: (one, other) -> row, or {}."""
    names = [p["name"] for p in data["places"]]
    of = {}
    for r in data["pairs"]:
        of[r["a"], r["b"]] = of[r["b"], r["a"]] = r
    at, size = offsets(names)
    width, height = LEFT + size + 100, TOP + size + 80
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">', STYLE,
           f'<rect width="{width}" height="{height}" fill="#fff"/>', *head(data, lab)]
    for i, name in enumerate(names):
        out.append(f'<text transform="translate({LEFT + at[i] + CELL / 2 + 4} {TOP - 8}) rotate(-50)">{name}</text>')
        out.append(f'<text class="row" x="{LEFT - 8}" y="{TOP + at[i] + CELL / 2 + 3}">{name}</text>')
        for k, other in enumerate(names):
            r, x, y = of[name, other], LEFT + at[k], TOP + at[i]
            got = lab.get((r["a"], r["b"]))
            if k < i or not lab:
                out.append(square(x, y, sim_cell(r), r, got, is_missed(r, None)))
            elif k == i:
                out.append(split_square(x, y, sim_cell(r), lab_cell(got), r, got))
            else:
                out.append(square(x, y, lab_cell(got), r, got, bool(got) and is_missed(r, got)))
    return "\n".join([*out, *legend(TOP + size + 22), "</svg>"]) + "\n"
