#!/usr/bin/env python3
"""Our node with a stock WireGuard peer (wireguard-go): either one calls, preshared keys, restarts, cookies."""

import base64
import os

from lab_case import run_tests
from stock import OURS, THEIRS, PORT, Flood, Stock, StockCase
from topology import NODE_PORT

class WireguardGo(StockCase):
    def test_we_call(self):
        node, stock = self.we_call()
        self.wait(lambda: self.ping_from(node), 10, "the stock peer to answer")
        self.assertTrue(self.ping_from(node, 5))
        self.assertGreater(stock.handshake_at(), 0)
        self.assertTrue(stock.pings(3))

    def test_they_call(self):
        node, stock = self.they_call()
        self.wait(stock.pings, 10, "our node to answer")
        self.assertTrue(stock.pings(5))
        self.assertTrue(self.ping_from(node, 3))

    def test_with_a_preshared_key(self):
        psk = base64.b64encode(os.urandom(32)).decode()
        node, stock = self.we_call(psk)
        self.wait(lambda: self.ping_from(node), 10, "the stock peer to answer")

    def test_with_another_preshared_key_nothing_passes(self):
        ours, theirs = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
        node, stock = self.we_call(ours, theirs)
        self.assertFalse(self.ping_from(node, 8))
        self.assertEqual(stock.handshake_at(), 0)

    def test_the_stock_peer_starts_anew(self):
        node, stock = self.we_call()
        self.wait(lambda: self.ping_from(node), 10, "the stock peer to answer")
        stock.restart()
        # It has forgotten the session; after 15 s without an answer we begin another (whitepaper 6.2).
        self.wait(lambda: self.ping_from(node), 30, "the stock peer to answer after its restart")

    def test_our_node_starts_anew(self):
        node, stock = self.they_call()
        self.wait(stock.pings, 10, "our node to answer")
        node.program.end()
        self.start(node)
        self.wait(stock.pings, 30, "our node to answer after its restart")

    def test_they_ask_for_a_cookie(self):
        stock = Stock(self, self.lab.relay, THEIRS)
        node = self.our_side(self.lab.alice.host, stock, f"{self.lab.RELAY}:{PORT}")
        stock.configure(node.keys.public, OURS)
        stock.start()
        flood = Flood(self.loop, self.lab.internet, base64.b64decode(stock.public), self.lab.RELAY, PORT)
        self.addCleanup(flood.stop)
        stock.program.wait_line("Sending cookie response", 10)
        self.start(node)
        self.wait(lambda: self.knock(node.home.host, THEIRS) or stock.handshake_at(), 40, "a handshake with a cookie")

    def test_we_ask_for_a_cookie(self):
        stock = Stock(self, self.lab.alice.host, THEIRS)
        node = self.our_side(self.lab.relay, stock, f"{self.lab.alice.public}:9")
        stock.configure(node.keys.public, OURS, f"{self.lab.RELAY}:{NODE_PORT}")
        self.start(node)
        flood = Flood(self.loop, self.lab.internet, bytes.fromhex(node.keys.public.split(":")[1]),
                      self.lab.RELAY, NODE_PORT)
        self.addCleanup(flood.stop)
        self.loop.until(lambda: flood.sent > 20000, 10, "the flood to swell")
        stock.start()
        self.wait(lambda: self.knock(stock.namespace, OURS) or stock.handshake_at(), 40, "a handshake with a cookie")
        stock.program.wait_line("Receiving cookie response", 1)


if __name__ == "__main__":
    run_tests(needs=("wireguard-go", "wg"))
