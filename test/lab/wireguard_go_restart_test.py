#!/usr/bin/env python3
"""Our node and a stock WireGuard peer (wireguard-go), one of which forgets everything and starts anew."""

from lab_case import run_tests
from stock import StockCase


class WireguardGoRestart(StockCase):
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


if __name__ == "__main__":
    run_tests(needs=("wireguard-go", "wg"))
