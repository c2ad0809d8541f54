#!/usr/bin/env python3
"""Our node and a stock WireGuard peer (wireguard-go), one of them under a flood of handshakes: it asks for cookies."""

import base64

from lab_case import run_tests
from stock import OURS, THEIRS, PORT, Flood, Stock, StockCase
from topology import NODE_PORT


class WireguardGoCookie(StockCase):
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
        stock.program.wait_line(rf"Sending cookie response .* {self.lab.alice.public}", 1)

    def test_we_ask_for_a_cookie(self):
        stock = Stock(self, self.lab.alice.host, THEIRS)
        node = self.our_side(self.lab.relay, stock)
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
