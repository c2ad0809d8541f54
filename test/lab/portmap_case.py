"""alice's router, a hard NAT, is a gateway that can be asked for port mappings."""

import json
import os
import signal

from lab_case import LabCase, write
from gateway import Gateway, make_hard
import gateway
from topology import Home

PUBLIC = gateway.PUBLIC.format(7)


class PortMapCase(LabCase):
    def make_homes_hard(self):
        """alice's router gets an address that miniupnpd takes for one of the internet."""
        lab = self.lab
        lab.alice.close()
        lab.alice = Home("alice", lab.internet, os.path.join(lab.build, "warren-lab-link"), "192.168.1", PUBLIC)
        for home in (lab.alice, lab.bob):
            make_hard(home.router)

    def start_gateway(self, pcp=False, natpmp=False, upnp=False, lifetime=120):
        """alice's router, a hard NAT from now on, speaks these. With PCP it also speaks NAT-PMP."""
        self.make_homes_hard()
        speaks = ["pcp", "nat-pmp"] if pcp else ["nat-pmp"] if natpmp else []
        self.make_gateway(speaks + ["upnp"] * upnp, lifetime)

    def make_gateway(self, speaks, lifetime=120, ipv6=False):
        self.gateway = Gateway(self.loop, self.lab.alice.router, "192.168.1", self.folder, speaks, lifetime, ipv6)
        self._own_gateway()

    def _own_gateway(self):
        if self.gateway.program:
            self.own(self.gateway.program)
            self.addCleanup(self.gateway.program.process.kill)  # it may wait long for others when it is asked to end

    def run_gateway(self, natpmp=False, upnp=False, lifetime=120):
        """miniupnpd again, or for the first time."""
        self.gateway.start((["pcp", "nat-pmp"] if natpmp else []) + ["upnp"] * upnp, lifetime)
        self._own_gateway()

    def switch(self, node, to):
        """PortMapping = to, by a reload."""
        with open(node.file) as f:
            lines = [line for line in f.read().split("\n") if not line.startswith("PortMapping")]
        lines.insert(lines.index("[Node]") + 1, f"PortMapping = {to}")
        write(node.file, "\n".join(lines))
        node.program.process.send_signal(signal.SIGHUP)

    def status(self, node):
        return json.loads(node.warren("status", "--json").stdout)

    def mapping(self, node):
        """What is mapped for the node, or None."""
        found = self.status(node)["self"]["port_mapping"]["mappings"]
        return found[0] if found else None

    def rules(self):
        return self.gateway.rules()
