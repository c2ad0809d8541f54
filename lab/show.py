"""The demo as lines on a terminal, live, from the events of run.py."""

from run import BOTH, DIRECT, RELAY, Run, is_direct

SETTLE_S = 0.12  # a step is counted once the packets under way at its end have had time to arrive

TITLES = {
    "two_homes": "Two homes behind NAT routers, 50 packets a second each way",
    "udp_blocked": "The same, but bob's router drops all UDP except DNS",
}


class Paint:
    """Colours, when they are wanted."""

    CODES = {RELAY: "38;5;208", DIRECT: "38;5;33", BOTH: "38;5;133", "bad": "38;5;160", "good": "38;5;34",
             "dim": "2", "bold": "1"}

    def __init__(self, wanted):
        self.wanted = wanted

    def __call__(self, what, text):
        return f"\033[{self.CODES[what]}m{text}\033[0m" if self.wanted else text


class Show:
    def __init__(self, out, colour):
        self.out, self.paint = out, Paint(colour)
        self.runs = []
        self._counted = 0  # steps of this run whose losses were printed
        self._told = set()

    def say(self, text=""):
        print(text, file=self.out, flush=True)

    def line(self, t, kind, text):
        self.say(f"  {t:6.2f} s  {self.paint(kind, '●')} {text}")

    # --- events ---

    def take(self, e):
        if e["event"] == "scenario":
            self.runs.append(Run(e["name"]))
            self._counted, self._told = 0, set()
            self.say("\n" + self.paint("bold", TITLES.get(e["name"], e["name"])))
            return
        run = self.runs[-1]
        run.take(e)
        getattr(self, "_" + e["event"], lambda run, e: None)(run, e)
        self._milestones(run)
        self._count_losses(run)

    def _once(self, what):
        new = what not in self._told
        self._told.add(what)
        return new

    def _sent(self, run, e):
        if self._once("sent"):
            self.line(0, "dim", "alice sends the first packet; she knows bob's key and his relay, nothing else")

    def _got(self, run, e):
        a, b = e["way"].split(">")
        if self._once("got " + e["way"]):
            p = run.first(e["way"])
            self.line(run.now, p.path, f"{b} hears {a}, {self._by(p.path)}: {p.delay_ms:.0f} ms, handshake and all")
        if run.again(e["way"]) and self._once("again " + e["way"]):
            p = run.again(e["way"])
            self.line(run.now, p.path, f"{b} hears {a} again, {self._by(p.path)}, {p.got - run.flushed:.2f} s after "
                                       "the cut")

    def _by(self, kind):
        return self.paint(kind, {RELAY: "through the relay", DIRECT: "directly", BOTH: "by the copy through the relay"}[kind])

    def _path(self, run, e):
        if "none" in e["from"]:
            return  # every run begins with the first relay
        kind = run.kind(e["node"])
        rtt = f", round trip {e['rtt_ms']:.0f} ms" if e.get("rtt_ms") and not e.get("also") else ""
        reason = self.paint("dim", f"({e.get('reason') or 'no reason given'}{rtt})")
        if e.get("also"):
            direct, relay = sorted((e["to"], e["also"]), key=is_direct, reverse=True)
            text = f"{direct} in doubt, {self.paint(kind, relay)} gets a copy"
        else:
            text = f"{e['from']} → {self.paint(kind, e['to'])}"
        self.line(run.now, kind, f"{e['node']} → {e['peer']}: {text} {reason}")

    def _flush(self, run, e):
        self.line(run.now, "bad", f"{e['home']}'s router forgets every mapping and gives out another port, "
                                  "as after a power cut")

    def _milestones(self, run):
        for question, text in ((run.went_direct, "direct both ways"), (run.returned, "direct both ways again")):
            t = run.both(question)
            if t is not None and self._once(text):
                a, b = question("bob")["to"], question("alice")["to"]
                self.line(t, DIRECT, self.paint("bold", f"{text}: {a} ⇄ {b}"))

    def _count_losses(self, run):
        for name, start, end in run.steps()[self._counted:]:
            if end is None or (run.now < end + SETTLE_S and not run.ended):
                return
            self._counted += 1
            lost, sent = len(run.lost(start, end)), len(run.sent(start, end))
            text = f"{lost} of {sent} packets lost {name}"
            self.say(" " * 13 + (self.paint("bad", text) if lost else self.paint("dim", text)))

    # --- the end ---

    def observations(self):
        return [o for run in self.runs for o in run.observations()]

    def verdict(self):
        """Prints what was seen and what was missing. True: nothing was missing."""
        for run in self.runs:
            self.say("\n" + self.paint("bold", "Seen: " + TITLES.get(run.name, run.name)))
            for o in run.observations():
                mark = self.paint("good", "✓") if o["seen"] else self.paint("bad", "✗ MISSING:")
                self.say(f"  {mark} {o['what']}" + self.paint("dim", _details(o)))
        everything = self.observations()
        return bool(everything) and all(o["seen"] for o in everything)


def _details(o):
    """What was measured, in words, behind a colon; nothing if there is nothing."""
    words = []
    if o.get("at_s") is not None:
        words.append(f"at {o['at_s']:.2f} s")
    if o.get("outage_s") is not None:
        words.append(f"after {o['outage_s']:.2f} s")
    words += [f"after {ms:.0f} ms" for ms in o.get("took_ms", ()) if ms is not None]
    words += [f"{node} → {address}" for node, address in o.get("to", {}).items()]
    if "sent" in o:
        words.append(f"{o['lost']} of {o['sent']} lost")
    return ": " + ", ".join(words) if words else ""
