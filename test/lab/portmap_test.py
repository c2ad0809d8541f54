#!/usr/bin/env python3
"""A router that can be asked maps our port: by PCP, by NAT-PMP, by UPnP; and a hard pair becomes direct by it."""

import json
import os
import signal

from lab_case import LabCase, Program, run_tests, write
from topology import Home

# miniupnpd maps nothing while its own address is one of those for documents, as all others of the lab are.
PUBLIC = "11.22.33.7"

HARD = """
flush chain ip nat out
table ip nat {
    chain out {
        type nat hook postrouting priority srcnat;
        oifname "wan" masquerade random
    }
}
"""

CHAINS = """
table inet filter {
    chain forward {
        jump miniupnpd
    }
    chain miniupnpd { }
    chain prerouting {
        type nat hook prerouting priority -110;
        jump prerouting_miniupnpd
    }
    chain postrouting {
        type nat hook postrouting priority 90;
        jump postrouting_miniupnpd
    }
    chain prerouting_miniupnpd { }
    chain postrouting_miniupnpd { }
}
"""

NO_PCP = "insert rule inet filter input udp dport 5351 @th,64,8 2 drop\n"

CONFIG = """
ext_ifname=wan
listening_ip=lan
ipv6_disable=yes
enable_natpmp={natpmp}
enable_upnp={upnp}
min_lifetime=20
max_lifetime={lifetime}
secure_mode=yes
system_uptime=no
notify_interval=900
uuid=00112233-4455-6677-8899-aabbccddeeff
allow 1024-65535 192.168.1.0/24 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
"""


class PortMap(LabCase):
    def start_gateway(self, pcp=False, natpmp=False, upnp=False, lifetime=120):
        """alice's router, a hard NAT from now on, speaks these."""
        lab = self.lab
        lab.alice.close()
        lab.alice = Home("alice", lab.internet, os.path.join(lab.build, "warren-lab-link"), "192.168.1", PUBLIC)
        for home in (lab.alice, lab.bob):
            home.router.nft(HARD)
        lab.alice.router.nft(CHAINS)
        if natpmp and not pcp:
            lab.alice.router.nft(NO_PCP)
        file = os.path.join(self.folder, "miniupnpd.conf")
        write(file, CONFIG.format(natpmp="yes" if pcp or natpmp else "no", upnp="yes" if upnp else "no",
                                  lifetime=lifetime))
        self.file = file
        self.run_gateway()

    def run_gateway(self):
        self.gateway = self.own(Program(self.loop, self.lab.alice.router, "miniupnpd", "miniupnpd", "-d", "-f",
                                        self.file, "-P", os.path.join(self.folder, "miniupnpd.pid")))
        self.addCleanup(self.gateway.process.kill)  # it may wait long for others when it is asked to end

    def status(self, node):
        return json.loads(node.warren("status", "--json").stdout)

    def mapping(self, node):
        """What is mapped for the node, or None."""
        found = self.status(node)["self"]["port_mapping"]["mappings"]
        return found[0] if found else None

    def rules(self):
        """Redirections that the router has."""
        text = self.lab.alice.router.run("nft", "list", "chain", "inet", "filter", "prerouting_miniupnpd").stdout
        return [line.strip() for line in text.splitlines() if "dnat" in line]

    def check(self, protocol, **gateway):
        self.start_gateway(**gateway)
        self.start_pair()
        mapping = self.wait(lambda: self.mapping(self.alice), 5, "a mapping")
        self.assertEqual(mapping["protocol"], protocol)
        self.assertEqual(mapping["gateway"], "192.168.1.1")
        self.assertFalse(mapping["double_nat"])
        self.assertTrue(mapping["endpoint"].startswith(PUBLIC + ":"), mapping)
        self.assertEqual(len(self.rules()), 1, self.rules())
        kinds = [e["kind"] for e in self.status(self.alice)["self"]["endpoints"]]
        self.assertEqual(kinds[0], "portmap")
        # Both are behind hard NATs; by the mapping they reach each other all the same.
        self.assertTrue(self.pings())
        for node in (self.alice, self.bob):
            self.wait(lambda n=node: self.pings() and self.status(n)["peers"][0].get("direct"), 15,
                     f"{node.name} to be direct")
        self.assertEqual(self.status(self.bob)["peers"][0]["endpoint"], mapping["endpoint"])
        self.alice.program.end()
        self.wait(lambda: not self.rules(), 10, "the mapping to be given back")

    def test_pcp(self):
        self.check("pcp", pcp=True)

    def test_natpmp(self):
        self.check("nat-pmp", natpmp=True)

    def test_renewed_and_asked_again_of_a_gateway_that_forgot(self):
        self.start_gateway(pcp=True, lifetime=30)
        self.start_pair()
        first = self.wait(lambda: self.mapping(self.alice), 5, "a mapping")
        self.assertLessEqual(first["expires_s"], 30)
        self.wait(lambda: self.mapping(self.alice)["expires_s"] < 18, 20, "half of its life to be over")
        self.wait(lambda: self.mapping(self.alice)["expires_s"] > 25, 20, "the renewal")
        self.gateway.process.kill()
        self.gateway.process.wait()
        self.lab.alice.router.nft("".join(f"flush chain inet filter {chain}\n" for chain in (
            "miniupnpd", "prerouting_miniupnpd", "postrouting_miniupnpd")))
        self.assertEqual(self.rules(), [])
        self.run_gateway()
        self.wait(self.rules, 25, "the mapping to be there again")

    def test_switched_off(self):
        self.start_gateway(pcp=True)
        self.start_pair()
        self.wait(lambda: self.mapping(self.alice), 5, "a mapping")
        with open(self.alice.file) as f:
            text = f.read()
        write(self.alice.file, text.replace("[Node]\n", "[Node]\nPortMapping = no\n", 1))
        self.alice.program.process.send_signal(signal.SIGHUP)
        self.wait(lambda: not self.rules(), 5, "the mapping to be given back")
        self.assertFalse(self.status(self.alice)["self"]["port_mapping"]["enabled"])
        self.assertIsNone(self.mapping(self.alice))


if __name__ == "__main__":
    run_tests(needs=("miniupnpd",))
