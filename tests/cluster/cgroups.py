"""The control groups of the cluster: every process of it is in them, and so they tell which processes are the cluster's.

Version 1 (each controller a tree of its own) and the tree of version 2 beside it are served alike. In a tree of version 1 the cluster's group lies
below that of the process that starts it, whose limits count for it too; in one of version 2 at the top, because a group there that holds processes
may not hand controllers on.
"""
import os
import pathlib
import signal
import time
from typing import Iterable, NamedTuple

NAME = "hullwright-cluster"
LEAF = "processes"  # of version 2: where the cluster's own processes are, beside the groups of its containers
PATIENCE = 20.0  # seconds that killed processes may take to be gone


class Hierarchy(NamedTuple):
    mount: str  # where it is mounted
    options: str  # of mount -t cgroup; "" of version 2
    folder: str  # of the cluster's group


def mounted() -> list[Hierarchy]:
    """Those of this machine, in the order in which they are mounted."""
    own = {}
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        own[controllers] = path
    found = []
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        place, _, source = line.partition(" - ")
        root, mount = place.split()[3:5]
        kind, _, options = source.split(" ", 2)
        if kind == "cgroup2":
            found.append(Hierarchy(mount, "", f"{mount}/{NAME}"))
        elif kind == "cgroup":
            given = set(options.split(","))
            for controllers, path in own.items():
                if controllers and set(controllers.split(",")) <= given:
                    below = os.path.relpath(path, root)
                    named = f"none,{controllers}" if "=" in controllers else controllers
                    found.append(Hierarchy(mount, named, os.path.normpath(f"{mount}/{below}/{NAME}")))
    return found


def make(hierarchy: Hierarchy) -> None:
    folder = pathlib.Path(hierarchy.folder)
    folder.mkdir(exist_ok=True)
    if not hierarchy.options:
        (folder / LEAF).mkdir(exist_ok=True)
        hand_on_controllers(pathlib.Path(hierarchy.mount))
    for name in ("cpuset.mems", "cpuset.cpus"):  # a new group of version 1 has none, and takes no process
        if hierarchy.options and (folder / name).exists():
            (folder / name).write_text((folder.parent / name).read_text())


def hand_on_controllers(group: pathlib.Path) -> None:
    """Those that containers are limited by; systemd and container engines do the same."""
    available = (group / "cgroup.controllers").read_text().split()
    handed_on = (group / "cgroup.subtree_control").read_text().split()
    missing = [name for name in ("cpuset", "cpu", "io", "memory", "pids") if name in available and name not in handed_on]
    if missing:
        (group / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in missing))


def move_to_leaf(hierarchy: Hierarchy) -> None:
    """Of version 2: the group's own processes into its leaf, so that it may hand on controllers."""
    folder = pathlib.Path(hierarchy.folder)
    for pid in (folder / "cgroup.procs").read_text().split():
        (folder / LEAF / "cgroup.procs").write_text(pid)


def processes(folders: Iterable[str]) -> set[int]:
    """All that are in these groups or below."""
    found = set()
    for folder in folders:
        for place, _, files in os.walk(folder):
            if "cgroup.procs" in files:
                try:
                    found.update(int(pid) for pid in pathlib.Path(place, "cgroup.procs").read_text().split())
                except OSError:
                    pass  # the group went away meanwhile
    return found - {0, os.getpid()}


def kill(folders: list[str]) -> set[int]:
    """Kills all processes of these groups; returns those that would not go."""
    deadline = time.monotonic() + PATIENCE
    while (left := processes(folders)) and time.monotonic() < deadline:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.02)
    return left


def remove(folder: str) -> bool:
    """The group and all below, which hold no process any more; false when one stays. The kernel may need a moment after the last process."""
    deadline = time.monotonic() + PATIENCE
    while os.path.isdir(folder) and time.monotonic() < deadline:
        for place, _, _ in os.walk(folder, topdown=False):
            try:
                os.rmdir(place)
            except OSError:
                time.sleep(0.02)
    return not os.path.isdir(folder)
