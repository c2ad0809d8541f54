"""What every test in the lab needs: a fresh lab, the programs' output when it fails, and a reason when it is skipped."""

import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "lab"))
import nodes
import world
from programs import Loop, Program, write  # noqa: F401 (for the tests)
from topology import Lab, wait_for  # noqa: F401

BUILD = os.environ.get("WARREN_BUILD", str(ROOT / "build"))


def run_tests(needs=()):
    """main of a test program. needs: other programs without which it is skipped."""
    why = next((f"{tool} is not installed" for tool in needs if not shutil.which(tool)), None) or world.missing()
    if why:
        print(f"SKIPPED: {pathlib.Path(sys.argv[0]).stem}: {why}")
        sys.exit(world.SKIPPED)
    world.enter()
    unittest.main(verbosity=2)


class LabCase(unittest.TestCase):
    def setUp(self):
        self.loop = Loop()
        self.lab = Lab(BUILD)
        self.addCleanup(self.lab.close)
        folder = tempfile.TemporaryDirectory(prefix="lab-", dir="/run")  # our own /run, which ends with us
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.programs = []
        self.addCleanup(self._end_programs)

    def _end_programs(self):
        for p in self.programs:
            if p.process.poll() is None:
                p.end()

    def own(self, program):
        """Ends it after the test and prints its lines if that fails."""
        self.programs.append(program)
        return program

    def run(self, result=None):
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            for p in getattr(self, "programs", ()):
                start = p.lines[0][0] if p.lines else 0
                for t, line in p.lines:
                    print(f"    {t - start:8.3f} {p.name}: {line}", file=sys.stderr)

    def start_pair(self, emit=None):
        self.relay, self.alice, self.bob = nodes.start_pair(self.loop, self.lab, self.folder, emit)
        for p in (self.relay.program, self.alice.program, self.bob.program):
            self.own(p)

    def start_node(self, home=None, *sections):
        """A node alone, without a relay; not yet started when it has no sections to run with."""
        node = nodes.Node(self.loop, self.lab, home or self.lab.alice, self.folder)
        node.configure(*sections)
        node.start()
        self.own(node.program)
        return node

    def pings(self, count=1):
        """True if bob answers alice's ping through the tunnel."""
        done = self.lab.alice.host.run("ping", f"-c{count}", "-W1", nodes.ADDRESS["bob"], check=False)
        return done.returncode == 0

    def wait(self, condition, seconds, what):
        return self.loop.until(condition, seconds, what)


def now():
    return time.monotonic()
