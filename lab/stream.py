"""A stream of numbered UDP packets each way between two hosts, so that each packet can be followed."""

import struct
import time

RATE = 50      # packets a second
PORT = 4000
SIZE = 160     # bytes: a packet of a voice call
HEAD = struct.Struct("!8sI")
MAGIC = b"warren\0\1"


class Sender:
    """One direction. emit: takes the events of run.py."""

    def __init__(self, loop, way, source, destination, address, emit, rate=RATE):
        self.way, self.emit, self._pace_s = way, emit, 1 / rate
        self.seq, self.due = 0, time.monotonic()
        self._source, self._address = source, address
        self._destination = destination
        self._loop = loop
        loop.timers.append(self)
        loop.watch(destination, self._arrived)

    def tick(self, now):
        packet = (HEAD.pack(MAGIC, self.seq)).ljust(SIZE, b".")
        self.emit({"t": time.monotonic(), "event": "sent", "way": self.way, "seq": self.seq})
        try:
            self._source.sendto(packet, (self._address, PORT))
        except OSError:
            pass  # then the packet is lost, and counted
        self.seq += 1
        self.due = max(self.due + self._pace_s, now)

    def _arrived(self):
        while True:
            try:
                data = self._destination.recv(2048)
            except BlockingIOError:
                return
            except OSError:
                continue
            if len(data) == SIZE and data.startswith(MAGIC):
                seq = HEAD.unpack_from(data)[1]
                self.emit({"t": time.monotonic(), "event": "got", "way": self.way, "seq": seq})

    def stop_sending(self):
        self._loop.timers.remove(self)

    def close(self):
        self._loop.forget(self._destination)


class Stream:
    """Both directions between the nodes alice and bob, from now until stop()."""

    def __init__(self, loop, alice, bob, emit, rate=RATE, apart=0.5):
        """apart: how much later the second way begins, in packets."""
        self._loop = loop
        self._sockets = {n: n.home.host.udp(PORT) for n in (alice, bob)}
        self._ways = [
            Sender(loop, f"{a.name}>{b.name}", self._sockets[a], self._sockets[b], b.address, emit, rate)
            for a, b in ((alice, bob), (bob, alice))
        ]
        self._ways[1].due += apart / rate

    def stop(self, drain_s=1.0, all_here=lambda: False):
        """Stops sending, and waits for packets under way, but not after all_here() is true."""
        for way in self._ways:
            way.stop_sending()
        self._loop.until(all_here, drain_s)
        for way in self._ways:
            way.close()
        for s in self._sockets.values():
            s.close()
