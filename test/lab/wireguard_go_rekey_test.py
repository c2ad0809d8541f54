#!/usr/bin/env python3
"""A stock peer and ours through a rekey (REKEY_AFTER_TIME is 120 s), whoever called: no packet is lost."""

from lab_case import Program, run_tests
from stock import OURS, THEIRS, StockCase

LONG = 130  # seconds, of five pings each


class WireguardGoRekey(StockCase):
    def through(self, stock, namespace, address):
        first = self.wait(stock.handshake_at, 5, "the first handshake")
        ping = self.own_ping(namespace, address)
        self.wait(lambda: ping.process.poll() is not None, LONG + 20, "the pings to end")
        self.loop.run_for(0.1)
        self.assertRegex(ping.text(), r" 0% packet loss")
        self.assertGreaterEqual(stock.handshake_at(), first + 115)

    def own_ping(self, namespace, address):
        return self.own(Program(self.loop, namespace, "ping", "ping", "-q", "-i0.2", f"-c{5 * LONG}", address))

    def test_we_called(self):
        node, stock = self.we_call()
        self.wait(lambda: self.ping_from(node), 10, "the stock peer to answer")
        self.through(stock, node.home.host, THEIRS)

    def test_they_called(self):
        node, stock = self.they_call()
        self.wait(stock.pings, 10, "our node to answer")
        self.through(stock, stock.namespace, OURS)


if __name__ == "__main__":
    run_tests(needs=("wireguard-go", "wg"))
