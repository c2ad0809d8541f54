#!/usr/bin/env python3
"""Our node with a stock WireGuard peer (wireguard-go): either one calls, with and without a preshared key."""

import base64
import os

from lab_case import run_tests
from stock import StockCase


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


if __name__ == "__main__":
    run_tests(needs=("wireguard-go", "wg"))
