"""The addresses of the cluster and the one link that joins its network namespace with the machine.

    machine 10.87.0.1 ──hullwright0────eth0── 10.87.0.2 node ──┬─ Pods 10.88.0.0/16
                                                              └─ Services 10.96.0.0/16 (kube-proxy)

Bridge, iptables rules and addresses of Pods are in the namespace and go away with it; the link's end and the two routes over it are all that the
machine sees. The namespace has no route to anywhere else.
"""
import ipaddress
import json
import subprocess

from .errors import ClusterError, ClusterImpossible

LINK = "hullwright0"
MACHINE, NODE = "10.87.0.1", "10.87.0.2"
LINK_NETWORK, PODS, SERVICES = "10.87.0.0/30", "10.88.0.0/16", "10.96.0.0/16"
API_SERVICE = "10.96.0.1"  # of the Service kubernetes.default: the first of its range
PODS_GATEWAY = "10.88.0.1"


def ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, timeout=20)
    if done.returncode:
        raise ClusterError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def check_free() -> None:
    """That nothing of this machine has the addresses of the cluster."""
    wanted = [ipaddress.ip_network(text) for text in (LINK_NETWORK, PODS, SERVICES)]
    for route in json.loads(ip("-json", "-4", "route", "show") or "[]"):
        if route["dst"] == "default":
            continue
        taken = ipaddress.ip_network(route["dst"], strict=False)
        for network in wanted:
            if taken.overlaps(network):
                raise ClusterImpossible(f"the cluster needs the addresses {network}, and this machine has a route to {taken} (device {route.get('dev', '?')})")


def connect(pid: int) -> None:
    """Joins the network namespace of the process with the machine."""
    ip("link", "add", LINK, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    ip("address", "add", f"{MACHINE}/30", "dev", LINK)
    ip("link", "set", LINK, "up")
    for network in (PODS, SERVICES):
        ip("route", "add", network, "via", NODE, "dev", LINK)


def exists() -> bool:
    return subprocess.run(["ip", "link", "show", LINK], capture_output=True, timeout=20).returncode == 0


def disconnect() -> None:
    """The link and with it its routes; nothing when there is none."""
    if exists():
        subprocess.run(["ip", "link", "delete", LINK], capture_output=True, timeout=20)  # its namespace may take it away at the same moment


def node_commands() -> list[list[str]]:
    """What gives the node its addresses, inside the namespace."""
    return [["ip", "link", "set", "lo", "up"],
            ["ip", "address", "add", f"{NODE}/30", "dev", "eth0"],
            ["ip", "link", "set", "eth0", "up"],
            # Never taken as it stands: kube-proxy's rules come after a route was found, and lead to a Pod.
            ["ip", "route", "add", SERVICES, "dev", "eth0", "src", NODE]]
