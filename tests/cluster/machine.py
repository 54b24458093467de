"""What of this machine a cluster might change, to compare before and after."""
import os
import pathlib
import subprocess

from . import cgroups

SETTINGS = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes",
            "net/ipv4/ip_forward", "net/ipv4/conf/all/route_localnet", "net/netfilter/nf_conntrack_max")
FOLDERS = ("/var/lib", "/var/log", "/var/tmp", "/run", "/etc/cni", "/opt", "/usr/libexec", "/run/containerd", "/run/netns", "/run/hullwright-cluster")
PROGRAMS = ("kubelet", "kube-", "containerd", "etcd --name=test", "olareg serve --addr 10.87", "/pause")


def output(*command: str) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return [line for line in done.stdout.splitlines() if not line.startswith("#")]


def control_groups() -> list[str]:
    """Those of containers and of ours; others come and go without us."""
    found = []
    for hierarchy in cgroups.mounted():
        for folder, _, _ in os.walk(hierarchy.mount):
            if any(word in folder for word in (cgroups.NAME, "k8s.io", "kubepods")):
                found.append(folder)
    return sorted(found)


def rules() -> list[str]:
    """Of iptables, without counters."""
    return [line.partition("[")[0].strip() for tool in ("iptables-nft-save", "iptables-legacy-save") for line in output(tool)]


def settings() -> dict[str, str]:
    files = {name: pathlib.Path("/proc/sys", name) for name in SETTINGS}
    return {name: file.read_text().strip() for name, file in files.items() if file.exists()}


def programs() -> list[str]:
    """Of a cluster of this user's, by their command lines."""
    return sorted(line.strip() for line in output("ps", "-eo", "args") if "hullwright-cluster" in line or line.startswith(PROGRAMS))


def snapshot() -> dict[str, object]:
    listing = {folder: sorted(os.listdir(folder)) for folder in FOLDERS if os.path.isdir(folder)}
    return {"links": output("ip", "-brief", "link"), "addresses": output("ip", "-brief", "address"), "routes": output("ip", "route", "show", "table", "all"),
            "rules": rules(), "mounts": sorted(line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()),
            "namespaces": output("ip", "netns", "list"), "control groups": control_groups(), "settings": settings(), "programs": programs(), "folders": listing}
