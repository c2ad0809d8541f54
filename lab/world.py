"""A private world of network namespaces that dies with the program.

`enter()` moves the program into namespaces of its own (network, mount, process ids, and a user
namespace when it is not root). The first process in them is ours. When it ends, in whatever way, the
kernel ends everything that was started inside, and the interfaces, routes, rules and mounts go with
the namespaces. Nothing has a name outside, so nothing can be left behind, and two labs can run at the
same time.

Only a file descriptor holds a `Namespace`: no `ip netns`, no /run/netns.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x10000000, 0x20000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE, MS_NOSUID, MS_NODEV = 0x1000, 0x4000, 0x40000, 2, 4
PR_SET_PDEATHSIG, PR_SET_TIMERSLACK = 1, 29

SKIPPED = 77  # exit status of a test that this machine cannot run

_libc = ctypes.CDLL(None, use_errno=True)
for _name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):  # of this machine: nothing to us
    os.environ.pop(_name, None)
    os.environ.pop(_name.upper(), None)
os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


def _call(name, *args):
    if getattr(_libc, name)(*args) != 0:
        e = ctypes.get_errno()
        raise OSError(e, f"{name}: {os.strerror(e)}")


# --- entering ---


def _write(path, text):
    with open(path, "w") as f:
        f.write(text)


def _unshare():
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID
    _call("unshare", flags if uid == 0 else flags | CLONE_NEWUSER)
    if uid != 0:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"0 {uid} 1")
        _write("/proc/self/gid_map", f"0 {gid} 1")


def _furnish():
    """Mounts of our own: /proc shows our processes, /run is empty."""
    _call("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
    with contextlib.suppress(OSError):  # a container may hide parts of /proc and so forbid this
        _call("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV, None)
    _call("mount", b"tmpfs", b"/run", b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=755")


def mount_over(file, target):
    """Shows this file at that path, in our world only."""
    _call("mount", file.encode(), os.path.realpath(target).encode(), None, MS_BIND, None)


def _become_first():
    """Returns twice: 0 in the first process of a private world, its process id outside."""
    _unshare()
    pid = os.fork()
    if pid == 0:
        _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        _furnish()
    return pid


def _outcome(pid):
    while True:
        try:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        except InterruptedError:
            pass


def _try_what_a_lab_does():
    os.close(os.open("/dev/net/tun", os.O_RDWR))
    for command in (
        "ip tuntap add dev try0 mode tap",
        "ip link add try1 type veth peer name try2",
        "nft add table ip try",
        "nft add chain ip try out { type nat hook postrouting priority 100 ; }",
        "nft add rule ip try out masquerade",
    ):
        done = subprocess.run(command.split(), capture_output=True, text=True)
        if done.returncode:
            raise OSError(f"`{command}` says: {done.stderr.strip().splitlines()[0]}")


def missing():
    """Why this machine allows no lab, in one clause; None: it does. Tries it in a child."""
    for tool in ("ip", "nft", "conntrack"):
        if not shutil.which(tool):
            return f"the program {tool} is not installed"
    r, w = os.pipe()
    if os.fork() == 0:
        try:
            pid = _become_first()
            if pid == 0:
                _try_what_a_lab_does()
            else:
                _outcome(pid)
        except OSError as e:
            os.write(w, f"{e.filename}: {e.strerror}".encode() if e.filename else str(e).encode())
        os._exit(0)
    os.close(w)
    with os.fdopen(r) as f:
        why = f.read()
    with contextlib.suppress(ChildProcessError):
        os.wait()
    return why or None


def _stop(signum, _frame):
    raise SystemExit(128 + signum)


def enter():
    """Only the process inside returns from here. Call it before any thread or child is made."""
    sys.stdout.flush()
    pid = _become_first()
    if pid == 0:
        # Process 1 ignores what it has no handler for.
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGHUP, _stop)
        _call("prctl", PR_SET_TIMERSLACK, 1, 0, 0, 0)
        return
    for s in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        # ^C reaches the whole foreground group anyway.
        signal.signal(s, signal.SIG_IGN if s == signal.SIGINT else lambda n, _f: os.kill(pid, n))
    code = _outcome(pid)
    os._exit(code if code >= 0 else 128 - code)


# --- namespaces ---


class Namespace:
    """A network namespace of its own, `lo` up."""

    def __init__(self, name):
        self.name = name
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _call("unshare", CLONE_NEWNET)
        self.fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _call("setns", here, CLONE_NEWNET)
        os.close(here)
        self.ip("link set lo up")

    def close(self):
        os.close(self.fd)

    @property
    def path(self):
        return f"/proc/{os.getpid()}/fd/{self.fd}"

    @contextlib.contextmanager
    def inside(self):
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _call("setns", self.fd, CLONE_NEWNET)
        try:
            yield
        finally:
            _call("setns", here, CLONE_NEWNET)
            os.close(here)

    def _enter_child(self):
        _call("setns", self.fd, CLONE_NEWNET)
        _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    def start(self, *command, **how):
        """A program that runs in here and dies with us."""
        return subprocess.Popen([str(c) for c in command], preexec_fn=self._enter_child, **how)

    def run(self, *command, check=True, timeout=30, **how):
        """Runs it to its end: the finished process, with text output."""
        how = {"capture_output": True, "text": True} | how
        done = subprocess.run(
            [str(c) for c in command], preexec_fn=self._enter_child, timeout=timeout, **how
        )
        if check and done.returncode:
            raise RuntimeError(f"{self.name}: {' '.join(map(str, command))}: {done.stderr or done.stdout}")
        return done

    def ip(self, *lines):
        self.run("ip", "-batch", "-", input="\n".join(lines) + "\n")

    def nft(self, rules):
        self.run("nft", "-f", "-", input=rules)

    def sysctl(self, **values):
        """Names with __ for each dot: net__ipv4__ip_forward=1"""
        with self.inside():
            for name, value in values.items():
                _write("/proc/sys/" + name.replace("__", "/"), str(value))

    def udp(self, port=0):
        """A UDP socket of this namespace; usable from any other."""
        with self.inside():
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("0.0.0.0", port))
        s.setblocking(False)
        return s
