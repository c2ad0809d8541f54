#!/usr/bin/env python3
"""The NAT box: each setting behaves as it is named, which a classifier finds out from outside."""

import itertools
import subprocess
import time
import unittest

from lab_case import BUILD, run_tests
from classify import APD, EI, Classifier, receive, udp_socket
from topology import NatBox, wait_for
from world import Namespace

HOSTS = ("192.168.1.20", "192.168.1.21")
FAR = ("203.0.113.1", "203.0.113.2", "198.51.100.1")
EXTERNAL = ("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")
SCOPES = ("endpoint-independent", "address-dependent", "address-and-port-dependent")
PORTS = ("preserve", "sequential", "random", "block", "overload")


class Box(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.host, cls.internet = Namespace("host"), Namespace("internet")
        cls.box = NatBox(f"{BUILD}/warren-lab-nat", cls.host, "eth0", cls.internet, "nat", EXTERNAL)
        cls.host.ip(*(f"addr add {a}/24 dev eth0" for a in HOSTS), "route add default dev eth0")
        cls.host.sysctl(net__ipv4__conf__eth0__accept_local=1)  # a hairpin may come from ourselves
        cls.internet.ip(*(f"addr add {a}/32 dev lo" for a in FAR),
                        *(f"route add {a}/32 dev nat" for a in HOSTS))  # for a firewall, which translates nothing

    @classmethod
    def tearDownClass(cls):
        cls.box.close()
        cls.host.close()
        cls.internet.close()

    def setUp(self):
        self.open = []  # classifiers: one at a time
        self.addCleanup(self._close)
        self.box.order("delay 0ms")
        self.box.order("loss 0%")

    def _close(self):
        while self.open:
            self.open.pop().close()

    def classifier(self, nat, external=EXTERNAL[:1]):
        """A box with these parameters and nothing in its tables, and who looks at it."""
        self._close()
        self.box.order("nat translate=yes udp=pass pooling=arbitrary hairpin=none timeout=60s refresh=outbound "
                       "mappings-max=1024 host-mappings-max=0 sessions-max=0 permissions-max=0 "
                       f"mapping={EI} filtering={EI} ports=random external={','.join(external)} {nat}")
        c = Classifier(lambda h, p: udp_socket(self.host, HOSTS[h], p),
                       lambda i, p: udp_socket(self.internet, FAR[i], p), FAR)
        self.open.append(c)
        return c


class Settings(Box):
    def test_every_mapping_with_every_filtering_and_every_port_allocation(self):
        for mapping, filtering, ports in itertools.product(SCOPES, SCOPES, PORTS):
            with self.subTest(mapping=mapping, filtering=filtering, ports=ports):
                c = self.classifier(f"mapping={mapping} filtering={filtering} ports={ports} port-first=3000 port-step=3")
                # Who overloads his ports keeps them towards everybody, so no mapping can be told from outside.
                self.assertEqual(c.mapping(), EI if ports == "overload" else mapping)
                self.assertEqual(c.filtering(), filtering)

    def test_every_port_allocation(self):
        for ports, mapping in itertools.product(PORTS, SCOPES):
            with self.subTest(ports=ports, mapping=mapping):
                c = self.classifier(f"ports={ports} mapping={mapping} port-first=3000 port-step=3 port-block=256")
                found, detail = c.ports()
                self.assertEqual(found, ports)
                if ports == "sequential":
                    self.assertEqual(detail, 3)
                if ports == "block":
                    self.assertLess(detail, 256)

    def test_a_pool_with_and_without_pairing(self):
        for pooling in ("paired", "arbitrary"):
            c = self.classifier(f"pooling={pooling}", EXTERNAL)
            found, addresses = c.pooling()
            self.assertEqual(found, pooling)
            self.assertLessEqual(addresses, set(EXTERNAL))

    def test_every_hairpin(self):
        for hairpin, filtering in itertools.product(("none", "internal-source", "external-source"), SCOPES):
            with self.subTest(hairpin=hairpin, filtering=filtering):
                c = self.classifier(f"hairpin={hairpin} filtering={filtering}")
                self.assertEqual(c.hairpin(), hairpin)

    def test_lifetimes(self):
        for refresh in ("outbound", "both"):
            c = self.classifier(f"timeout=1s refresh={refresh}")
            self.assertEqual(c.lifetime(1.0), (True, refresh))

    def test_limits(self):
        self.assertEqual(self.classifier("mappings-max=5").room(8), 5)
        c = self.classifier("host-mappings-max=3")
        self.assertEqual((c.room(5, 0), c.room(5, 1)), (3, 3))
        self.assertEqual(self.classifier(f"sessions-max=4 filtering={APD}").sessions(6), 4)

    def test_a_reboot_and_a_flush_forget(self):
        c = self.classifier("")
        self.assertTrue(c.survives(lambda: None))
        self.assertFalse(c.survives(lambda: self.box.order("flush")))
        self.assertFalse(c.survives(lambda: (self.box.reboot(), time.sleep(0.1))))

    def test_a_firewall_translates_nothing_and_filters(self):
        for filtering in SCOPES:
            c = self.classifier(f"translate=no filtering={filtering}")
            self.assertEqual(c.translate(), "no")
            self.assertEqual(c.filtering(), filtering)
        self.assertEqual(self.classifier("").translate(), "yes")

    def test_udp_blocked(self):
        self.assertEqual(self.classifier("udp=blocked").udp(), "blocked")
        self.assertEqual(self.classifier("").udp(), "pass")


class Packets(Box):
    """That what is carried stays whole: checksums are verified by the kernel at both ends."""

    def test_tcp_passes_both_ways_also_where_udp_does_not(self):
        self.classifier("udp=blocked")
        server = self.internet.start(
            "python3", "-c", "import socket as s\nl = s.create_server(('203.0.113.1', 4433))\nprint('up', flush=True)\n"
            "c = l.accept()[0]\nwhile b := c.recv(65536): c.sendall(b)", stdout=subprocess.PIPE, text=True)
        server.stdout.readline()
        code = ("import socket as s, os\nb = os.urandom(300000)\nc = s.create_connection(('203.0.113.1', 4433), 5)\n"
                "import threading\nthreading.Thread(target=lambda: (c.sendall(b), c.shutdown(s.SHUT_WR))).start()\n"
                "g = b''\nwhile x := c.recv(65536): g += x\nprint(g == b)")
        self.assertIn("True", self.host.run("python3", "-c", code).stdout)
        server.wait(10)
        server.stdout.close()

    def test_an_echo_request_is_answered_after_the_delays_of_the_line(self):
        self.classifier("")
        self.box.order("delay 20ms/30ms")
        out = self.host.run("ping", "-c3", "-i0.2", FAR[0]).stdout
        least_ms = float(out.rsplit("= ", 1)[1].split("/")[0])
        self.assertGreaterEqual(least_ms, 50)
        self.assertLess(least_ms, 60)

    def test_an_unreachable_port_is_reported_to_who_asked(self):
        self.classifier("")
        sock = udp_socket(self.host, HOSTS[0], 25000)
        self.addCleanup(sock.close)
        sock.connect((FAR[0], 9))
        sock.send(b"anybody?")

        def refused():
            try:
                return sock.recv(10)
            except BlockingIOError:
                return False
            except ConnectionRefusedError:
                return True
        self.assertTrue(wait_for(refused, 2, "the ICMP error"))

    def test_loss_and_duplicates_are_as_asked(self):
        c = self.classifier("")
        sock = c.host()
        c.seen(sock)
        far = c.far[0, 3478]
        for quality, least, most in (("loss 50%/0%", 60, 140), ("duplicate 50%/0%", 260, 340)):
            self.box.order("loss 0%")
            self.box.order(quality)
            for _ in range(200):
                sock.sendto(b"x", (FAR[0], 3478))
            came = 0
            while receive(far, 0.2):
                came += 1
            self.assertTrue(least < came < most, f"{quality}: {came} of 200 came")
        self.box.order("duplicate 0%")

    def test_ipv6_is_filtered_and_not_translated(self):
        host, internet = Namespace("host6"), Namespace("internet6")
        self.addCleanup(host.close)
        self.addCleanup(internet.close)
        box = NatBox(f"{BUILD}/warren-lab-nat", host, "eth0", internet, "nat", EXTERNAL[:1],
                     wall6=f"translate=no filtering={APD}")
        self.addCleanup(box.close)
        host.ip("addr add 2001:db8:1::2/64 dev eth0 nodad", "route add ::/0 dev eth0")
        internet.ip("addr add 2001:db8:f::1/128 dev lo", "addr add 2001:db8:f::2/128 dev lo",
                    "route add 2001:db8:1::/48 dev nat")
        c = Classifier(lambda h, p: udp_socket(host, "2001:db8:1::2", p),
                       lambda i, p: udp_socket(internet, ("2001:db8:f::1", "2001:db8:f::2")[i], p),
                       ("2001:db8:f::1", "2001:db8:f::2"))
        self.addCleanup(c.close)
        self.assertEqual(c.translate(), "no")
        self.assertEqual(c.filtering(), APD)


class CommandLine(unittest.TestCase):
    def test_a_wrong_command_line_or_order_is_said(self):
        for words in ([], ["--mapping", "hard"], ["--inside", "nowhere"], ["--delay", "fast"], ["--bogus"],
                      ["--inside", "1:a", "--outside", "1:b"]):
            done = subprocess.run([f"{BUILD}/warren-lab-nat", *words], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, words)
            self.assertRegex(done.stderr, "warren-lab-nat")
        with self.subTest("orders"):
            a, b = Namespace("a"), Namespace("b")
            box = NatBox(f"{BUILD}/warren-lab-nat", a, "x0", b, "x0", EXTERNAL[:1])
            for wrong in ("jump", "nat ports=odd", "loss much"):
                with self.assertRaises(RuntimeError):
                    box.order(wrong)
            self.assertRegex(box.order("stats"), "mappings 0")
            box.close()
            a.close()
            b.close()


if __name__ == "__main__":
    run_tests()
