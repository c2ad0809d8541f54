#!/usr/bin/env python3
"""The relay's program on the loopback: its pages, its certificate, STUN, its refusals, and its end. Needs no namespace."""

import hashlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import time
import unittest
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.path.join(os.environ.get("WARREN_BUILD", ROOT / "build"), "warren-relay")
COOKIE = 0x2112A442


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def stun(port, request, family=socket.AF_INET, address="127.0.0.1"):
    """Asks; gives (whom the server says we are, from whom the answer came) or None."""
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(0.5)
        s.bind(("127.0.0.9" if family == socket.AF_INET else "::1", 0))
        s.sendto(request, (address, port))
        try:
            answer, source = s.recvfrom(1500)
        except TimeoutError:
            return None
        kind, length, cookie = struct.unpack(">HHI", answer[:8])
        assert (kind, cookie, answer[8:20]) == (0x0101, COOKIE, request[8:20]) and length == len(answer) - 20
        attribute, size, af, port_x = struct.unpack(">HHHH", answer[20:28])
        assert attribute == 0x0020 and af == (1 if family == socket.AF_INET else 2) and size == length - 4
        mask = struct.pack(">I", COOKIE) + request[8:20]
        told = bytes(a ^ b for a, b in zip(answer[28:], mask))
        told = socket.inet_ntop(family, told), port_x ^ 0x2112
        return told == s.getsockname()[:2], source[0]


def stun_request(software=b"tailnode"):
    head = struct.pack(">HHI", 1, 20, COOKIE) + os.urandom(12) + struct.pack(">HH", 0x8022, 8) + software
    return head + struct.pack(">HHI", 0x8028, 4, zlib.crc32(head) ^ 0x5354554E)


class RelayProgram(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="relay-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.state = os.path.join(self.folder, "state")
        self.port, self.http_port, self.stun_port = free_port(), free_port(), free_port(socket.SOCK_DGRAM)

    def words(self, *more):
        return ["--state", self.state, "--listen", f":{self.port}", "--http-listen", f":{self.http_port}",
                "--stun-port", str(self.stun_port), "--host", "127.0.0.1", *more]

    def start(self, *more):
        """Starts a relay; gives the program, and what it printed for a node's file."""
        p = subprocess.Popen([PROGRAM, *self.words(*more)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(p.stdout.close)
        self.addCleanup(p.stderr.close)
        self.addCleanup(p.wait)
        self.addCleanup(p.kill)
        lines = ""
        while "Pin" not in lines and "pin" not in lines:
            line = p.stdout.readline()
            self.assertTrue(line, f"it ended: {p.stderr.read() if p.poll() is not None else lines}")
            lines += line
        return p, lines

    def stop(self, p):
        begun = time.monotonic()
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(5), 0)
        self.assertLess(time.monotonic() - begun, 2)

    def refusal(self, *words):
        done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=10)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def tls(self, version=None):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if version:
            context.maximum_version = version
        s = context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), 5))
        self.addCleanup(s.close)
        return s

    def get(self, path, method="GET", plain=False, **headers):
        c = (http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=5) if plain else
             http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=ssl._create_unverified_context()))
        self.addCleanup(c.close)
        c.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        answer = c.getresponse()
        return answer, answer.read()

    def test_pages(self):
        self.start()
        for plain in (False, True):
            for path in ("/derp/probe", "/derp/latency-check"):
                answer, body = self.get(path, plain=plain)
                self.assertEqual((answer.status, body), (200, b""))
                self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "*")
            answer, _ = self.get("/generate_204", plain=plain, X_Tailscale_Challenge="a.b:1")
            self.assertEqual(answer.status, 204)
            self.assertEqual(answer.headers["X-Tailscale-Response"], "response a.b:1")
            self.assertIn("no-store", answer.headers["Cache-Control"])
            answer, body = self.get("/derp", plain=plain)
            self.assertEqual((answer.status, body), (426, b"DERP requires connection upgrade\n"))
            self.assertEqual(self.get("/", plain=plain)[0].status, 200)
            self.assertEqual(self.get("/robots.txt", plain=plain)[0].status, 200)
            self.assertEqual(self.get("/nothing", plain=plain)[0].status, 404)
            self.assertEqual(self.get("/derp/probe", "POST", plain=plain)[0].status, 405)
            self.assertEqual(self.get("/", plain=plain, X_Long="x" * 9000)[0].status, 431)

    def upgrade(self, s, fast):
        s.sendall(b"GET /derp HTTP/1.1\r\nHost: r\r\nConnection: Upgrade\r\n"
                  + (b"Derp-Fast-Start: 1\r\n" if fast else b"") + b"Upgrade: DERP\r\n\r\n")
        got = b""
        while len(got) < 45 or (not fast and b"\r\n\r\n" not in got[:-45]):
            more = s.recv(1000)
            self.assertTrue(more, got)
            got += more
        return got

    def test_upgrade_and_drain(self):
        p, _ = self.start()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            s = self.tls(version)
            head, frame = self.upgrade(s, fast=False).split(b"\r\n\r\n", 1)
            self.assertIn(b"101 Switching Protocols", head)
            self.assertEqual(frame[:13], b"\x01\0\0\0\x28DERP\xf0\x9f\x94\x91")
            self.assertIn(b"Derp-Public-Key: " + frame[13:45].hex().encode(), head)
            self.assertEqual(self.upgrade(self.tls(version), fast=True), frame)
        s.sendall(b"\xff\xff\xff\xff\xff")  # an absurd length
        self.assertEqual(s.recv(100), b"")
        p.send_signal(signal.SIGUSR1)
        counters = None
        while not counters:
            counters = re.search(r"counters (\{.*\})", p.stderr.readline())
        counters = json.loads(counters[1])
        self.assertEqual(counters["relay"]["broke_protocol"], 1)
        self.assertEqual(counters["relay"]["clients"], 3)
        self.stop(p)

    def chain(self):
        """The certificates that are shown, in DER."""
        out = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-showcerts"], text=True,
                             input="", capture_output=True, check=False).stdout
        return [ssl.PEM_cert_to_DER_cert(c)
                for c in re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", out, re.DOTALL)]

    def test_certificate(self):
        p, lines = self.start()
        chain = self.chain()
        self.assertEqual(len(chain), 2)
        pin = "sha256-raw:" + hashlib.sha256(chain[0]).hexdigest()
        self.assertIn(f"[Relay]\nName = lab\nRegion = 1\nHost = 127.0.0.1\nPort = {self.port}\nPin = {pin}\n", lines)
        self.assertRegex(chain[1], rb"derpkey[0-9a-f]{64}")
        for name in ("relay.key", "relay.pem"):
            self.assertEqual(os.stat(os.path.join(self.state, name)).st_mode & 0o777, 0o600)
        p.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 5
        while self.chain()[1] == chain[1]:  # the meta certificate is made afresh
            self.assertLess(time.monotonic(), deadline)
        self.assertEqual(self.chain()[0], chain[0])
        self.stop(p)
        _, again = self.start("--json")  # the same key and certificate
        self.assertEqual(json.loads(again)["pin"], pin)
        key = re.search(rb"derpkey[0-9a-f]{64}", chain[1])[0]
        self.assertIn(key, self.chain()[1])

    def test_stun(self):
        self.start()
        self.assertEqual(stun(self.stun_port, stun_request()), (True, "127.0.0.1"))
        # The answer leaves from the address that was asked.
        self.assertEqual(stun(self.stun_port, stun_request(b"somebody"), address="127.0.0.77"), (True, "127.0.0.77"))
        bare = struct.pack(">HHI", 1, 0, COOKIE) + os.urandom(12)
        self.assertEqual(stun(self.stun_port, bare), (True, "127.0.0.1"))
        v6 = pathlib.Path("/proc/net/if_inet6")
        if v6.exists() and "lo" in v6.read_text():
            self.assertEqual(stun(self.stun_port, bare, socket.AF_INET6, "::1"), (True, "::1"))
        self.assertIsNone(stun(self.stun_port, stun_request()[:-1] + b"\0\0"))
        self.assertIsNone(stun(self.stun_port, b"hello"))

    def test_a_file_says_the_same(self):
        file = os.path.join(self.folder, "relay.conf")
        pathlib.Path(file).write_text(f"# a relay\nstun-port = {self.stun_port}  # here\nno-stun = no\njson = yes\n")
        _, lines = self.start("--config", file)
        self.assertEqual(json.loads(lines)["stun_port"], self.stun_port)

    def test_refusals(self):
        p, _ = self.start()
        state = ["--state", os.path.join(self.folder, "other"), "--host", "127.0.0.1"]
        self.assertIn(f"TCP port {self.port} is in use", self.refusal(*state, "--listen", f":{self.port}"))
        self.assertIn(f"UDP port {self.stun_port} is in use",
                      self.refusal(*state, "--listen", ":0", "--stun-port", str(self.stun_port)))
        self.assertIn("is not an address of this machine",
                      self.refusal(*state, "--listen", "192.0.2.77:4443", "--no-stun"))
        self.assertRegex(self.refusal(*self.words()), "the relay's state.*another")
        self.stop(p)
        self.assertIn("is not for other.example", self.refusal(*self.words("--host", "other.example")))
        self.assertIn("/nowhere/cert.pem", self.refusal(*state, "--listen", ":0", "--certfile", "/nowhere/cert.pem"))
        self.assertIn("/proc/nothing", self.refusal("--state", "/proc/nothing", "--listen", ":0"))
        self.assertIn("--listen: found \"here\", expected an address and a port", self.refusal("--listen", "here"))
        self.assertIn("--stun-prot is not an option", self.refusal("--stun-prot", "1"))
        file = os.path.join(self.folder, "relay.conf")
        for text, sentence in (("\nstun-port = many", ":2: stun-port: found \"many\", expected a port"),
                               ("stun", ":1: found \"stun\", expected a line like"),
                               ("stun = 1", ":1: \"stun\" is not a word of this file")):
            pathlib.Path(file).write_text(text)
            self.assertIn(file + sentence, self.refusal("--config", file))


if __name__ == "__main__":
    unittest.main(verbosity=2)
