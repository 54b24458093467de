"""A whole Kubernetes cluster of one node for tests: etcd, API server, controllers, kubelet, containerd, kube-proxy and an OCI registry.

    sys.path.insert(0, str(ROOT / "tests"))
    from cluster import Cluster
    with Cluster() as cluster:
        image = cluster.push_image("build/images/webhook", "hullwright/webhook:1")
        cluster.kubectl("get", "nodes")
"""
from .cluster import Cluster
from .errors import ClusterError, ClusterHeld, ClusterImpossible

__all__ = ["Cluster", "ClusterError", "ClusterHeld", "ClusterImpossible"]
