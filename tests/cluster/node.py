"""The first process of the cluster's namespaces: sets up what only they see, then starts and signals programs as it is told.

Usage: node.py enter PLAN   joins the cluster's control groups and goes on as
       node.py serve PLAN   process 1 of new mount, network, PID and IPC namespaces

PLAN is a JSON file: folder, hierarchies ({mount, options, folder}). Commands come as lines of JSON on the standard input, each answered by one
line: {"run": [ARGUMENT …]}, {"start": NAME, "command": [ARGUMENT …]}, {"signal": NAME, "number": N}, {"status": true}. When the input ends, whoever
started the cluster is gone: process 1 ends, and the kernel ends all others, unmounts what they mounted and takes away their network.
It runs alone, without the package around it, by whatever Python the machine has.
"""
import json
import os
import pathlib
import selectors
import signal
import subprocess
import sys

# Settings of the machine's kernel as the kubelet wants them: it reads these files instead and so leaves the kernel's alone.
KERNEL_SETTINGS = {"vm/overcommit_memory": 1, "vm/panic_on_oom": 0, "kernel/panic": 10, "kernel/panic_on_oops": 1,
                   "kernel/keys/root_maxkeys": 1000000, "kernel/keys/root_maxbytes": 25000000}


def enter(plan_file):
    for hierarchy in json.loads(pathlib.Path(plan_file).read_text())["hierarchies"]:
        pathlib.Path(hierarchy["folder"], "cgroup.procs").write_text("0")
    os.execvp("unshare", ["unshare", "--fork", "--pid", "--kill-child", "--mount", "--net", "--ipc", "--cgroup", "--mount-proc",
                          sys.executable, "-I", __file__, "serve", plan_file])


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True, capture_output=True, text=True)


def mount_all(folder, hierarchies):
    """What is written outside of the cluster's folder goes to folders of the cluster's own, or nowhere."""
    mount("--bind", folder, folder)
    mount("-t", "sysfs", "-o", "ro,nosuid,nodev,noexec", "sysfs", "/sys")  # of this network namespace
    if all(hierarchy["mount"] != "/sys/fs/cgroup" for hierarchy in hierarchies):
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/sys/fs/cgroup")
    for hierarchy in hierarchies:
        pathlib.Path(hierarchy["mount"]).mkdir(exist_ok=True)
        if hierarchy["options"]:
            mount("-t", "cgroup", "-o", hierarchy["options"], "cgroup", hierarchy["mount"])
        else:
            mount("-t", "cgroup2", "cgroup2", hierarchy["mount"])
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    for own, place in (("lib", "/var/lib"), ("log", "/var/log")):
        (folder / own).mkdir(exist_ok=True)
        mount("--bind", folder / own, place)
    (folder / "tmp").mkdir(exist_ok=True)
    mount("--bind", "/proc/sys", "/proc/sys")
    mount("--bind", "/proc/sys/net", "/proc/sys/net")
    for name, value in KERNEL_SETTINGS.items():
        pretended = folder / "kernel" / name
        pretended.parent.mkdir(parents=True, exist_ok=True)
        pretended.write_text(f"{value}\n")
        mount("--bind", pretended, f"/proc/sys/{name}")
    for name in ("/proc/sys", "/"):
        mount("-o", "remount,bind,ro", name)
    mount("--make-rshared", "/")  # as the kubelet wants it; the machine is no peer, unshare saw to that
    pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


class Programs:
    """Those started here, by name; reaps whatever else ends, as process 1 must."""

    def __init__(self, folder):
        self.folder = folder
        self.pids, self.exits = {}, {}
        self.environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder), "TMPDIR": str(folder / "tmp")}

    def start(self, name, command):
        log = str(self.folder / "log" / f"{name}.log")
        self.exits.pop(name, None)
        self.pids[name] = os.posix_spawn(
            command[0], command, self.environment, setsid=True, setsigdef=[signal.SIGPIPE, signal.SIGCHLD],
            file_actions=[(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                          (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), (os.POSIX_SPAWN_DUP2, 1, 2)])

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for name, started in self.pids.items():
                if started == pid:
                    self.exits[name] = os.waitstatus_to_exitcode(status)

    def status(self):
        self.reap()
        return {name: {"pid": pid, "exit": self.exits.get(name)} for name, pid in self.pids.items()}

    def signal(self, name, number):
        if self.status()[name]["exit"] is None:
            os.kill(self.pids[name], number)


def obey(programs, command):
    if "run" in command:
        done = subprocess.run(command["run"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return {"exit": done.returncode, "text": done.stdout + done.stderr}
    if "start" in command:
        programs.start(command["start"], command["command"])
    if "signal" in command:
        programs.signal(command["signal"], command["number"])
    return programs.status()


def serve(plan_file):
    plan = json.loads(pathlib.Path(plan_file).read_text())
    folder = pathlib.Path(plan["folder"])
    mount_all(folder, plan["hierarchies"])
    programs = Programs(folder)
    readable, writable = os.pipe()
    for end in (readable, writable):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(writable)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the end comes by the standard input
    print(json.dumps({"ready": True}), flush=True)
    waiting = selectors.DefaultSelector()
    waiting.register(readable, selectors.EVENT_READ)
    waiting.register(sys.stdin, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj == readable:
                os.read(readable, 4096)
                programs.reap()
                continue
            line = sys.stdin.readline()  # one command is answered before the next is sent
            if not line:
                return
            try:
                answer = obey(programs, json.loads(line))
            except (OSError, KeyError, subprocess.TimeoutExpired) as error:
                answer = {"error": repr(error)}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    {"enter": enter, "serve": serve}[sys.argv[1]](sys.argv[2])
