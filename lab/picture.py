"""The demo as a picture: the delay of every packet over time, coloured by the path it took (SVG)."""

from html import escape

from run import BOTH, DIRECT, RELAY, WAYS

WIDTH, LEFT, RIGHT = 1200, 86, 24
LANE, LANE_GAP = 118, 34  # of one direction; the strip of lost packets lies in the gap
LABEL_ROW = 17
INK, FAINT, GRID = "#1f2933", "#7b8794", "#e4e7eb"
COLOUR = {RELAY: "#dd7a1b", DIRECT: "#2368b5", BOTH: "#8e4fa8"}
LOST = "#c81e1e"
NAMES = {RELAY: "through the relay", DIRECT: "direct", BOTH: "sent on both, in doubt"}
TITLES = {
    "two_homes": "Two homes behind NAT routers",
    "udp_blocked": "The same, with a router at bob's that drops all UDP except DNS",
}


def text(x, y, s, size=12, colour=INK, anchor="start", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{escape(s)}</text>')


def line(x1, y1, x2, y2, colour, width=1.0, dash=""):
    dash = f' stroke-dasharray="{dash}"' if dash else ""
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
            f'stroke-width="{width}"{dash}/>')


def marks_of(run):
    """The moments worth a line: (seconds, label, colour)."""
    marks = []
    first = run.first(WAYS[0])
    if first:
        marks.append((first.got, f"first packet arrives, {first.got:.2f} s", COLOUR[first.path]))
    up, again, back = run.both(run.went_direct), run.both(run.again), run.both(run.returned)
    if up is not None:
        marks.append((up, f"direct both ways, {up:.2f} s", COLOUR[DIRECT]))
    if run.flushed is not None:
        marks.append((run.flushed, f"{run.flushed_home}'s NAT forgets everything", LOST))
    if again is not None:
        marks.append((again, f"traffic again, after {again - run.flushed:.2f} s", COLOUR[RELAY]))
    if back is not None:
        marks.append((back, "direct again, nothing lost" if not run.lost_after_again() else "direct again",
                      COLOUR[DIRECT]))
    return marks


def rows_of(marks, x):
    """A row for each label, from the right: above every mark whose line would cross its text."""
    rows = []
    for i in reversed(range(len(marks))):
        end = x(marks[i][0]) + 6.4 * len(marks[i][1]) + 12
        crossing = [row for (t, _, _), row in zip(marks[i + 1:], rows) if x(t) < end]
        rows.insert(0, 1 + max(crossing, default=-1))
    return rows, max(rows, default=0) + 1


class Panel:
    """One run: a lane for each direction, one axis of time."""

    def __init__(self, run, top, per_second, delay_max):
        self.run, self.top, self.per_second, self.delay_max = run, top, per_second, delay_max
        self.end_s = max((p.sent for p in run.sent()), default=1.0)
        self.marks = marks_of(run)
        self.rows, n_rows = rows_of(self.marks, self.x)
        self.lanes_top = top + 34 + LABEL_ROW * n_rows + 8
        self.bottom = self.lanes_top + 2 * LANE + LANE_GAP + 56

    def x(self, t):
        return LEFT + t * self.per_second

    def lane(self, i):
        return self.lanes_top + i * (LANE + LANE_GAP)

    def y(self, i, ms):
        return self.lane(i) + LANE * (1 - min(ms, self.delay_max) / self.delay_max)

    def draw(self):
        out = [text(LEFT, self.top + 16, TITLES.get(self.run.name, self.run.name), 15, weight="600"), self._tally()]
        for i, way in enumerate(WAYS):
            out += self._axes(i, way)
        out += self._marks()
        for i, way in enumerate(WAYS):
            out += self._packets(i, way)
        return out

    def _tally(self):
        n, lost = len(self.run.sent()), len(self.run.lost())
        s = f"{n} packets, {lost} lost" if lost else f"{n} packets, none lost"
        return text(WIDTH - RIGHT, self.top + 16, s, 13, FAINT, "end")

    def _axes(self, i, way):
        top, low, right = self.lane(i), self.lane(i) + LANE, self.x(self.end_s)
        a, b = way.split(">")
        out = [text(right, top - 6, f"{a} → {b}", 12, INK, "end", "600")]
        step = 50 if self.delay_max <= 300 else 100
        for ms in range(0, int(self.delay_max) + 1, step):
            out.append(line(LEFT, self.y(i, ms), right, self.y(i, ms), FAINT if ms == 0 else GRID))
            out.append(text(LEFT - 8, self.y(i, ms) + 4, f"{ms} ms" if ms else "0", 11, FAINT, "end"))
        out.append(text(LEFT - 8, low + 15, "lost", 11, LOST, "end"))
        if i == len(WAYS) - 1:
            for s in range(int(self.end_s) + 1):
                out.append(line(self.x(s), low, self.x(s), low + 4, FAINT))
                out.append(text(self.x(s), low + 36, f"{s} s", 11, FAINT, "middle"))
            out.append(text(right, low + 52, "time at which it was sent", 11, FAINT, "end"))
        return out

    def _marks(self):
        out = []
        low = self.lane(1) + LANE
        for (t, label, colour), row in zip(self.marks, self.rows):
            y = self.lanes_top - 14 - LABEL_ROW * row
            out.append(line(self.x(t), y - 8, self.x(t), low, colour, 1, "3 2"))
            out.append(text(self.x(t) + 4, y, label, 11.5, colour))
        return out

    def _packets(self, i, way):
        out = []
        for kind in (RELAY, DIRECT, BOTH):
            dots = [p for p in self.run.packets[way] if p.path == kind and p.got is not None]
            circles = "".join(f'<circle cx="{self.x(p.sent):.1f}" cy="{self.y(i, p.delay_ms):.1f}" r="2"/>'
                              for p in dots)
            if dots:
                out.append(f'<g fill="{COLOUR[kind]}" fill-opacity="0.8">{circles}</g>')
        strip = self.lane(i) + LANE + 5
        out += [line(self.x(p.sent), strip, self.x(p.sent), strip + 13, LOST, 1.4)
                for p in self.run.packets[way] if p.got is None]
        return out


def legend(y):
    out, x = [], LEFT
    for kind in (DIRECT, RELAY, BOTH):
        out.append(f'<circle cx="{x + 5}" cy="{y - 4}" r="4" fill="{COLOUR[kind]}"/>')
        out.append(text(x + 15, y, NAMES[kind], 12))
        x += 40 + 7 * len(NAMES[kind])
    out.append(line(x + 5, y - 10, x + 5, y + 2, LOST, 2))
    out.append(text(x + 15, y, "lost", 12))
    return out


def draw(runs, source):
    """The whole picture as SVG text. source: one clause about where it was measured."""
    delays = [p.delay_ms for r in runs for p in r.sent() if p.got is not None]
    delay_max = 50 * (1 + int(max(delays, default=99) // 50))
    seconds = max((p.sent for r in runs for p in r.sent()), default=1.0)
    per_second = (WIDTH - LEFT - RIGHT) / seconds
    body, top = [], 96
    for run in runs:
        panel = Panel(run, top, per_second, min(delay_max, 400))
        body += panel.draw()
        top = panel.bottom + 26
    head = [
        text(LEFT, 36, "Delay of every packet, one way", 20, weight="600"),
        text(WIDTH - RIGHT, 36, source, 12, FAINT, "end"),
        *legend(64),
    ]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top:.0f}" width="{WIDTH}" '
            f'height="{top:.0f}" font-family="Inter, Helvetica, Arial, sans-serif">\n'
            f'<rect width="100%" height="100%" fill="#ffffff"/>\n' + "\n".join(head + body) + "\n</svg>\n")
