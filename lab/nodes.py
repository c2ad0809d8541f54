"""A relay and two nodes in the lab: their files, their start, and the meaning of what they print."""

import os
import time

from programs import PATH_LINE, RELAY_NAME, Keys, Program, write
from topology import NODE_PORT

ADDRESS = {"alice": "100.64.0.1", "bob": "100.64.0.2"}


class Relay:
    """warren-relay with a certificate that it makes itself. It prints the pin."""

    def __init__(self, loop, lab, folder, *options, name=RELAY_NAME, region=1, namespace=None, address=None):
        state = os.path.join(folder, f"relay-{name}")
        os.makedirs(state, exist_ok=True)
        self.name, self.region, self.address = name, region, address or lab.RELAY
        self.program = Program(loop, namespace or lab.relay, "warren-relay", os.path.join(lab.build, "warren-relay"),
                               "--state", state, "--host", self.address, *options)
        self.pin = self.program.wait_line(r"(sha256-raw:[0-9a-f]{64})")[1]

    def section(self):
        return f"[Relay]\nName = {self.name}\nRegion = {self.region}\nHost = {self.address}\nPin = {self.pin}\n"


class Node:
    """warrend in a home. Its path lines become events for emit."""

    def __init__(self, loop, lab, home, folder, emit=None):
        self.loop, self.lab, self.home, self.name = loop, lab, home, home.name
        self.address = ADDRESS[home.name]
        self.folder = os.path.join(folder, home.name)
        os.makedirs(self.folder, exist_ok=True)
        self.keys = Keys(lab.build, self.folder, home.name)
        self.file = os.path.join(self.folder, "warren.conf")
        self.socket = os.path.join(self.folder, "warrend.sock")
        self.emit = emit
        self.env = {}  # additions to warrend's environment
        self.program = None

    def peer_section(self):
        return (f"[Peer]\nName = {self.name}\nPublicKey = {self.keys.public}\n"
                f"AllowedIPs = {self.address}/32\nRelay = {RELAY_NAME}\n")

    def configure(self, *sections):
        own = (f"[Node]\nName = {self.name}\nPrivateKeyFile = {self.keys.file}\nAddress = {self.address}/32\n"
               f"ListenPort = {NODE_PORT}\n")
        write(self.file, "\n".join((own, *sections)))

    def start(self):
        warrend = os.path.join(self.lab.build, "warrend")
        self.program = Program(self.loop, self.home.host, f"{self.name}'s warrend", warrend,
                               "--config", self.file, "--socket", self.socket, "--state", self.folder,
                               env=self.env, on_line=self._line)

    def wait_ready(self):
        self.program.wait_line(rf"relay {RELAY_NAME}: connected")

    def _line(self, text):
        m = PATH_LINE.search(text)
        if not m or not self.emit:
            return
        peer, was, to, also, reason, rtt = m.groups()
        self.emit({"t": time.monotonic(), "event": "path", "node": self.name, "peer": peer, "from": was, "to": to,
                   "also": also, "reason": reason, "rtt_ms": float(rtt) if rtt else None})

    def warren(self, verb, *words, check=True, timeout=30):
        """Runs `warren VERB` against this node's daemon; the finished process."""
        return self.home.host.run(os.path.join(self.lab.build, "warren"), verb, "--socket", self.socket, *words,
                                  check=check, timeout=timeout)


def start_pair(loop, lab, folder, emit=None):
    """A relay and both nodes, each knowing the other; returns once both are connected to the relay."""
    relay = Relay(loop, lab, folder)
    alice, bob = (Node(loop, lab, home, folder, emit) for home in (lab.alice, lab.bob))
    alice.configure(relay.section(), bob.peer_section())
    bob.configure(relay.section(), alice.peer_section())
    for node in (alice, bob):
        node.start()
    for node in (alice, bob):
        node.wait_ready()
    return relay, alice, bob
