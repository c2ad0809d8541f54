"""The stock programs of the Tailscale family, built from the pinned Go module in stock/."""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def skip(what, why):
    print(f"SKIPPED: {what} was NOT tested: {why}")
    sys.exit(77)


def build(folder, what, *packages):
    """The folder with the programs. Without Go (1.24 or newer), or without its modules: a loud skip of `what`."""
    go = shutil.which("go") or "/usr/local/go/bin/go"
    if not os.path.exists(go):
        skip(what, "there is no `go`; install Go 1.24 or newer")
    out = pathlib.Path(folder) / "stock"
    out.mkdir(exist_ok=True)
    built = subprocess.run([go, "build", "-o", f"{out}/", *packages], cwd=HERE / "stock", capture_output=True, text=True)
    if built.returncode != 0:
        skip(what, "`go build` could not build the stock peers:\n" + built.stderr[-1000:])
    return out
