"""What happened in one scenario, and what of it must have been seen.

A `Run` takes events in the order of time, each a dict with "t" (seconds from any zero) and "event":

  scenario  name: two_homes | udp_blocked            a new run begins
  sent      way: "alice>bob", seq                    a packet of the stream leaves the application
  got       way, seq                                 and arrives at the other one
  path      node, peer, from, to, also, reason, rtt_ms   node's traffic to peer moves from `from` to
                                                     `to`: "relay(NAME)" or "IP:PORT"; `also`: a second
                                                     way that gets a copy of everything, or null
  flush     home                                     that home's router forgot its NAT state
  end                                                the stream has ended, and nothing is under way

The events come from the lab or from the simulator; this file cannot tell.
"""

WAYS = ("alice>bob", "bob>alice")
NODES = ("alice", "bob")
RELAY, DIRECT, BOTH = "relay", "direct", "both"

DIRECT_WITHIN_S = 2.0
AGAIN_WITHIN_S = 1.0
LINE_LATE_S = 0.01  # between a node's change of path and our reading its line about it
UNDER_WAY_S = 0.1  # a packet sent so shortly before the flush may still have been on its way
FIRST_WITHIN_S = 0.5  # three times the way through the relay, and some more: the handshake takes two of them


def is_direct(where):
    return bool(where) and not where.startswith("relay")


def _rounded(details):
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in details.items()}


class Packet:
    __slots__ = ("seq", "sent", "got", "path")

    def __init__(self, seq, sent, path):
        self.seq, self.sent, self.got, self.path = seq, sent, None, path

    @property
    def delay_ms(self):
        return (self.got - self.sent) * 1000


class Run:
    def __init__(self, name):
        self.name = name
        self.zero = None  # when the first packet was sent
        self.now = 0.0
        self.packets = {way: [] for way in WAYS}
        self._by_seq = {way: {} for way in WAYS}
        self.paths = []  # events, their times counted from zero
        self.at = {node: ("relay", None) for node in NODES}  # where the node's traffic goes, and the copy of it
        self.flushed = None  # when
        self.flushed_home = None
        self.ended = False

    # --- taking events ---

    def take(self, e):
        if e["event"] == "sent" and self.zero is None:
            self.zero = e["t"]
        t = e["t"] - self.zero if self.zero is not None else 0.0
        self.now = max(self.now, t)
        getattr(self, "_" + e["event"], lambda t, e: None)(t, e)

    def _sent(self, t, e):
        p = Packet(e["seq"], t, self.kind(e["way"].split(">")[0]))
        self.packets[e["way"]].append(p)
        self._by_seq[e["way"]][e["seq"]] = p

    def _got(self, t, e):
        p = self._by_seq[e["way"]].get(e["seq"])
        if p and p.got is None:
            p.got = t

    def _path(self, t, e):
        self.at[e["node"]] = (e["to"], e.get("also"))
        self.paths.append({**e, "t": t})
        kind = self.kind(e["node"])
        last = self.packets[f"{e['node']}>{e['peer']}"][-1:]
        if kind != DIRECT and last and t - last[0].sent < LINE_LATE_S:
            last[0].path = kind  # the node took it after it had given up the direct path

    def _flush(self, t, e):
        self.flushed, self.flushed_home = t, e["home"]

    def _end(self, t, e):
        self.ended = True

    # --- asking ---

    def kind(self, node):
        to, also = self.at[node]
        if not is_direct(to) and not is_direct(also):
            return RELAY
        return BOTH if also else DIRECT

    def first(self, way):
        """The first packet that arrived, or None."""
        got = [p for p in self.packets[way] if p.got is not None]
        return min(got, key=lambda p: p.got, default=None)

    def _moved(self, node, what, after=0.0):
        return next((e for e in self.paths if e["node"] == node and e["t"] >= after and what(e)), None)

    def went_direct(self, node):
        return self._moved(node, lambda e: is_direct(e["to"]) and not e.get("also"))

    def fell_back(self, node):
        if self.flushed is None:
            return None
        return self._moved(node, lambda e: e.get("also") or not is_direct(e["to"]), self.flushed)

    def returned(self, node):
        back = self.fell_back(node)
        return back and self._moved(node, lambda e: is_direct(e["to"]) and not e.get("also"), back["t"])

    def again(self, way):
        """The first packet that was sent after the flush and arrived."""
        if self.flushed is None:
            return None
        got = [p for p in self.packets[way] if p.sent >= self.flushed and p.got is not None]
        return min(got, key=lambda p: p.got, default=None)

    def both(self, question):
        """When the second of the two nodes (or ways) got there, or None."""
        keys = WAYS if question == self.again else NODES
        answers = [question(k) for k in keys]
        if not all(answers):
            return None
        return max(a.got if isinstance(a, Packet) else a["t"] for a in answers)

    def sent(self, start=0.0, end=float("inf")):
        return [p for way in WAYS for p in self.packets[way] if start <= p.sent < end]

    def lost(self, start=0.0, end=float("inf")):
        return [p for p in self.sent(start, end) if p.got is None]

    @property
    def cut(self):
        """From here on packets met the flush. Those under way at that moment count as its losses too."""
        return None if self.flushed is None else self.flushed - UNDER_WAY_S

    def steps(self):
        """(name, start, end) of each step that has begun; end is None while it goes on."""
        marks = [("on the way up" if self.name == "two_homes" else "through the relay", 0.0), ("while direct", self.both(self.went_direct))]
        if self.flushed is not None:
            marks += [
                ("while the NAT's memory was gone", self.cut),
                ("through the relay again", self.both(self.again)),
                ("on the return to direct", self.both(self.returned)),
            ]
        begun = [(n, t) for n, t in marks if t is not None]
        ends = [t for _, t in begun[1:]] + [self.now if self.ended else None]
        return [(n, t, end) for (n, t), end in zip(begun, ends)]

    # --- what must have been seen ---

    def observations(self):
        seen = self._first_packet()
        seen += self._two_homes() if self.name == "two_homes" else self._udp_blocked()
        return [{"run": self.name, "what": w, "seen": bool(ok), **_rounded(more)} for w, ok, more in seen]

    def _first_packet(self):
        first = [self.first(w) for w in WAYS]
        ok = all(p and p.path == RELAY and p.got - p.sent <= FIRST_WITHIN_S for p in first)
        took = [round(p.delay_ms, 1) if p else None for p in first]
        return [(f"the first packets came through the relay, within {FIRST_WITHIN_S} s", ok, {"took_ms": took})]

    def _two_homes(self):
        up, again, back = self.both(self.went_direct), self.both(self.again), self.both(self.returned)
        seen = [
            (f"direct within {DIRECT_WITHIN_S:.0f} s of the first packet",
             up is not None and up <= DIRECT_WITHIN_S, {"at_s": up, "to": self._addresses(self.went_direct)}),
            ("no packet lost on the way up and while direct", up is not None and not self.lost(0, self.cut or self.now),
             self._count(0, self.cut or self.now)),
            ("the NAT's memory was wiped under the direct stream",
             self.flushed is not None and up is not None and up < self.flushed, {"at_s": self.flushed}),
            ("both fell back to the relay", self.both(self.fell_back) is not None,
             {"at_s": self.both(self.fell_back)}),
        ]
        outage = again - self.flushed if again is not None else None
        seen.append((f"traffic again within {AGAIN_WITHIN_S:.0f} s", outage is not None and outage <= AGAIN_WITHIN_S,
                     {"outage_s": outage, **(self._count(self.cut, again) if again else {})}))
        seen.append(("back to direct", back is not None and self.ended and self.kind("alice") == DIRECT
                     and self.kind("bob") == DIRECT, {"at_s": back, "to": self._addresses(self.returned)}))
        seen.append(("no packet lost on the return", back is not None and not self.lost_after_again(),
                     {"sent": len(self.after_again()), "lost": len(self.lost_after_again())}))
        return seen

    def after_again(self):
        return [q for way in WAYS if (p := self.again(way)) for q in self.packets[way] if q.sent >= p.sent]

    def lost_after_again(self):
        return [q for q in self.after_again() if q.got is None]

    def _udp_blocked(self):
        never = not any(is_direct(e["to"]) or is_direct(e.get("also")) for e in self.paths)
        return [
            ("it stayed on the relay", never and self.ended, {}),
            ("every packet arrived", self.sent() and not self.lost(), self._count(0, self.now + 1)),
        ]

    def _addresses(self, question):
        return {node: e["to"] for node in NODES if (e := question(node))}

    def _count(self, start, end):
        return {"sent": len(self.sent(start, end)), "lost": len(self.lost(start, end))}
