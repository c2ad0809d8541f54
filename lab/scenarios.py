"""What the demo plays, with the real programs in the lab: a source of the events of run.py."""

import os
import random
import tempfile
import time

import nodes
from programs import Loop
from run import Run
from stream import Stream
from topology import Lab

LOOK_S = 2.0  # how long a state lasts, so that the picture shows it


class Stage:
    """A fresh lab with a relay and two nodes in it, for one scenario."""

    def __init__(self, name, build, emit, prepare=None):
        self.run = Run(name)
        self._emit = emit
        self.loop = Loop()
        self.lab = Lab(build)
        self._folder = tempfile.TemporaryDirectory(prefix="lab-", dir="/run")  # our own /run, which ends with us
        if prepare:
            prepare(self.lab)
        self.emit({"t": time.monotonic(), "event": "scenario", "name": name})
        self.relay, self.alice, self.bob = nodes.start_pair(self.loop, self.lab, self._folder.name, self.emit)

    def emit(self, event):
        self.run.take(event)
        self._emit(event)

    def stream(self):
        return Stream(self.loop, self.alice, self.bob, self.emit)

    def flush(self, home):
        flushing = home.start_flush(random.randint(50000, 59999))
        if self.loop.until(lambda: flushing.poll() is not None, 10) is False or flushing.returncode:
            raise RuntimeError(f"{home.name}'s router could not be flushed")
        # Only now, because packets still got through until it was done.
        self.emit({"t": time.monotonic(), "event": "flush", "home": home.name})

    def end(self, stream):
        stream.stop()
        self.emit({"t": time.monotonic(), "event": "end"})

    def close(self):
        for p in (self.alice.program, self.bob.program, self.relay.program):
            p.end()
        self.lab.close()
        self._folder.cleanup()


def two_homes(build, emit):
    """Relay first, direct, the NAT flushed under the stream, relay again, direct again."""
    stage = Stage("two_homes", build, emit)
    run, loop, stream = stage.run, stage.loop, stage.stream()
    if loop.until(lambda: run.both(run.went_direct), 5):
        loop.run_for(LOOK_S)
        stage.flush(stage.lab.alice)
        loop.until(lambda: run.both(run.returned) and run.both(run.again), 15)
        loop.run_for(LOOK_S)
    stage.end(stream)
    return stage


def udp_blocked(build, emit):
    """bob's router drops UDP: everything stays on the relay."""
    stage = Stage("udp_blocked", build, emit, prepare=lambda lab: lab.bob.block_udp())
    stream = stage.stream()
    stage.loop.run_for(2 * LOOK_S)
    stage.end(stream)
    return stage


def play(build, emit, log_folder):
    for scenario in (two_homes, udp_blocked):
        stage = scenario(build, emit)
        for who in ("relay", "alice", "bob"):
            with open(os.path.join(log_folder, f"{stage.run.name}-{who}.log"), "w") as f:
                f.write(getattr(stage, who).program.text() + "\n")
        stage.close()
