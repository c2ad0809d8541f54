"""A home that has only IPv6. Its router is a NAT64 (tayga) and a DNS64 (unbound), or advertises the NAT64.

   bob 2001:db8:b::20 --- 2001:db8:b::1 [bob's router: tayga 2001:db8:64::/96, unbound at 2001:db8:53::53] --- 198.51.100.7

tayga gives the host an IPv4 address of its own. The router's masquerade translates that one, as in the homes that
have IPv4.
"""

import os
import socket
import struct

import world
from programs import Program, write
from topology import wait_for

PREFIX = "2001:db8:64::/96"
NET = "2001:db8:b"
RESOLVER = "2001:db8:53::53"  # of each such router: a world has one resolv.conf; the nearest answers
NEEDS = ("tayga", "unbound")
NODES_MULTICAST, RA_TYPE, PREF64_OPTION = "ff02::1", 134, 38

TAYGA = """
tun-device nat64
ipv4-addr 192.168.255.1
ipv6-addr {net}:64::1
prefix {prefix}
dynamic-pool 192.168.255.0/24
data-dir {folder}
"""

FORWARD = """
table inet filter {
    chain forward {
        iifname "nat64" accept
    }
}
"""

# Its DNS64 does not see its own answers, so names are a zone.
UNBOUND = """
server:
    interface: {resolver}
    access-control: ::/0 allow
    do-daemonize: no
    use-syslog: no
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: ""
    module-config: "dns64 iterator"
    dns64-prefix: {prefix}
    do-not-query-localhost: no
remote-control:
    control-enable: no
auth-zone:
    name: "."
    zonefile: "{folder}/root.zone"
    for-downstream: no
    for-upstream: yes
    fallback-enabled: no
"""

ZONE = """
. 60 IN SOA a. a. 1 60 60 60 60
. 60 IN NS a.
ipv4only.arpa. 60 IN A 192.0.0.170
ipv4only.arpa. 60 IN A 192.0.0.171
relay.example.net. 60 IN A {relay}
"""


class IPv6Only:
    """Turns a home of the lab into one, with `net`::/64. dns: with a DNS64; without it no name is known."""

    def __init__(self, loop, lab, home, folder, dns=True, net=NET):
        self.home, self.folder, self.programs = home, os.path.join(folder, "ipv6only"), []
        self._host, self._router, self._net = f"{net}::20", f"{net}::1", net
        os.makedirs(self.folder)
        self._address()
        self._nat64(loop)
        if dns:
            self._dns64(loop, lab)
        self.resolver(RESOLVER if dns else f"{net}::dead")

    def _address(self):
        host, router = self.home.host, self.home.router
        for namespace in (host, router):
            namespace.sysctl(net__ipv6__conf__all__disable_ipv6=0)
        router.sysctl(net__ipv6__conf__all__forwarding=1, net__ipv6__conf__lan__accept_dad=0)
        host.sysctl(net__ipv6__conf__eth0__accept_dad=0, net__ipv6__conf__eth0__accept_ra=1)
        router.ip(f"addr add {self._router}/64 dev lan nodad", f"addr add {RESOLVER}/128 dev lo nodad")
        host.ip("addr flush dev eth0 scope global", f"addr add {self._host}/64 dev eth0 nodad",
                f"route add default via {self._router}")

    def _nat64(self, loop):
        router = self.home.router
        conf = write(os.path.join(self.folder, "tayga.conf"), TAYGA.format(prefix=PREFIX, folder=self.folder, net=self._net))
        router.run("tayga", "--mktun", "-c", conf)
        router.ip("link set nat64 up", f"route add {PREFIX} dev nat64", "route add 192.168.255.0/24 dev nat64")
        router.nft(FORWARD)
        self.programs.append(Program(loop, router, "tayga", "tayga", "-d", "-c", conf))
        wait_for(lambda: self.reaches("192.0.2.10"), 10, "the NAT64 to carry something")

    def _dns64(self, loop, lab):
        write(os.path.join(self.folder, "root.zone"), ZONE.format(relay=lab.RELAY))
        conf = write(os.path.join(self.folder, "unbound.conf"),
                     UNBOUND.format(resolver=RESOLVER, prefix=PREFIX, folder=self.folder))
        self.programs.append(Program(loop, self.home.router, "unbound", "unbound", "-d", "-c", conf))
        self.programs[-1].wait_line("start of service")

    @staticmethod
    def resolver(address):
        """Of every host in the lab; the world's mounts are its own."""
        path = write("/run/resolv.conf", f"nameserver {address}\n", 0o644)
        world.mount_over(path, "/etc/resolv.conf")

    @staticmethod
    def translated(v4):
        return str(socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, PREFIX.split("/")[0])[:12]
                                    + socket.inet_aton(v4)))

    def reaches(self, v4):
        return self.home.host.run("ping", "-c1", "-W1", self.translated(v4), check=False).returncode == 0

    def advertise(self, lifetime_s=600):
        """The router advertises its NAT64 once (RFC 8781), without becoming a default router."""
        wait_for(lambda: "tentative" not in self.home.router.run("ip", "-6", "addr", "show", "dev", "lan").stdout, 10,
                 "the router's link-local address, without which an advertisement is none")
        prefix = socket.inet_pton(socket.AF_INET6, PREFIX.split("/")[0])[:12]
        option = struct.pack("!BBH", PREF64_OPTION, 2, (lifetime_s + 7) // 8 << 3) + prefix
        advert = struct.pack("!BBHBBHII", RA_TYPE, 0, 0, 64, 0, 0, 0, 0) + option
        with self.home.router.inside():
            s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
            index = socket.if_nametoindex("lan")
        with s:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            s.sendto(advert, (NODES_MULTICAST, 0, 0, index))
