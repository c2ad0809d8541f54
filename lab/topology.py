"""The lab: an internet, a relay, and two homes behind NAT routers.

      alice                                                               bob
   192.168.1.20                                                      192.168.2.20
        |                                                                 |
        | veth                                                       veth |
        |                                                                 |
   192.168.1.1                                                       192.168.2.1
  [alice's router]                                                [bob's router]
   203.0.113.7                                                      198.51.100.7
        |                                                                 |
        | 25 ms                                                     25 ms |
        |                                                                 |
        +--- 203.0.113.1 ------[ the internet ]------ 198.51.100.1 -------+
                                      |
                                  192.0.2.1
                                      |
                                      | 10 ms
                                      |
                                 192.0.2.10
                                  [ relay ]

Every box and every name in it is a network namespace. The lines with a delay are `warren-lab-link`
cables, the delay is one way: 50 ms from home to home, and 70 ms by the relay.

A router is Linux masquerade, as in most homes. Its mapping keeps the port of the host where it can, and is the same
towards everybody (endpoint-independent: an "easy" NAT). It lets in only answers (address- and port-dependent
filtering), and drops everything else silently.
"""

import os
import signal
import subprocess
import time

from world import Namespace

UPLINK_MS, RELAY_MS = 25, 10
NODE_PORT = 41641

ROUTER = """
table ip nat {
    chain out {
        type nat hook postrouting priority srcnat;
        oifname "wan" masquerade
    }
}
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iifname { "lo", "lan" } accept
        ct state established,related accept
    }
    chain forward {
        type filter hook forward priority filter; policy drop;
        jump blocked
        iifname "lan" accept
        ct state established,related accept
    }
    chain blocked { }
}
"""

# The mapping of the node's own port is fixed here instead of random for each flow, so that the NAT
# stays an easy one after it was flushed.
REMAPPED = """
flush chain ip nat out
table ip nat {{
    chain out {{
        type nat hook postrouting priority srcnat;
        oifname "wan" meta l4proto udp udp sport {port} masquerade to :{to}
        oifname "wan" masquerade
    }}
}}
"""

BLOCKED = 'add rule inet filter blocked meta l4proto udp udp sport != 53 udp dport != 53 counter drop\n'


class Cable:
    """A running warren-lab-link."""

    def __init__(self, program, a, a_name, b, b_name, delay_ms):
        # Started outside: it enters both namespaces by itself.
        self.process = subprocess.Popen(
            [program, "--a", f"{a.path}:{a_name}", "--b", f"{b.path}:{b_name}", "--delay", f"{delay_ms}ms"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )
        if self.process.stdout.readline() != "up\n":
            raise RuntimeError(f"{program} did not come up")

    def order(self, text):
        """cut, mend, loss 5%, delay 25ms, jitter 3ms"""
        self.process.stdin.write(text + "\n")
        answer = self.process.stdout.readline()
        if answer != "ok\n":
            raise RuntimeError(f"the cable answered {answer!r} to {text!r}")

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class NatBox:
    """A running warren-lab-nat between two namespaces. The parameters are those of sim/nat_words.h:
    nat="mapping=address-dependent timeout=10s"; the qualities of the line too: line="delay=25ms loss=1%"."""

    def __init__(self, program, inside, inside_name, outside, outside_name, external, nat="", line="", wall6=None):
        options = [f"--{word}" for word in f"{nat} {line}".split()]
        options += ["--external", ",".join(external)] if external else []
        options += ["--wall6", wall6] if wall6 else []
        self.process = subprocess.Popen(
            [program, "--inside", f"{inside.path}:{inside_name}", "--outside", f"{outside.path}:{outside_name}", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )
        if self.process.stdout.readline() != "up\n":
            raise RuntimeError(f"{program} did not come up")
        inside.ip(f"link set {inside_name} up")
        outside.ip(f"link set {outside_name} up", *(f"route add {a}/32 dev {outside_name}" for a in external))

    def order(self, text):
        """flush, reboot, nat timeout=10s, delay 25ms, cut, mend; what it printed before its ok."""
        self.process.stdin.write(text + "\n")
        lines = [self.process.stdout.readline()]
        while lines[-1] not in ("ok\n", "what?\n", ""):
            lines.append(self.process.stdout.readline())
        if lines.pop() != "ok\n":
            raise RuntimeError(f"the NAT box does not understand {text!r}")
        return "".join(lines)

    def reboot(self):
        self.process.send_signal(signal.SIGUSR1)

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Home:
    """A host behind its router."""

    def __init__(self, name, internet, program, net, public):
        self.name, self.public, self.lan = name, public, f"{net}.20"
        self.router, self.host = Namespace(f"{name}'s router"), Namespace(name)
        gateway = public.rsplit(".", 1)[0] + ".1"
        self.cable = Cable(program, internet, name, self.router, "wan", UPLINK_MS)
        internet.ip(f"addr add {gateway}/24 dev {name}", f"link set {name} up")
        self.router.ip(
            f"link add lan type veth peer name eth0 netns {self.host.path}",
            f"addr add {public}/24 dev wan", "link set wan up",
            f"addr add {net}.1/24 dev lan", "link set lan up",
            f"route add default via {gateway}",
        )
        self.host.ip(f"addr add {net}.20/24 dev eth0", "link set eth0 up", f"route add default via {net}.1")
        self.router.sysctl(net__ipv4__ip_forward=1)
        self.router.nft(ROUTER)

    def start_flush(self, to):
        """The router forgets every mapping, and from now on gives the node's port another outside port.

        Returns the process that does it, so that a caller who measures delays need not block meanwhile."""
        p = self.router.start("sh", "-c", "nft -f - && exec conntrack -F", stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        with p.stdin:
            p.stdin.write(REMAPPED.format(port=NODE_PORT, to=to))
        return p

    def flush(self, to):
        if self.start_flush(to).wait(10):
            raise RuntimeError(f"{self.name}'s router could not be flushed")

    def block_udp(self):
        self.router.nft(BLOCKED)
        self.router.run("conntrack", "-F")

    def mappings(self):
        return self.router.run("conntrack", "-L", check=False).stdout.splitlines()

    def close(self):
        self.cable.close()
        self.router.close()
        self.host.close()


class Lab:
    """To be built after world.enter(). build: the folder with the programs."""

    RELAY = "192.0.2.10"

    def __init__(self, build):
        self.build = build
        program = os.path.join(build, "warren-lab-link")
        self.internet, self.relay = Namespace("the internet"), Namespace("relay")
        self.relay_cable = Cable(program, self.internet, "relay", self.relay, "eth0", RELAY_MS)
        self.internet.ip("addr add 192.0.2.1/24 dev relay", "link set relay up")
        self.relay.ip(f"addr add {self.RELAY}/24 dev eth0", "link set eth0 up", "route add default via 192.0.2.1")
        self.alice = Home("alice", self.internet, program, "192.168.1", "203.0.113.7")
        self.bob = Home("bob", self.internet, program, "192.168.2", "198.51.100.7")
        self.internet.sysctl(net__ipv4__ip_forward=1)
        self._warm_up()

    def _warm_up(self):
        """Waits until each home reaches the relay: from then on no address needs to be resolved."""
        for home in (self.alice, self.bob):
            wait_for(
                lambda h=home: h.host.run("ping", "-c1", "-W1", self.RELAY, check=False).returncode == 0,
                10, f"{home.name} to reach the relay",
            )

    def close(self):
        self.alice.close()
        self.bob.close()
        self.relay_cable.close()
        self.internet.close()
        self.relay.close()


def wait_for(condition, seconds, what, step_s=0.02):
    """The first true value of condition(), or a TimeoutError that says what was waited for."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(step_s)
