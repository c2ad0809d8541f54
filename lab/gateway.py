"""A router that can be asked for port mappings: a hard NAT of Linux, and Debian's miniupnpd in it.

   host 192.168.1.20 --- 192.168.1.1 [the router: masquerade with random ports, miniupnpd] --- 11.22.33.7

Each flow of the host gets a random port (address- and port-dependent mapping and filtering). A flow that miniupnpd
redirects leaves by the port at which it came in.
"""

import os

from programs import Program, write

NEEDS = ("miniupnpd",)
# miniupnpd maps nothing while its own address is a documentation address, as all others of the lab are.
PUBLIC = "11.22.33.{}"

HARD = """
flush chain ip nat out
table ip nat {
    chain out {
        type nat hook postrouting priority srcnat;
        oifname "wan" masquerade fully-random
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

# miniupnpd has no switch for PCP alone: its requests have version 2.
NO_PCP = "insert rule inet filter input udp dport 5351 @th,64,8 2 drop\n"
NO_NATPMP = "insert rule inet filter input udp dport 5351 @th,64,8 0 drop\n"

CONFIG = """
ext_ifname=wan
listening_ip=lan
ipv6_disable={ipv4_only}
enable_natpmp={natpmp}
enable_upnp={upnp}
min_lifetime=20
max_lifetime={lifetime}
secure_mode=yes
system_uptime=no
notify_interval=900
uuid=00112233-4455-6677-8899-aabbccddeeff
allow 1024-65535 {net}.0/24 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
"""


def make_hard(router):
    """From now on a router with the rules of topology.py masquerades with a random port for each flow."""
    router.nft(HARD)


class Gateway:
    """miniupnpd in a router (its lan is `net`.0/24) that speaks some of "pcp", "nat-pmp" and "upnp"; ipv6: also for holes
    in its IPv6 firewall, if it has IPv6 already."""

    def __init__(self, loop, router, net, folder, speaks, lifetime=120, ipv6=False):
        self._loop, self._router, self._net, self._folder, self._ipv6 = loop, router, net, folder, ipv6
        router.nft(CHAINS)
        if "pcp" not in speaks:
            router.nft(NO_PCP)
        if "nat-pmp" not in speaks:
            router.nft(NO_NATPMP)
        self.program = None
        if speaks:
            self.start(speaks, lifetime)

    def start(self, speaks, lifetime=120):
        file = write(os.path.join(self._folder, "miniupnpd.conf"), CONFIG.format(
            natpmp="yes" if {"pcp", "nat-pmp"} & set(speaks) else "no", upnp="yes" if "upnp" in speaks else "no",
            lifetime=lifetime, net=self._net, ipv4_only="no" if self._ipv6 else "yes"))
        self.program = Program(self._loop, self._router, "miniupnpd", "miniupnpd", "-d", "-f", file,
                               "-P", os.path.join(self._folder, "miniupnpd.pid"))

    def kill(self):
        """When asked to end, it may wait long for others."""
        self.program.process.kill()
        self.program.process.wait()

    def forget(self):
        """Removes the redirections, as a restart does."""
        self._router.nft("".join(f"flush chain inet filter {chain}\n" for chain in (
            "miniupnpd", "prerouting_miniupnpd", "postrouting_miniupnpd")))

    def rules(self):
        """The redirections of the router."""
        text = self._router.run("nft", "list", "chain", "inet", "filter", "prerouting_miniupnpd").stdout
        return [line.strip() for line in text.splitlines() if "dnat" in line]
