"""The scenarios on the simulated internet: a source of the events of run.py for machines without a lab."""

import json
import os
import subprocess


def play(build, emit):
    command = [os.path.join(build, "warren-sim-demo")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sim:
        for line in sim.stdout:
            emit(json.loads(line))
    if sim.returncode:
        raise RuntimeError(f"{command[0]} ended with {sim.returncode}")
