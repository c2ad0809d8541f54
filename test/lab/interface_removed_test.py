#!/usr/bin/env python3
"""An interface that another program removes comes back, with its addresses and routes, and traffic goes on."""

from lab_case import LabCase, run_tests


class InterfaceRemoved(LabCase):
    def test_it_begins_anew(self):
        self.start_pair()
        self.wait(self.pings, 10, "bob to answer")
        self.lab.alice.host.run("ip", "link", "del", "warren0")
        self.wait(self.pings, 20, "bob to answer again")
        self.wait(lambda: "warren0 was removed" in self.alice.program.text(), 5, "it to say so")


if __name__ == "__main__":
    run_tests()
