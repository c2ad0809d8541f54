#!/usr/bin/env python3
"""The show, on invented events: what counts as seen and as missing, and the picture. Needs no namespace."""

import io
import pathlib
import sys
import unittest
import xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lab"))
import picture
from show import Show

RELAYED_S, DIRECT_S = 0.070, 0.050
FLUSH, NOTICED, BACK, END = 3.0, 3.6, 4.5, 6.0
TO = {"alice": "198.51.100.7:41641", "bob": "203.0.113.7:41641"}
TO_AFTER = {"alice": "198.51.100.7:41641", "bob": "203.0.113.7:52001"}


def path(t, node, was, to, also=None, reason="made up"):
    peer = {"alice": "bob", "bob": "alice"}[node]
    return {"t": t, "event": "path", "node": node, "peer": peer, "from": was, "to": to, "also": also,
            "reason": reason, "rtt_ms": 100.0}


def delay_at(t, direct_from):
    """Of a packet that was sent at t, None: lost."""
    if t < 0.14:
        return 0.21 - t  # it waited for the handshake
    if FLUSH <= t < NOTICED:
        return None
    return DIRECT_S if direct_from <= t < FLUSH or t >= BACK else RELAYED_S


def stream(direct_from=0.5, end=END, delay=delay_at):
    events = []
    for way in ("alice>bob", "bob>alice"):
        for seq in range(int(end * 50)):
            t = seq / 50
            events.append({"t": t, "event": "sent", "way": way, "seq": seq})
            d = delay(t, direct_from)
            if d is not None:
                events.append({"t": t + d, "event": "got", "way": way, "seq": seq})
    return events


def two_homes(direct_from=0.5):
    events = stream(direct_from) + [{"t": FLUSH, "event": "flush", "home": "alice"}]
    for node in ("alice", "bob"):
        events.append(path(direct_from, node, "relay(lab)", TO[node]))
        events.append(path(NOTICED, node, TO[node], TO[node], also="relay(lab)"))
        events.append(path(NOTICED + 0.3, node, TO[node], "relay(lab)"))
        events.append(path(BACK, node, "relay(lab)", TO_AFTER[node]))
    return finished("two_homes", events)


def udp_blocked():
    return finished("udp_blocked", stream(end=3, delay=lambda t, _: 0.21 - t if t < 0.14 else RELAYED_S))


def finished(name, events):
    events.sort(key=lambda e: e["t"])  # stable: a packet is sent before it arrives
    last = events[-1]["t"]
    shifted = [{**e, "t": e["t"] + 100} for e in events]
    return [{"t": 0, "event": "scenario", "name": name}, *shifted, {"t": last + 101, "event": "end"}]


def shown(events):
    out = io.StringIO()
    show = Show(out, colour=False)
    for e in events:
        show.take(e)
    ok = show.verdict()
    return show, ok, out.getvalue()


def missing(show):
    return [o["what"] for o in show.observations() if not o["seen"]]


class Observations(unittest.TestCase):
    def test_a_good_run_is_seen_whole(self):
        show, ok, text = shown(two_homes() + udp_blocked())
        self.assertEqual(missing(show), [])
        self.assertTrue(ok)
        self.assertIn("direct both ways: 203.0.113.7:41641 ⇄ 198.51.100.7:41641", text)
        self.assertIn("direct both ways again: 203.0.113.7:52001", text)
        self.assertIn("0 of 50 packets lost on the way up", text)
        self.assertIn("60 of 78 packets lost while the NAT", text)

    def test_direct_too_late_is_missing(self):
        show, ok, _ = shown(two_homes(direct_from=2.5))
        self.assertFalse(ok)
        self.assertEqual(missing(show), ["direct within 2 s of the first packet"])

    def test_nothing_at_all_is_missing(self):
        show, ok, _ = shown([])
        self.assertFalse(ok)
        show, ok, _ = shown([{"t": 0, "event": "scenario", "name": "two_homes"}, {"t": 9, "event": "end"}])
        self.assertFalse(ok)
        self.assertEqual(len(missing(show)), 8)

    def test_a_run_that_never_returns_is_missing(self):
        events = [e for e in two_homes() if not (e["event"] == "path" and e["t"] == 100 + BACK)]
        show, _, _ = shown(events)
        self.assertIn("back to direct", missing(show))

    def test_a_long_silence_is_missing(self):
        events = [e for e in two_homes() if not (e["event"] == "got" and 103 < e["t"] < 104.3)]
        show, _, _ = shown(events)
        self.assertIn("traffic again within 1 s", missing(show))

    def test_a_packet_lost_on_the_return_is_told(self):
        events = [e for e in two_homes() if not (e["event"] == "got" and e["way"] == "bob>alice" and e["seq"] == 225)]
        show, _, text = shown(events)
        self.assertEqual(missing(show), ["no packet lost on the return"])

    def test_a_direct_path_out_of_a_blocked_home_is_missing(self):
        events = udp_blocked()
        events.insert(-1, path(102.0, "alice", "relay(lab)", TO["alice"]))
        show, _, _ = shown(events)
        self.assertEqual(missing(show), ["it stayed on the relay"])


class Picture(unittest.TestCase):
    def test_is_well_formed_and_has_every_packet(self):
        show, _, _ = shown(two_homes() + udp_blocked())
        svg = picture.draw(show.runs, "made up")
        doc = xml.dom.minidom.parseString(svg)
        packets = sum(len(r.sent()) for r in show.runs)
        lost = sum(len(r.lost()) for r in show.runs)
        legend = len(picture.NAMES)
        self.assertEqual(len(doc.getElementsByTagName("circle")), packets - lost + legend)

    def test_of_nothing_is_still_a_picture(self):
        xml.dom.minidom.parseString(picture.draw([], "made up"))


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "--draw":
        made_up, _, lines = shown(two_homes() + udp_blocked())
        print(lines, file=sys.stderr)
        print(picture.draw(made_up.runs, "made up"))
    else:
        unittest.main()
