"""What of this machine a cluster might change, to compare before and after."""
import os
import pathlib
import subprocess

from . import cgroups

SETTINGS = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes",
            "net/ipv4/ip_forward", "net/ipv4/conf/all/route_localnet", "net/netfilter/nf_conntrack_max")
# Where the programs of a cluster write when nobody keeps them from it, and where ours do.
FOLDERS = ("/etc/cni", "/etc/kubernetes", "/opt/cni", "/opt/containerd", "/run/cni", "/run/containerd", "/run/kubernetes", "/run/netns", "/usr/libexec/kubernetes",
           "/var/lib/cni", "/var/lib/containerd", "/var/lib/kubelet", "/var/log/containers", "/var/log/pods", "/run/hullwright-cluster")


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
    """Those with a cluster's folder or address in their command lines, and those of its Pods."""
    words = ("hullwright-cluster-", "olareg serve --addr 10.87", "containerd-shim", "/pause")
    return sorted(line.strip() for line in output("ps", "-eo", "args") if any(word in line for word in words))


def snapshot() -> dict[str, object]:
    listing = {folder: sorted(os.listdir(folder)) for folder in FOLDERS if os.path.isdir(folder)}
    listing["/var/tmp"] = [name for name in os.listdir("/var/tmp") if name.startswith(cgroups.NAME)]
    return {"links": output("ip", "-brief", "link"), "addresses": output("ip", "-brief", "address"), "routes": output("ip", "route", "show", "table", "all"),
            "rules": rules(), "mounts": sorted(line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()),
            "namespaces": output("ip", "netns", "list"), "control groups": control_groups(), "settings": settings(), "programs": programs(), "folders": listing}
