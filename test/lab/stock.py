"""A stock WireGuard peer, the Debian package wireguard-go, and a flood that makes a peer ask for cookies."""

import base64
import hashlib
import os
import subprocess
import time

from lab_case import LabCase
import nodes
from programs import Program, write
from topology import NODE_PORT

PORT = 51820
OURS, THEIRS = nodes.ADDRESS["alice"], "100.64.0.9"


def base64_of(key):
    """nodekey:HEX or privkey:HEX as wg(8) writes it."""
    return base64.b64encode(bytes.fromhex(key.strip().split(":")[1])).decode()


class Stock:
    """wireguard-go in a namespace, with one peer."""

    def __init__(self, case, namespace, address, name="wg0"):
        self.case, self.namespace, self.address, self.name = case, namespace, address, name
        self.private = subprocess.run(["wg", "genkey"], capture_output=True, text=True, check=True).stdout.strip()
        self.public = subprocess.run(["wg", "pubkey"], input=self.private, capture_output=True, text=True,
                                     check=True).stdout.strip()
        self.file = os.path.join(case.folder, f"{name}.conf")
        self.program = None

    def configure(self, peer_public, allowed, endpoint=None, psk=None):
        """peer_public: as `warren pubkey` prints it."""
        lines = ["[Interface]", f"PrivateKey = {self.private}", f"ListenPort = {PORT}",
                 "[Peer]", f"PublicKey = {base64_of(peer_public)}", f"AllowedIPs = {allowed}/32"]
        lines += [f"Endpoint = {endpoint}"] if endpoint else []
        lines += [f"PresharedKey = {psk}"] if psk else []
        write(self.file, "\n".join(lines) + "\n")
        self.allowed = allowed

    def start(self):
        env = {"WG_PROCESS_FOREGROUND": "1", "LOG_LEVEL": "verbose"}
        self.program = self.case.own(Program(self.case.loop, self.namespace, f"wireguard-go {self.name}",
                                             "wireguard-go", "-f", self.name, env=env))
        socket = f"/var/run/wireguard/{self.name}.sock"
        self.case.wait(lambda: os.path.exists(socket), 10, "wireguard-go to listen")
        self.namespace.run("wg", "setconf", self.name, self.file)
        self.namespace.ip(f"addr add {self.address}/32 dev {self.name}", f"link set {self.name} up mtu 1280",
                          f"route add {self.allowed}/32 dev {self.name}")

    def restart(self):
        self.program.end()
        self.start()

    def show(self, what):
        """Of its one peer, as `wg show` prints it."""
        return self.namespace.run("wg", "show", self.name, what).stdout.split("\t", 1)[1].strip()

    def handshake_at(self):
        return int(self.show("latest-handshakes"))

    def pings(self, count=1):
        done = self.namespace.run("ping", f"-c{count}", "-i0.2", "-W1", self.allowed, check=False)
        return done.returncode == 0


class Flood:
    """Handshake initiations from strangers: garbage, but with the mac1 that whoever knows the key can make."""

    def __init__(self, loop, namespace, public_key, address, port):
        """public_key: 32 bytes."""
        self._loop, self._to = loop, (address, port)
        self._socket = namespace.udp()
        key = hashlib.blake2s(b"mac1----" + public_key).digest()
        self._packets = []
        for _ in range(64):
            head = b"\1\0\0\0" + os.urandom(112)
            mac1 = hashlib.blake2s(head, key=key, digest_size=16).digest()
            self._packets.append(head + mac1 + bytes(16))
        self.due = 0.0
        self.sent = 0
        loop.timers.append(self)

    def tick(self, _now):
        for _ in range(16):
            for packet in self._packets:
                try:
                    self._socket.sendto(packet, self._to)
                    self.sent += 1
                except OSError:
                    pass
        self.due = time.monotonic() + 0.02

    def stop(self):
        self._loop.timers.remove(self)
        self._socket.close()


class Place:
    """Somewhere a node may stand: in the middle of the internet too."""

    def __init__(self, name, namespace):
        self.name, self.host = name, namespace


class StockCase(LabCase):
    """Our node and a stock one, one of them in a home and the other on the open internet."""

    def our_side(self, namespace, stock, endpoint=None, psk=None):
        """Without an endpoint the stock peer has to call first."""
        node = nodes.Node(self.loop, self.lab, Place("alice", namespace), self.folder)
        more = f"Endpoint = {endpoint}\n" if endpoint else ""
        more += f"PresharedKey = {psk}\n" if psk else ""
        node.configure(f"[Peer]\nName = stock\nPublicKey = {stock.public}\nAllowedIPs = {THEIRS}/32\n{more}")
        return node

    def start(self, node):
        node.start()
        self.own(node.program)
        self.wait(lambda: node.warren("status", check=False).returncode == 0, 10, "our node to be up")

    def we_call(self, psk=None, their_psk=None):
        """Our node in a home, the stock one on the open internet."""
        stock = Stock(self, self.lab.relay, THEIRS)
        node = self.our_side(self.lab.alice.host, stock, f"{self.lab.RELAY}:{PORT}", psk)
        stock.configure(node.keys.public, OURS, psk=their_psk or psk)
        stock.start()
        self.start(node)
        return node, stock

    def they_call(self, psk=None):
        """The stock one in a home, ours on the open internet; it finds out by itself where the other is."""
        stock = Stock(self, self.lab.alice.host, THEIRS)
        node = self.our_side(self.lab.relay, stock, psk=psk)
        stock.configure(node.keys.public, OURS, f"{self.lab.RELAY}:{NODE_PORT}", psk)
        self.start(node)
        stock.start()
        return node, stock

    def ping_from(self, node, count=1):
        done = node.home.host.run("ping", f"-c{count}", "-i0.2", "-W1", THEIRS, check=False)
        return done.returncode == 0

    def knock(self, namespace, address):
        """One packet into the tunnel, without waiting for an answer; returns None."""
        s = namespace.udp()
        s.sendto(b"knock", (address, 7))
        s.close()
        self.loop.run_for(0.2)
