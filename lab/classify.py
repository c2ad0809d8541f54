"""Finds out from outside, with plain UDP sockets, what a NAT does. It knows nothing of Warren.

A `Classifier` gets two functions: `inside(host, port)` gives a bound socket at one of two hosts behind the box, and
`outside(i, port)` one at address i of three beyond the box. Each question has sockets of its own, and is answered in
the words of sim/nat_words.h. Silence alone proves nothing: a datagram counts as filtered once a later one has arrived
by a permitted way.
"""

import itertools
import select
import socket
import struct
import time

PATIENCE_S = 1.0
PORTS = (3478, 3479)
EI, AD, APD = "endpoint-independent", "address-dependent", "address-and-port-dependent"


def receive(sock, seconds=PATIENCE_S):
    """(data, source) of the next datagram, or None."""
    if not select.select([sock], [], [], seconds)[0]:
        return None
    return sock.recvfrom(2000)


def drain(*socks):
    for s in socks:
        while receive(s, 0):
            pass


class Classifier:
    def __init__(self, inside, outside, addresses):
        self._inside, self._outside_socket = inside, outside
        self.addresses = addresses
        self._next = itertools.count(20000)
        self._open = []
        self._marks = itertools.count()
        self.far = {(i, p): self._keep(outside(i, p)) for i in range(len(addresses)) for p in PORTS}

    def _keep(self, sock):
        self._open.append(sock)
        return sock

    def close(self):
        for s in self._open:
            s.close()

    def host(self, host=0, port=None):
        return self._keep(self._inside(host, port or next(self._next)))

    def seen(self, sock, far=(0, PORTS[0]), seconds=PATIENCE_S):
        """What the far end sees when sock sends to it; None: nothing came through."""
        i, port = far
        mark = b"%d" % next(self._marks)
        sock.sendto(mark, (self.addresses[i], port))
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            got = receive(self.far[far], left)
            if got and got[0] == mark:
                return got[1]
        return None

    def arrives(self, sock, far, to):
        """Whether far's datagram to the external endpoint comes in. `knock` asks that for several far ends."""
        return far in self.knock(sock, [far], to)

    def knock(self, sock, fars, to, proof=None):
        """Which of the far ends get through. proof: a far end that surely does, so its datagram ends the wait."""
        drain(sock)
        marks = {}
        for far in [*fars, *([proof] if proof else [])]:
            mark = b"%d" % next(self._marks)
            marks[mark] = far
            self.far[far].sendto(mark, to)
        came, end = [], time.monotonic() + (PATIENCE_S if proof else 0.25)
        while (left := end - time.monotonic()) > 0:
            got = receive(sock, left)
            if got and got[0] in marks:
                came.append(marks[got[0]])
                if came[-1] == proof:
                    break
        return came

    # --- the questions ---

    def udp(self):
        return "pass" if self.seen(self.host(), seconds=0.3) else "blocked"

    def translate(self):
        sock = self.host()
        return "no" if self.seen(sock)[0] == sock.getsockname()[0] else "yes"

    def mapping(self):
        sock = self.host()
        first, other_port, other_address = (self.seen(sock, far) for far in ((0, PORTS[0]), (0, PORTS[1]), (1, PORTS[0])))
        if first == other_port == other_address:
            return EI
        return AD if first == other_port else APD

    def filtering(self):
        sock = self.host()
        same_address, other_address, known = (0, PORTS[1]), (1, PORTS[0]), (0, PORTS[0])
        to = self.seen(sock, known)
        came = self.knock(sock, [same_address, other_address], to, proof=known)
        if known not in came:
            return "nothing comes in"
        if other_address in came:
            return EI
        return AD if same_address in came else APD

    def ports(self, count=24):
        """(behaviour, detail): detail is the step, or the size of the range."""
        pairs = []
        for _ in range(count):
            sock = self.host()
            pairs.append((sock.getsockname()[1], self.seen(sock)[1]))
        if all(i == e for i, e in pairs):
            mine = pairs[0][0]
            return ("overload" if self.seen(self.host(1, mine))[1] == mine else "preserve"), None
        steps = {b[1] - a[1] for a, b in zip(pairs, pairs[1:])}
        if len(steps) == 1:
            return "sequential", steps.pop()
        spread = max(e for _, e in pairs) - min(e for _, e in pairs)
        return ("block" if spread < 4096 else "random"), spread

    def sharing(self, block):
        """Whether the box gives a port of a full block again, towards another far end."""
        taken = {self.seen(self.host())[1] for _ in range(block)}
        again = self.seen(self.host(), (0, PORTS[1]), seconds=0.3)
        return "no" if again is None else "yes" if again[1] in taken else "elsewhere"

    def pooling(self, count=24):
        """(pooling, the outside addresses seen)"""
        hosts = [{self.seen(self.host(h))[0] for _ in range(count)} for h in (0, 1)]
        return ("paired" if all(len(h) == 1 for h in hosts) else "arbitrary"), set.union(*hosts)

    def hairpin(self):
        a, b = self.host(0), self.host(0)
        ends = [self.seen(s) for s in (a, b)]
        drain(a, b)
        for _ in range(2):  # the first of each opens the filter for the other
            a.sendto(b"from a", ends[1])
            b.sendto(b"from b", ends[0])
        source = None
        while (got := receive(a, 0.3)) and source is None:
            source = got[1] if got[0] == b"from b" else None
        if source is None:
            return "none"
        return "external-source" if source == ends[1] else "internal-source" if source == b.getsockname() else "other"

    def lifetime(self, timeout_s):
        """(whether the mapping is forgotten after timeout_s, refresh): refresh says if what comes in keeps it alive."""
        known, sock, still = (0, PORTS[0]), self.host(), self.host()
        to, to_still = self.seen(sock, known), self.seen(still, known)
        time.sleep(timeout_s * 0.6)
        self.knock(sock, [], to, proof=known)
        time.sleep(timeout_s * 0.6)
        refresh = "both" if self.knock(sock, [known], to) else "outbound"
        return not self.knock(still, [known], to_still), refresh

    def room(self, most, host=0):
        """How many of so many new mappings get through."""
        return sum(self.seen(self.host(host), seconds=0.2) is not None for _ in range(most))

    def sessions(self, most):
        """How many different far ends one socket can talk to."""
        sock = self.host()
        ends = itertools.islice(itertools.product(range(len(self.addresses)), PORTS), most)
        return sum(self.seen(sock, far, seconds=0.2) is not None for far in ends)

    def permissions(self, most):
        """How many of the far ends, to all of which one socket has sent, still get in."""
        sock, to = self.host(), None
        ends = list(itertools.islice(itertools.product(range(len(self.addresses)), PORTS), most))
        for far in ends:
            to = self.seen(sock, far)
        return len(self.knock(sock, ends, to))

    def line(self, count=250, pace_s=0.002):
        """(to the outside, from the outside): what the line does to numbered datagrams each way."""
        sock, known = self.host(), (0, PORTS[0])
        to, far = self.seen(sock, known), self.far[known]
        return (carried(sock, (self.addresses[0], PORTS[0]), far, count, pace_s), carried(far, to, sock, count, pace_s))

    def survives(self, disturb):
        """Whether a mapping is still there after disturb()."""
        known, sock = (0, PORTS[0]), self.host()
        to = self.seen(sock, known)
        disturb()
        return bool(self.knock(sock, [known], to))


class Carried:
    """What became of numbered datagrams: times in milliseconds, shares of one."""

    def __init__(self, count, arrivals):
        numbers = [n for n, _ in arrivals]
        delays = sorted(delay for _, delay in arrivals)
        greatest = list(itertools.accumulate(numbers, max))
        self.lost = 1 - len(set(numbers)) / count
        self.doubled = (len(numbers) - len(set(numbers))) / count
        self.overtaken = sum(n < most for n, most in zip(numbers, greatest)) / count
        self.delay_ms = 1000 * delays[0] if delays else None
        # Without the last few, which this machine may have held up.
        self.spread_ms = 1000 * (delays[len(delays) * 9 // 10] - delays[0]) if delays else None

    def __repr__(self):
        return str(vars(self))


def carried(source, to, destination, count, pace_s):
    """Sends so many datagrams and counts the arrivals. Both ends are on this machine and share a clock."""
    head, arrivals, end = struct.Struct("!Id"), [], None
    drain(destination)
    for n in range(count):
        due = time.monotonic() + pace_s
        source.sendto(head.pack(n, time.monotonic()), to)
        while (left := due - time.monotonic()) > 0:
            arrivals += arrived(destination, head, left)
    end = time.monotonic() + 0.3
    while (left := end - time.monotonic()) > 0:
        arrivals += arrived(destination, head, left)
    return Carried(count, arrivals)


def arrived(sock, head, seconds):
    got = receive(sock, seconds)
    now = time.monotonic()
    if not got or len(got[0]) != head.size:
        return []
    n, sent = head.unpack(got[0])
    return [(n, now - sent)]


def udp_socket(namespace, address, port):
    with namespace.inside():
        s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, port))
    s.setblocking(False)
    return s
