"""Starts a cluster and keeps it until Ctrl-C, or takes away what one has left.

Usage: PYTHONPATH=tests python3 -m cluster up [--kwok-nodes N] [--patience SECONDS] | down
Exit: 0 done; 1 something failed; 2 wrong command line; 3 this machine or user cannot run a cluster; 4 another process has one.
"""
import argparse
import signal
import sys
import threading
import time

from . import state
from .cluster import Cluster, check_possible
from .errors import ClusterError, ClusterHeld, ClusterImpossible

BANNER = """
The cluster runs: Kubernetes v1.36.1, one node{kwok}. Ready after {seconds:.0f} s.

    export KUBECONFIG={kubeconfig}
    registry {registry} (plain HTTP; this machine, the node and Pods reach it so)
    logs     {folder}/log

Ctrl-C stops it and takes everything away; after a crash `make cluster-down` does.
"""


ready = threading.Event()


def up(kwok_nodes: int, patience: float) -> None:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: interrupt(ended))
    print("starting etcd, API server, controllers, kubelet, containerd, kube-proxy and a registry", flush=True)
    started = time.monotonic()
    with Cluster(kwok_nodes, patience=patience) as cluster:
        print(BANNER.format(kwok=f" and {kwok_nodes} of KWOK" if kwok_nodes else "", seconds=time.monotonic() - started, kubeconfig=cluster.kubeconfig,
                            registry=cluster.registry, folder=cluster.folder), flush=True)
        ready.set()
        while not ended.wait(1):
            if died := cluster.dead():
                raise ClusterError("\n".join(f"{name} has ended" + "\n" + cluster.tail(name) for name in died))
        print("stopping the cluster", flush=True)


def interrupt(ended: threading.Event) -> None:
    """While it starts, the start is broken off; afterwards the wait ends. A second one must not disturb the cleaning."""
    if ended.is_set():
        return
    ended.set()
    if not ready.is_set():
        raise KeyboardInterrupt


def down() -> None:
    check_possible()
    lock = state.end_holder()
    found = state.clean()
    lock.close()
    print("taken away: " + ", ".join(found) if found else "nothing is left of a cluster")


def main() -> int:
    parser = argparse.ArgumentParser(prog="cluster", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    starting = commands.add_parser("up")
    starting.add_argument("--kwok-nodes", type=int, default=0, metavar="N")
    starting.add_argument("--patience", type=float, default=0, metavar="SECONDS", help="wait so long for another cluster of this machine to end")
    commands.add_parser("down")
    arguments = parser.parse_args()
    try:
        if arguments.command == "up":
            up(arguments.kwok_nodes, arguments.patience)
        else:
            down()
    except ClusterImpossible as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 3
    except ClusterHeld as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 4
    except ClusterError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("cluster: broken off; nothing is left of it", file=sys.stderr)
        return 130
    return 0


sys.exit(main())
