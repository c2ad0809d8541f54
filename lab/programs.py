"""The real programs, running in a lab: a relay, nodes, and the one loop that listens to them all."""

import os
import re
import selectors
import signal
import subprocess
import time

RELAY_NAME = "lab"
PATH_LINE = re.compile(r"\bpath (\S+): (\S+) -> (\S+?)(?: \+ (\S+))? \((.*?)(?:, ([\d.]+) ms)?\)$")


class Loop:
    """Waits for descriptors and timers, and never sleeps past a condition."""

    def __init__(self):
        self._selector = selectors.DefaultSelector()
        self.timers = []  # objects with .due (monotonic seconds) and .tick(now)

    def watch(self, fileobj, ready):
        self._selector.register(fileobj, selectors.EVENT_READ, ready)

    def forget(self, fileobj):
        self._selector.unregister(fileobj)

    def turn(self, longest_s=0.1):
        now = time.monotonic()
        due = min((t.due for t in self.timers), default=now + longest_s)
        for key, _ in self._selector.select(max(0.0, min(due - now, longest_s))):
            key.data()
        now = time.monotonic()
        for t in list(self.timers):
            if t.due <= now:
                t.tick(now)

    def until(self, condition, seconds, what=None):
        """Turns until the condition holds, and returns its value. After so many seconds: False; with `what`: TimeoutError."""
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() >= end:
                if what:
                    raise TimeoutError(f"waited {seconds} s for {what}")
                return False
            self.turn()

    def run_for(self, seconds):
        self.until(lambda: False, seconds)


class Program:
    """A running program. Each line that it prints is kept with its time, and given to on_line."""

    def __init__(self, loop, namespace, name, *command, env=None, on_line=None, stdin=subprocess.DEVNULL):
        self.loop, self.name, self.on_line = loop, name, on_line
        self.lines = []  # (monotonic seconds, text)
        self._rest = b""
        self.process = namespace.start(
            *command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
        )
        os.set_blocking(self.process.stdout.fileno(), False)
        loop.watch(self.process.stdout, self._read)

    def _read(self):
        data = self.process.stdout.read()
        if data is None:
            return
        if not data:
            self.loop.forget(self.process.stdout)
            return
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            text = line.decode(errors="replace")
            self.lines.append((time.monotonic(), text))
            if self.on_line:
                self.on_line(text)

    def saw(self, pattern):
        """The first match in what it has printed, or None."""
        return next((m for _, line in self.lines if (m := re.search(pattern, line))), None)

    def wait_line(self, pattern, seconds=10):
        def look():
            m = self.saw(pattern)
            if not m and self.process.poll() is not None:
                self._read_rest()
                m = self.saw(pattern)
                if not m:
                    raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n{self.text()}")
            return m
        try:
            return self.loop.until(look, seconds, f"{self.name} to print {pattern!r}")
        except TimeoutError as e:
            raise TimeoutError(f"{e}; it printed:\n{self.text()}") from None

    def _read_rest(self):
        if not self.process.stdout.closed and self.process.stdout.fileno() in self.loop._selector.get_map():
            self._read()

    def text(self):
        return "\n".join(line for _, line in self.lines)

    def end(self, sig=signal.SIGTERM, seconds=10):
        """Asks it to end; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            self.loop.until(lambda: self.process.poll() is not None, seconds, f"{self.name} to end")
        except TimeoutError:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self._read_rest()
            self._close()
        return self.process.returncode

    def _close(self):
        if self.process.stdout.fileno() in self.loop._selector.get_map():
            self.loop.forget(self.process.stdout)
        self.process.stdout.close()
        if self.process.stdin:
            self.process.stdin.close()


def write(path, text, mode=0o600):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as f:
        f.write(text)
    return path


class Keys:
    """A key pair in a file, made by `warren genkey`."""

    def __init__(self, build, folder, name):
        warren = os.path.join(build, "warren")
        private = subprocess.run([warren, "genkey"], capture_output=True, text=True, check=True).stdout
        self.file = write(os.path.join(folder, f"{name}.key"), private)
        self.public = subprocess.run([warren, "pubkey"], input=private, capture_output=True, text=True,
                                     check=True).stdout.strip()
