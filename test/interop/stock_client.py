"""A stock client in the lab: its data plane, told by us what a coordination server would tell it.

Alice is always ours, bob the stock client; each stands in a place of lab/places.py.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "lab"), str(ROOT / "test/lab")]
import nodes
import places
import stock_programs
import world
from programs import RELAY_NAME, Keys, Loop, Program
from stream import Stream
from topology import NODE_PORT

BUILD = os.environ.get("WARREN_BUILD", str(ROOT / "build"))
TUN = "ts0"
COMPLAINT = re.compile(r"panic|error|fail(?!overs)|bad |malformed|mismatch|drop|unexpected", re.I)
# Besides those of lab/places.py: an easy NAT that gives another port after it was flushed.
MORE_PLACES = {"random-ports": {"name": "random-ports", "addresses": 1, "shares_carrier": False,
                                "nat": "mapping=endpoint-independent filtering=address-and-port-dependent ports=random"}}


class StockRelay:
    """derper, with a certificate that it makes itself; like nodes.Relay."""

    def __init__(self, loop, lab, folder):
        self.loop, self.lab, self.folder = loop, lab, os.path.join(folder, "derper")
        self.name, self.region, self.address = RELAY_NAME, 1, lab.RELAY
        os.makedirs(self.folder, exist_ok=True)
        self.start()
        self.pin = json.loads(self.program.wait_line(r'(\{"Name":"custom".*\})')[1])["CertName"]

    def start(self):
        self.program = Program(self.loop, self.lab.relay, "derper", os.path.join(BUILD, "stock/derper"),
                               f"-hostname={self.address}", "-certmode=manual", f"-certdir={self.folder}",
                               f"-a={self.address}:443", "-http-port=-1", f"-c={self.folder}/derper.conf")

    section = nodes.Relay.section


class StockClient:
    """What lab/nodes.py's Node is for ours: name, address, home, program."""

    def __init__(self, loop, lab, home, folder, relay):
        self.loop, self.lab, self.home, self.name, self.relay = loop, lab, home, home.name, relay
        self.address = nodes.ADDRESS[home.name]
        self.keys = Keys(lab.build, folder, home.name)
        self.peers, self.said = [], {}

    def start(self):
        with open(self.keys.file) as f:
            private = f.read().strip()
        options = {"private": private, "port": NODE_PORT, "tun": TUN, "address": f"{self.address}/32",
                   "derp": {"host": self.relay.address, "port": 443, "stun": 3478, "pin": self.relay.pin}}
        env = {"TS_DEBUG_DISCO": "1"}  # it says what it makes of each disco message
        self.program = Program(self.loop, self.home.host, f"{self.name}'s stock client", os.path.join(BUILD, "stock/stocknode"),
                               json.dumps(options), stdin=subprocess.PIPE, env=env, on_line=self._line)

    def wait_ready(self):
        """It is told of its relay with its first map, and finds its endpoints then."""
        self.disco = self._wait("disco")
        self.home.host.ip(f"addr add {self.address}/32 dev {TUN}", f"link set {TUN} up mtu 1280",
                          f"route add {nodes.ADDRESS['alice']}/32 dev {TUN}")
        self.tell_map()
        self._wait("endpoints")
        self.program.wait_line(r"derp-1 connected")

    def _line(self, text):
        if text.startswith("{"):
            # A change of its link makes it say that it has no endpoints, although it keeps them.
            self.said.update({word: value for word, value in json.loads(text).items() if value is not None})

    def _wait(self, what, seconds=10):
        return self.loop.until(lambda: self.said.get(what), seconds, f"the stock client to say its {what}")

    def _order(self, **words):
        self.program.process.stdin.write(json.dumps(words).encode() + b"\n")
        self.program.process.stdin.flush()

    def tell_map(self):
        if self.peers:
            self.said.pop("peers", None)
            self._order(peers=self.peers)
            self._wait("peers")

    def know(self, node, with_endpoints):
        """As the coordination server would say it. The same again after the node's restart."""
        own = json.loads(node.warren("status", "--json").stdout)["self"]
        endpoints = [e["endpoint"] for e in own["endpoints"]] if with_endpoints else []
        self.peers = [{"key": own["public_key"], "disco": own["disco_key"], "address": f"{node.address}/32", "home": 1,
                       "endpoints": endpoints}]
        self.tell_map()

    def path(self):
        """Where it says that it sends to its peer: IP:PORT, or None: over the relay."""
        self.said.pop("status", None)
        self._order(status=True)
        return next(iter(self._wait("status").values()), {}).get("direct") or None

    def ping(self, seconds=5):
        """A disco ping: what came of it."""
        self.said.pop("pong", None)
        self._order(ping=nodes.ADDRESS["alice"])
        return self._wait("pong", seconds)

    def understood(self, kind, longer_than=0):
        """How many disco messages of this kind it took: Ping, Pong, CallMeMaybe, or 0x57, which it should not know."""
        frame, n = None, 0
        for _, line in self.program.lines:
            if m := re.search(r"got disco-looking frame .* len (\d+)$", line):
                frame = int(m[1])
            elif m := re.search(r"disco.Parse = (?:\*disco\.(\w+), <nil>|<nil>, unknown message type (\w+))$", line):
                n += kind in m.groups() and frame > longer_than
        return n

    def complaints(self):
        """What its log says of us that is not praise; its netcheck looks for the internet, which there is not."""
        return [line for _, line in self.program.lines if COMPLAINT.search(line) and not line.startswith("netcheck:")]

    def peer_section(self, with_endpoints):
        known = ", ".join(e["Addr"] for e in self.said["endpoints"]) if with_endpoints else ""
        return (f"[Peer]\nName = {self.name}\nPublicKey = {self.keys.public}\nDiscoKey = {self.disco}\n"
                f"AllowedIPs = {self.address}/32\nRelay = {RELAY_NAME}\n" + (f"Endpoint = {known}\n" if known else ""))


class Flow:
    """What became of the packets of a stream."""

    def __init__(self):
        self.sent, self.got = {}, {}

    def take(self, e):
        if e["event"] in ("sent", "got"):
            (self.sent if e["event"] == "sent" else self.got).setdefault((e["way"], e["seq"]), e["t"])

    def lost(self, way=None):
        return sum(1 for k in self.sent if k not in self.got and way in (None, k[0]))

    def first_ms(self):
        """The slower way's: from the first packet to the first that arrived."""
        ways = {way for way, _ in self.sent}
        starts = {way: min(t for k, t in self.sent.items() if k[0] == way) for way in ways}
        return 1000 * max(min((t for k, t in self.got.items() if k[0] == way), default=1e9) - starts[way] for way in ways)

    def silence(self, since, until):
        """Way -> the longest time between two arrivals, in seconds."""
        longest = {}
        for way in {way for way, _ in self.sent}:
            times = [since, *sorted(t for k, t in self.got.items() if k[0] == way and since <= t <= until), until]
            longest[way] = max(b - a for a, b in zip(times, times[1:]))
        return longest


class StockCase(unittest.TestCase):
    def setUp(self):
        self.loop, self.flow = Loop(), Flow()
        folder = tempfile.TemporaryDirectory(prefix="lab-", dir="/run")
        self.addCleanup(folder.cleanup)
        self.folder, self.programs = folder.name, []

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if os.environ.get("VERBOSE") or result and len(result.failures) + len(result.errors) > before:
            for p in getattr(self, "programs", ()):
                for t, line in p.lines:
                    print(f"    {t - self.zero:8.3f} {p.name}: {line}", file=sys.stderr)

    def own(self, program):
        self.programs.append(program)
        self.addCleanup(lambda: program.process.poll() is None and program.end())
        return program

    def meet(self, ours, theirs, relay=nodes.Relay, with_endpoints=True):
        """Both are up and know of each other; nothing was said yet. with_endpoints: each also knows the other's
        endpoints, as coordination servers tell them."""
        self.with_endpoints = with_endpoints
        known = places.places(BUILD) | MORE_PLACES
        self.zero = time.monotonic()
        self.lab = places.PlaceLab(self.loop, BUILD, self.folder, known[ours], known[theirs])
        self.addCleanup(self.lab.close)
        self.relay = relay(self.loop, self.lab, self.folder)
        self.own(self.relay.program)
        self.alice = nodes.Node(self.loop, self.lab, self.lab.alice, self.folder)
        self.bob = StockClient(self.loop, self.lab, self.lab.bob, self.folder, self.relay)
        self.bob.start()
        self.own(self.bob.program)
        self.bob.wait_ready()
        self.tell_ours()
        self.alice.start()
        self.own(self.alice.program)
        self.alice.wait_ready()
        self.bob.know(self.alice, self.with_endpoints)

    def box_of(self, node):
        """The NAT box that a node is behind, if each is behind one."""
        return self.lab.boxes[-2 if node is self.alice else -1]

    def restart_ours(self):
        self.alice.program.end(signal.SIGKILL)
        self.alice.start()
        self.own(self.alice.program)
        self.alice.wait_ready()
        self.bob.know(self.alice, self.with_endpoints)

    def restart_theirs(self):
        self.bob.program.end(signal.SIGKILL)
        self.bob.said = {}
        self.bob.start()
        self.own(self.bob.program)
        self.bob.wait_ready()
        self.tell_ours()
        self.alice.program.process.send_signal(signal.SIGHUP)

    def tell_ours(self):
        self.alice.configure(self.relay.section(), self.bob.peer_section(self.with_endpoints))

    def talk(self):
        self.stream = Stream(self.loop, self.alice, self.bob, self.flow.take)

    def hush(self):
        self.stream.stop()

    def measure(self, **what):
        """For people who read the log of the test."""
        print(f"    {self.id().split('.')[-1]}: " + ", ".join(f"{k} {v}" for k, v in what.items()), file=sys.stderr)

    def status(self):
        return json.loads(self.alice.warren("status", "--json").stdout)

    def our_path(self):
        return self.status()["peers"][0].get("endpoint")

    def direct(self):
        """Both say that they send directly."""
        return self.our_path() and self.bob.path()

    def wait_direct(self, seconds):
        return self.loop.until(self.direct, seconds, "a direct path both ways")

    def our_pings(self, *options):
        """Packets lost of ten pings from our side through the tunnel."""
        done = self.alice.home.host.run("ping", "-c10", "-i0.1", "-W1", *options, self.bob.address, check=False)
        return 10 - int(re.search(r"(\d+) received", done.stdout)[1])

    def their_pings(self, *options):
        done = self.bob.home.host.run("ping", "-c10", "-i0.1", "-W1", *options, self.alice.address, check=False)
        return 10 - int(re.search(r"(\d+) received", done.stdout)[1])


def run_tests():
    why = world.missing()
    if why:
        stock_programs.skip("the stock client", why)
    stock_programs.build(BUILD, "the stock client", "./stocknode", "tailscale.com/cmd/derper")
    world.enter()
    unittest.main(verbosity=2)
