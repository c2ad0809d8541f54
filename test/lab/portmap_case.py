"""alice's router, a hard NAT, is a gateway that can be asked for port mappings."""

import json
import os

from lab_case import LabCase, Program, write
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


class PortMapCase(LabCase):
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
        if pcp or natpmp or upnp:
            self.run_gateway(pcp or natpmp, upnp, lifetime)

    def run_gateway(self, natpmp=False, upnp=False, lifetime=120):
        file = os.path.join(self.folder, "miniupnpd.conf")
        write(file, CONFIG.format(natpmp="yes" if natpmp else "no", upnp="yes" if upnp else "no", lifetime=lifetime))
        self.gateway = self.own(Program(self.loop, self.lab.alice.router, "miniupnpd", "miniupnpd", "-d", "-f",
                                        file, "-P", os.path.join(self.folder, "miniupnpd.pid")))
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
