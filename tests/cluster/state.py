"""What the cluster has made on this machine, written down before it is made, so that it can be taken away after whatever end.

/run/hullwright-cluster/lock         held (flock) by the process whose cluster runs: one at a time on a machine
/run/hullwright-cluster/state.json   its folder and its control groups; there while something may be left
/run/hullwright-cluster/kubeconfig   of the running cluster
"""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
from typing import NamedTuple

from . import cgroups, network
from .errors import ClusterError, ClusterHeld

FOLDER = pathlib.Path("/run/hullwright-cluster")
PLACE = "/var/tmp/hullwright-cluster-"  # how the name of a cluster's own folder begins
STATE, KUBECONFIG = FOLDER / "state.json", FOLDER / "kubeconfig"


class Owner(NamedTuple):
    """A process, told from a later one of the same number by when it was started."""
    pid: int
    started: str  # clock ticks after the machine's start (proc(5), stat, field 22)
    command: str

    def lives(self) -> bool:
        return start_of(self.pid) == self.started


def start_of(pid: int) -> str:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[19]
    except OSError:
        return ""


class Lock:
    """Held from construction to close() by this process; falls with it. Its text tells who holds it."""

    def __init__(self, patience: float = 0) -> None:
        FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file = open(FOLDER / "lock", "a+")
        deadline = time.monotonic() + patience
        while not self.taken():
            if time.monotonic() < deadline:
                time.sleep(0.2)
                continue
            self.file.close()
            raise ClusterHeld(f"this machine has a cluster already: {describe(holder())}. Only one runs at a time: end that one, or `make cluster-down`")
        command = pathlib.Path("/proc/self/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[:300]
        self.file.truncate(0)
        self.file.write(json.dumps(Owner(os.getpid(), start_of(os.getpid()), command)._asdict()))
        self.file.flush()

    def taken(self) -> bool:
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False

    def close(self) -> None:
        self.file.close()


def holder() -> Owner | None:
    """Who wrote the lock's text last; only of use while the lock is held."""
    try:
        return Owner(**json.loads((FOLDER / "lock").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def describe(owner: Owner | None) -> str:
    return f"process {owner.pid} ({owner.command}) has it" if owner else "a process that has not written who it is has it"


def record(folder: pathlib.Path, groups: list[str]) -> None:
    """Before any of them is made."""
    written = STATE.with_suffix(".new")
    written.write_text(json.dumps({"folder": str(folder), "cgroups": groups, "link": network.LINK}, indent=2))
    written.replace(STATE)


def clean() -> list[str]:
    """Takes away whatever is written down; by the holder of the lock alone. Returns what was there; ClusterError when something stays."""
    if not STATE.exists():
        return []
    state = json.loads(STATE.read_text())
    found, left = [], []
    running = cgroups.processes(state["cgroups"])
    if running:
        found.append(f"{len(running)} processes")
        left += [f"process {pid}" for pid in cgroups.kill(state["cgroups"])]
    if network.exists():
        found.append(f"the link {network.LINK}")
    network.disconnect()
    for mount in mounts_below(state["folder"]):
        found.append(f"the mount {mount}")
        subprocess.run(["umount", "--lazy", mount], capture_output=True, timeout=20)
    for group in state["cgroups"]:
        if os.path.isdir(group) and not cgroups.remove(group):
            left.append(f"the control group {group}")
    left += [f"the mount {mount}" for mount in mounts_below(state["folder"])]
    if not left and os.path.isdir(state["folder"]) and state["folder"].startswith(PLACE):
        found.append(f"the folder {state['folder']}")
        shutil.rmtree(state["folder"])
    if left:
        raise ClusterError("could not be taken away: " + ", ".join(left))
    KUBECONFIG.unlink(missing_ok=True)
    STATE.unlink()
    return found


def mounts_below(folder: str) -> list[str]:
    """That the machine sees; those of the cluster's own namespace go away with it. Deepest first."""
    found = []
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        place = line.split()[4]
        if place == folder or place.startswith(folder + "/"):
            found.append(place)
    return sorted(found, reverse=True)


def end_holder(patience: float = 60.0) -> Lock:
    """The lock; a living holder is asked to end (SIGTERM) first."""
    deadline = time.monotonic() + patience
    asked = False
    while True:
        try:
            return Lock()
        except ClusterHeld:
            owner = holder()
            if time.monotonic() > deadline:
                raise
            if owner and owner.lives() and not asked:
                print(f"asking process {owner.pid} ({owner.command}) to end its cluster", flush=True)
                os.kill(owner.pid, signal.SIGTERM)
                asked = True
            time.sleep(0.1)
