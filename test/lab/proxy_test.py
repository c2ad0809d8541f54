#!/usr/bin/env python3
"""A home that lets out nothing but TCP to an HTTP proxy: alice reaches the relay through it, and bob through the relay.

      alice --- [alice's router] --- 203.0.113.1 [the internet] --- 198.18.0.2 [proxy: Debian's tinyproxy]
                 only TCP to 198.18.0.2:3128
"""

import json
import sys
import time

from lab_case import LabCase, Program, run_tests, write
import nodes
from run import FIRST_WITHIN_S, WAYS, Run
from stream import Stream
from topology import RELAY_MS, UPLINK_MS
from world import Namespace

PROXY, PORT, USER, PASSWORD = "198.18.0.2", 3128, "alice", "open-sesame"
NAME = "relay.example"  # which alice's network cannot look up
AGAIN_S = 2.0

ONLY_THE_PROXY = f"""
flush chain inet filter blocked
add rule inet filter blocked iifname "lan" ip daddr {PROXY} tcp dport {PORT} accept
add rule inet filter blocked ct state established accept
add rule inet filter blocked counter drop
"""

TINYPROXY = f"""
Port {PORT}
Listen {PROXY}
Timeout 600
LogLevel Connect
MaxClients 20
"""


class Proxy(LabCase):
    def setUp(self):
        super().setUp()
        self.host = Namespace("proxy")
        self.addCleanup(self.host.close)
        self.lab.internet.ip(f"link add proxy type veth peer name eth0 netns {self.host.path}",
                             "addr add 198.18.0.1/24 dev proxy", "link set proxy up")
        self.host.ip(f"addr add {PROXY}/24 dev eth0", "link set eth0 up", "route add default via 198.18.0.1")
        self.lab.alice.router.nft(ONLY_THE_PROXY)
        self.relay = nodes.Relay(self.loop, self.lab, self.folder)
        self.own(self.relay.program)
        self.alice, self.bob = (nodes.Node(self.loop, self.lab, h, self.folder) for h in (self.lab.alice, self.lab.bob))

    # --- the proxy ---

    def start_proxy(self, login=None, connect=443):
        """tinyproxy with an /etc/hosts of its own, in which the relay has a name."""
        conf = write(f"{self.folder}/tinyproxy.conf", TINYPROXY + f"ConnectPort {connect}\n" +
                     (f"BasicAuth {login}\n" if login else ""))
        hosts = write(f"{self.folder}/hosts", f"{self.lab.RELAY} {NAME}\n")
        self.proxy = self.own(Program(
            self.loop, self.host, "tinyproxy", "unshare", "--mount", "sh", "-c",
            'mount --bind "$1" /etc/hosts && exec tinyproxy -d -c "$2"', "sh", hosts, conf))
        self.wait(self.proxy_listens, 5, "the proxy to listen")
        return time.monotonic()

    def proxy_listens(self):
        return f":{PORT} " in self.host.run("ss", "-ltn").stdout

    # --- the nodes ---

    def start_alice(self, login="", relay=None, env=None):
        self.alice.configure(relay or self.relay.section(), self.bob.peer_section())
        self.alice.env = {"https_proxy": f"http://{login}{PROXY}:{PORT}"} if env is None else env
        self.alice.start()
        self.own(self.alice.program)

    def start_bob(self):
        self.bob.configure(self.relay.section(), self.alice.peer_section())
        self.bob.start()
        self.own(self.bob.program)
        self.bob.wait_ready()

    def start_both(self):
        self.start_proxy()
        self.start_alice()
        self.start_bob()
        self.alice.wait_ready()

    def asked(self, verb, *words):
        return json.loads(self.alice.warren(verb, "--json", *words).stdout)

    def relay_status(self):
        return self.asked("status")["relays"][0]

    def take(self, e):
        if e["event"] == "got":
            self.arrived[e["way"]].append(e["t"])

    def first_after(self, since):
        """When both ways have arrived since then; None: not yet."""
        firsts = [next((t for t in times if t > since), None) for times in self.arrived.values()]
        return max(firsts) if all(firsts) else None

    def refused(self, pattern, why_to="bob"):
        """The log has one line of it however often it is tried, and status and why say the same."""
        found = self.alice.program.wait_line(rf"^warning: relay lab: ({pattern})$")[1]
        self.loop.run_for(3)
        warnings = [line for _, line in self.alice.program.lines if "relay lab" in line]
        self.assertEqual(warnings, [f"warning: relay lab: {found}"])
        relay = self.relay_status()
        self.assertEqual((relay["connected"], relay["why"], relay["proxy"]), (False, found, None))
        self.assertIn(f'relay "lab": {found}\n', self.alice.warren("status").stdout)
        why = self.asked("why", why_to)
        self.assertIn(found, why["failed"][0])
        self.assertIn("https_proxy", why["advice"][0])

    # --- tests ---

    def test_nothing_else_gets_out(self):
        """The place is what it is said to be."""
        self.start_proxy()
        for command in (("ping", "-c1", "-W1", self.lab.RELAY), ("ping", "-c1", "-W1", PROXY),
                        ("curl", "-sk", "--max-time", "1", f"https://{self.lab.RELAY}/"),
                        ("curl", "-sk", "--max-time", "1", f"http://{PROXY}:80/")):
            self.assertNotEqual(self.lab.alice.host.run(*command, check=False).returncode, 0, command)
        self.lab.alice.host.run("curl", "-sk", "--max-time", "5", "--proxy", f"http://{PROXY}:{PORT}",
                                f"https://{self.lab.RELAY}/")

    def test_first_packet_and_a_stream_that_loses_nothing(self):
        self.start_both()
        run = Run("proxy")
        stream = Stream(self.loop, self.alice, self.bob, run.take)
        self.loop.run_for(5)
        stream.stop()
        for way in WAYS:
            packets, first = run.packets[way], run.first(way)
            lost = [p.seq for p in packets if p.got is None]
            print(f"    {way}: first after {first.got - packets[0].sent:.2f} s, {len(lost)} of {len(packets)} lost",
                  file=sys.stderr)
            self.assertLess(first.got - packets[0].sent, FIRST_WITHIN_S)
            self.assertEqual((first.seq, lost), (0, []))
            self.assertGreater(len(packets), 200)
        self.assertIn("via relay(lab)", self.alice.warren("ping", "--c", "1", "bob", check=False).stdout)

    def test_what_is_said_of_such_a_place(self):
        self.start_both()
        stream = Stream(self.loop, self.alice, self.bob, lambda e: None)
        self.addCleanup(stream.stop)
        self.loop.run_for(4)
        by = f"{PROXY}:{PORT}"
        self.assertTrue(self.alice.program.saw(f"relay lab: connected through the proxy {by}$"))
        self.assertEqual((self.relay_status()["connected"], self.relay_status()["proxy"]), (True, by))
        self.assertIn(f'relay "lab" through the proxy {by}\n', self.alice.warren("status").stdout)
        self.netcheck()
        why = self.asked("why", "bob")
        self.assertEqual((why["facts"]["way"], why["facts"]["proxy"]), ("relayed", by))
        self.assertIn(f'The relay "lab" is reached through the HTTP proxy {by}, which carries no UDP.', why["seen"])
        self.assertIn("No STUN server answered", why["failed"][0])
        self.assertIn("Allow UDP from this machine", why["advice"][0])
        other = json.loads(self.bob.warren("why", "--json", "alice").stdout)
        self.assertIn("alice told private addresses only", other["failed"][0])
        self.assertIn("Allow UDP to everywhere on the network of alice", other["advice"][0])

    def netcheck(self):
        r = self.asked("netcheck")
        self.assertEqual((r["udp"], r["ipv4"], r["preferred_relay"], r["home_relay"]), (False, None, "lab", "lab"))
        relay, = r["relays"]
        self.assertIsNone(relay["ipv4_ms"])
        self.assertTrue(2 * (UPLINK_MS + RELAY_MS) <= relay["https_ms"] < 250, relay)

    def test_it_comes_back_with_the_proxy(self):
        self.start_both()
        self.arrived = {way: [] for way in WAYS}
        stream = Stream(self.loop, self.alice, self.bob, self.take)
        self.addCleanup(stream.stop)
        self.wait(lambda: self.first_after(0), 5, "packets both ways")
        for away_s in (0.2, 3, 8):
            with self.subTest(away_s=away_s):
                self.proxy.end()
                self.loop.run_for(away_s)
                back = self.start_proxy()
                again = self.wait(lambda: self.first_after(back), 20, "packets both ways")
                print(f"    away {away_s:4.1f} s: silent for {again - back:.2f} s more", file=sys.stderr)
                self.assertLess(again - back, AGAIN_S)
                self.loop.run_for(1)
        self.assertTrue(self.alice.program.saw(f"{self.lab.RELAY}:443 or the proxy {PROXY}:{PORT} closed the connection"))

    def test_a_password(self):
        self.start_proxy(login=f"{USER} {PASSWORD}")
        self.start_alice(login=f"{USER}:{PASSWORD}@")
        self.alice.wait_ready()
        for said in (self.alice.program.text(), self.alice.warren("status", "--json").stdout):
            self.assertNotIn(PASSWORD, said)

    def test_a_wrong_password(self):
        self.start_proxy(login=f"{USER} {PASSWORD}")
        self.start_alice(login=f"{USER}:wrong@")
        self.refused(rf"the proxy {PROXY}:{PORT} does not connect to {self.lab.RELAY}:443: it does not accept the user and "
                     r"password \(401\): correct them in its URL")

    def test_a_password_is_wanted_and_not_given(self):
        self.start_proxy(login=f"{USER} {PASSWORD}")
        self.start_alice()
        self.refused(rf"the proxy {PROXY}:{PORT} does not connect to {self.lab.RELAY}:443: it wants a user and password "
                     r"\(407\): put them into its URL, http://user:password@host:port")

    def test_a_proxy_that_forbids_it(self):
        self.start_proxy(connect=563)
        self.start_alice()
        self.refused(rf"the proxy {PROXY}:{PORT} does not connect to {self.lab.RELAY}:443: it refused: HTTP/1.\d 403 .*")

    def test_a_proxy_that_is_not_there(self):
        self.start_alice()
        self.refused(rf"cannot reach the proxy {PROXY}:{PORT} for {self.lab.RELAY}:443: .*Connection refused")

    def test_no_proxy_is_named(self):
        self.start_alice(env={})
        self.refused(rf"{self.lab.RELAY}:443 did not answer within 9.5 s \(while it was dialled\)")

    def test_a_name_that_only_the_proxy_can_look_up(self):
        self.start_proxy()
        self.start_alice(relay=self.relay.section().replace(f"Host = {self.lab.RELAY}", f"Host = {NAME}"))
        self.start_bob()
        self.alice.wait_ready()
        self.assertTrue(self.pings())


if __name__ == "__main__":
    run_tests(needs=("tinyproxy", "curl"))
