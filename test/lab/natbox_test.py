#!/usr/bin/env python3
"""The NAT box: each setting does what its name says, as a classifier finds out from outside."""

import itertools
import json
import pathlib
import re
import subprocess
import time
import unittest

from lab_case import BUILD, ROOT, run_tests
from classify import AD, APD, EI, Classifier, carried, udp_socket
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
        self.clean_line()

    def _close(self):
        while self.open:
            self.open.pop().close()

    def clean_line(self):
        for quality in ("delay 0ms", "jitter 0ms", "loss 0%", "duplicate 0%", "reorder 0%"):
            self.box.order(quality)

    def classifier(self, nat, external=EXTERNAL[:1]):
        """A box with these parameters and empty tables, and a classifier for it."""
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
                # A box that overloads ports keeps them towards everybody, so no mapping can be told from outside.
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

    def test_ports_are_shared_or_not(self):
        for sharing in ("yes", "no"):
            c = self.classifier(f"mapping={APD} ports=block port-block=8 port-sharing={sharing}")
            self.assertEqual(c.sharing(8), sharing)

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
        for filtering, all_ends in ((AD, 3), (APD, 6)):
            self.assertEqual(self.classifier(f"permissions-max=2 filtering={filtering}").permissions(6), 6 // all_ends * 2)
            self.assertEqual(self.classifier(f"filtering={filtering}").permissions(6), 6)

    def test_where_counting_begins_and_by_how_much_it_goes_on(self):
        for first, step in ((3000, 1), (40000, 7)):
            c = self.classifier(f"ports=sequential port-first={first} port-step={step}")
            self.assertEqual([c.seen(c.host())[1] for _ in range(4)], [first + i * step for i in range(4)])

    def test_a_block_belongs_to_one_host(self):
        c = self.classifier("ports=block port-block=64")
        one, other = ({c.seen(c.host(h))[1] for _ in range(20)} for h in (0, 1))
        for ports in (one, other):
            self.assertLess(max(ports) - min(ports), 64)
        self.assertTrue(max(one) < min(other) or max(other) < min(one))

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
    """What the box carries stays whole: the kernel verifies checksums at both ends."""

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


class Line(Box):
    """What the line does on each side; the other side is not affected."""

    def both(self, *orders):
        self.clean_line()
        c = self.classifier("")
        for order in orders:
            self.box.order(order)
        return c.line()

    def is_clean(self, side, delay_ms=0):
        self.assertEqual((side.lost, side.doubled, side.overtaken), (0, 0, 0), side)
        self.assertTrue(delay_ms <= side.delay_ms < delay_ms + 3 and side.spread_ms < 15, side)

    def test_delay_is_one_way(self):
        for order, delays in (("delay 20ms/0ms", (20, 0)), ("delay 0ms/30ms", (0, 30)), ("delay 10ms/15ms", (10, 15))):
            for side, delay_ms in zip(self.both(order), delays):
                self.is_clean(side, delay_ms)

    def test_jitter_is_added_and_keeps_the_order(self):
        for k, order in enumerate(("jitter 40ms/0ms", "jitter 0ms/40ms")):
            sides = self.both("delay 10ms", order)
            self.is_clean(sides[1 - k], 10)
            self.assertEqual((sides[k].lost, sides[k].doubled, sides[k].overtaken), (0, 0, 0), sides[k])
            self.assertGreaterEqual(sides[k].delay_ms, 10)
            self.assertTrue(20 < sides[k].spread_ms < 60, sides[k])

    def test_loss_duplicates_and_reordering_are_as_often_as_asked(self):
        for name, share in (("loss", "lost"), ("duplicate", "doubled"), ("reorder", "overtaken")):
            for k, order in enumerate((f"{name} 40%/0%", f"{name} 0%/40%")):
                with self.subTest(order=order):
                    sides = self.both(order)
                    self.is_clean(sides[1 - k])
                    found = {what: getattr(sides[k], what) for what in ("lost", "doubled", "overtaken")}
                    self.assertTrue(0.25 < found.pop(share) < 0.55, sides[k])
                    self.assertEqual(set(found.values()), {0}, sides[k])

    def test_all_at_once_and_also_at_start(self):
        host, internet = Namespace("host2"), Namespace("internet2")
        self.addCleanup(host.close)
        self.addCleanup(internet.close)
        box = NatBox(f"{BUILD}/warren-lab-nat", host, "eth0", internet, "nat", EXTERNAL[:1], "timeout=60s",
                     "delay=10ms jitter=5ms loss=30%/0% duplicate=0%/30% reorder=0%/30% seed=4")
        self.addCleanup(box.close)
        host.ip(f"addr add {HOSTS[0]}/24 dev eth0", "route add default dev eth0")
        internet.ip(f"addr add {FAR[0]}/32 dev lo")
        c = Classifier(lambda h, p: udp_socket(host, HOSTS[0], p), lambda i, p: udp_socket(internet, FAR[0], p), FAR[:1])
        self.addCleanup(c.close)
        sock = c.host()
        to = next(seen for _ in range(20) if (seen := c.seen(sock, seconds=0.1)))
        there = carried(sock, (FAR[0], 3478), c.far[0, 3478], 250, 0.002)
        back = carried(c.far[0, 3478], to, sock, 250, 0.002)
        self.assertTrue(0.15 < there.lost < 0.45 and there.doubled == 0 and there.overtaken == 0, there)
        self.assertTrue(back.lost == 0 and 0.15 < back.doubled < 0.45 and back.overtaken > 0.15, back)
        for side in (there, back):
            self.assertTrue(10 <= side.delay_ms < 13, side)


def fields(header, struct):
    """The names of a struct's fields."""
    text = (ROOT / header).read_text()
    text = text[text.index(f"struct {struct} {{"):]
    return [name for names in re.findall(r"^\t(?:struct |enum )?\w+ ([a-z_, ]+)(?:\[\w+\])?;", text[:text.index("\n};")], re.M)
            for name in names.split(", ")]


class Names(unittest.TestCase):
    """The box has the parameters of the simulator, and this file tests each one."""

    @classmethod
    def setUpClass(cls):
        usage = subprocess.run([f"{BUILD}/warren-lab-nat", "--help"], capture_output=True, text=True, check=True).stdout
        cls.options = set(re.findall(r"--([a-z0-9-]+)", usage)) - {"inside", "outside", "seed", "wall6"}

    def test_the_line_has_those_of_the_simulators_line(self):
        own, theirs = fields("lab/cable.h", "cable_quality"), fields("sim/link.h", "link_config")
        self.assertEqual(own, theirs[:len(own)])  # behind them, what only the simulator has
        for name in own[:5]:
            self.assertIn(name.removesuffix("_ppm"), self.options)

    def test_the_nat_has_those_of_the_simulators_nat(self):
        text = (ROOT / "sim/nat_words.c").read_text()
        table = re.findall(r'^\t\{"([a-z-]+)", K_', text, re.M)
        line = {"delay", "jitter", "loss", "duplicate", "reorder"}
        self.assertEqual(set(table), self.options - line)
        # A list of addresses is three fields.
        self.assertEqual(len(table), len(fields("sim/nat.h", "nat_config")) - 2)

    def test_every_place_of_the_simulator_is_made_of_them(self):
        done = subprocess.run([f"{BUILD}/warren-matrix", "-l"], capture_output=True, text=True, check=True)
        for place in json.loads(done.stdout):
            for key in ("nat", "carrier", "wall6", "nat64", "second", "second_wall6"):
                self.assertLessEqual({word.split("=")[0] for word in place.get(key, "").split()}, self.options)

    def test_each_is_verified_here(self):
        text = pathlib.Path(__file__).read_text()
        for name in self.options:
            self.assertRegex(text, rf"[\"' ]{name}[= ]")


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
