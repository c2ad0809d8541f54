#!/usr/bin/env python3
"""The lab itself: the cables delay as they are set, and the routers are easy NATs."""

import subprocess
import time

from lab_case import BUILD, LabCase, run_tests
from topology import RELAY_MS, UPLINK_MS, Cable
from world import Namespace

PORT = 41641


class Cables(LabCase):
    def test_a_round_trip_takes_both_cables_twice(self):
        done = self.lab.alice.host.run("ping", "-c5", "-i0.2", self.lab.RELAY).stdout
        least_ms = float(done.rsplit("= ", 1)[1].split("/")[0])
        expected_ms = 2 * (UPLINK_MS + RELAY_MS)
        self.assertGreaterEqual(least_ms, expected_ms)
        self.assertLess(least_ms, expected_ms + 10)

    def test_cut_and_mend(self):
        ping = ("ping", "-c1", "-W1", self.lab.RELAY)
        self.lab.alice.cable.order("cut")
        self.assertNotEqual(self.lab.alice.host.run(*ping, check=False).returncode, 0)
        self.lab.alice.cable.order("mend")
        self.assertEqual(self.lab.alice.host.run(*ping, check=False).returncode, 0)

    def test_an_order_that_it_does_not_know_is_said(self):
        for wrong in ("jump", "loss much", "delay -5ms", "loss 5%/"):
            with self.assertRaisesRegex(RuntimeError, "what"):
                self.lab.alice.cable.order(wrong)
        self.lab.alice.cable.order("loss 1%/2%")
        self.lab.alice.cable.order("delay 3ms/400us")

    def test_it_ends_with_its_standard_input_and_takes_the_devices_with_it(self):
        a, b = Namespace("a"), Namespace("b")
        cable = Cable(f"{BUILD}/warren-lab-link", a, "x0", b, "x0", 1)
        self.assertIn("x0", a.run("ip", "-br", "link").stdout)
        cable.close()
        self.wait(lambda: "x0" not in a.run("ip", "-br", "link").stdout, 5, "the device to go")
        a.close()
        b.close()

    def test_a_wrong_command_line_is_said(self):
        for words in ([], ["--a", "1:x0"], ["--a", "nowhere", "--b", "1:x"], ["--delay", "fast"]):
            done = subprocess.run([f"{BUILD}/warren-lab-link", *words], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, "warren-lab-link")


class Routers(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.lab.alice.host.udp(PORT), self.lab.bob.host.udp(PORT)
        self.relay = self.lab.relay.udp(3478)
        for s in (self.a, self.b, self.relay):
            self.addCleanup(s.close)

    def hears(self, sock, seconds=0.5):
        """Where the next datagram comes from, or None."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                return sock.recvfrom(100)[1]
            except BlockingIOError:
                time.sleep(0.002)
        return None

    def mapped(self, home, sock):
        """What the relay sees of it."""
        sock.sendto(b"who am I?", (self.lab.RELAY, 3478))
        return self.hears(self.relay)

    def punch(self, to_a, to_b):
        """Both send to the other's mapping twice, because the first datagram may be filtered. Returns whose arrived."""
        for _ in range(2):
            self.a.sendto(b"a", to_b)
            self.b.sendto(b"b", to_a)
            heard = self.hears(self.a, 0.2), self.hears(self.b, 0.2)
        return heard

    def test_the_mapping_keeps_the_port_and_lets_in_only_answers(self):
        self.assertEqual(self.mapped(self.lab.alice, self.a), (self.lab.alice.public, PORT))
        self.b.sendto(b"unasked", (self.lab.alice.public, PORT))
        self.assertIsNone(self.hears(self.a, 0.2))

    def test_two_homes_can_meet(self):
        a, b = (self.lab.alice.public, PORT), (self.lab.bob.public, PORT)
        self.assertEqual(self.punch(a, b), (b, a))

    def test_an_early_knock_does_not_spoil_the_mapping(self):
        a, b = (self.lab.alice.public, PORT), (self.lab.bob.public, PORT)
        self.a.sendto(b"early", b)
        self.assertIsNone(self.hears(self.b, 0.2))
        self.assertEqual(self.punch(a, b), (b, a))

    def test_after_a_flush_the_old_mapping_is_dead_and_the_new_one_as_easy(self):
        a, b = (self.lab.alice.public, PORT), (self.lab.bob.public, PORT)
        self.assertEqual(self.punch(a, b), (b, a))
        self.lab.alice.flush(52001)
        self.assertEqual(self.punch(a, b), (None, None))
        a = (self.lab.alice.public, 52001)
        self.assertEqual(self.mapped(self.lab.alice, self.a), a)
        self.assertEqual(self.punch(a, b), (b, a))

    def test_a_blocked_home_has_tcp_and_no_udp(self):
        self.lab.bob.block_udp()
        self.assertIsNone(self.mapped(self.lab.bob, self.b))
        listener = self.lab.relay.start("python3", "-c", "import socket as s; l = s.create_server(('', 443)); "
                                        "print('up', flush=True); l.accept()[0].send(b'tcp')",
                                        stdout=subprocess.PIPE, text=True)
        listener.stdout.readline()
        code = f"import socket as s; print(s.create_connection(('{self.lab.RELAY}', 443), 3).recv(9))"
        self.assertIn("tcp", self.lab.bob.host.run("python3", "-c", code).stdout)
        listener.wait(5)
        listener.stdout.close()


if __name__ == "__main__":
    run_tests()
