"""The command lines and configuration files of the cluster's programs. Paths are those inside its namespaces."""
import json
import pathlib

from . import network
from .certificates import Certificates

NODE = "node-1"
DOMAIN = "cluster.local"
REGISTRY = f"{network.NODE}:5000"
PAUSE = f"{REGISTRY}/pause:1"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
DEBIAN_PROGRAMS = ("etcd", "containerd", "runc", "iptables", "conntrack", "ip", "unshare", "nsenter", "mount", "openssl", "gcc")
BUILT_PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl", "olareg", "crane")
CNI_PLUGINS = pathlib.Path("/usr/lib/cni")

CONTAINERD = """version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", \
"io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]

[grpc]
  address = "{socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  # Without it no Pod starts where even root may not lower the score by which the kernel chooses whom to kill.
  restrict_oom_score_adj = true

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{folder}/cni"

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{folder}/registries"
"""

# Whatever registry an image's name has, the local one is asked for it: there is no other.
MIRROR = """[host."http://{registry}"]
  capabilities = ["pull", "resolve"]
"""


class Programs:
    """What to run, in a folder that this class fills. `tools` is where tests/tools/build puts programs."""

    def __init__(self, folder: pathlib.Path, tools: pathlib.Path, certificates: Certificates, etcd: str, containerd: str) -> None:
        self.folder, self.tools, self.certificates = folder, tools, certificates
        self.etcd_program, self.containerd_program = etcd, containerd

    def tool(self, name: str) -> str:
        return str(self.tools / name)

    def etcd(self) -> list[str]:
        client, peer = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
        return [self.etcd_program, "--name=test", f"--data-dir={self.folder}/etcd", f"--listen-client-urls={client}", f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=test={peer}", "--unsafe-no-fsync"]

    def kube_apiserver(self, more: list[str]) -> list[str]:
        c = self.certificates
        return [self.tool("kube-apiserver"), "--etcd-servers=http://127.0.0.1:2379", "--bind-address=0.0.0.0", "--secure-port=6443",
                f"--advertise-address={network.NODE}", f"--service-cluster-ip-range={network.SERVICES}", f"--tls-cert-file={c.crt('kube-apiserver')}",
                f"--tls-private-key-file={c.key('kube-apiserver')}", f"--client-ca-file={c.crt('ca')}", f"--kubelet-certificate-authority={c.crt('ca')}",
                f"--kubelet-client-certificate={c.crt('kube-apiserver-kubelet')}", f"--kubelet-client-key={c.key('kube-apiserver-kubelet')}",
                "--kubelet-preferred-address-types=InternalIP", "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
                f"--service-account-issuer=https://kubernetes.default.svc.{DOMAIN}", f"--service-account-key-file={c.folder}/service-accounts.pub",
                f"--service-account-signing-key-file={c.key('service-accounts')}", "--allow-privileged=true", "--profiling=false", *more]

    def kube_controller_manager(self) -> list[str]:
        c = self.certificates
        return [self.tool("kube-controller-manager"), f"--kubeconfig={c.folder}/kube-controller-manager.kubeconfig", "--leader-elect=false",
                "--bind-address=127.0.0.1", "--authentication-skip-lookup=true", "--use-service-account-credentials=true",
                f"--service-account-private-key-file={c.key('service-accounts')}", f"--root-ca-file={c.crt('ca')}",
                f"--cluster-signing-cert-file={c.crt('ca')}", f"--cluster-signing-key-file={c.key('ca')}", f"--cluster-cidr={network.PODS}", "--profiling=false"]

    def kube_scheduler(self) -> list[str]:
        return [self.tool("kube-scheduler"), f"--kubeconfig={self.certificates.folder}/kube-scheduler.kubeconfig", "--leader-elect=false",
                "--bind-address=127.0.0.1", "--authentication-skip-lookup=true", "--profiling=false"]

    def registry(self) -> list[str]:
        return [self.tool("olareg"), "serve", "--addr", network.NODE, "--port", REGISTRY.partition(":")[2], "--dir", f"{self.folder}/registry",
                "--gc-frequency", "-1s", "--api-delete", "--api-blob-delete"]

    def containerd(self) -> list[str]:
        (self.folder / "cni").mkdir()
        (self.folder / "cni" / "10-bridge.conflist").write_text(json.dumps({
            "cniVersion": "0.4.0", "name": "pods", "plugins": [
                {"type": "bridge", "bridge": "cbr0", "isGateway": True, "hairpinMode": True,
                 "ipam": {"type": "host-local", "dataDir": "/run/cni", "routes": [{"dst": "0.0.0.0/0"}],
                          "ranges": [[{"subnet": network.PODS, "gateway": network.PODS_GATEWAY}]]}},
                {"type": "portmap", "capabilities": {"portMappings": True}}]}))
        (self.folder / "registries" / "_default").mkdir(parents=True)
        (self.folder / "registries" / "_default" / "hosts.toml").write_text(MIRROR.format(registry=REGISTRY))
        file = self.folder / "containerd.toml"
        file.write_text(CONTAINERD.format(socket=CONTAINERD_SOCKET, pause=PAUSE, plugins=CNI_PLUGINS, folder=self.folder))
        return [self.containerd_program, "--config", str(file)]

    def kubelet(self) -> list[str]:
        c = self.certificates
        # No name server listens there: a look-up fails at once instead of after a time-out.
        (self.folder / "resolv.conf").write_text(f"nameserver {network.NODE}\n")
        never = ("memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available", "imagefs.inodesFree")
        file = self.folder / "kubelet.json"
        file.write_text(json.dumps({
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True}, "x509": {"clientCAFile": str(c.crt("ca"))}},
            "authorization": {"mode": "Webhook"}, "tlsCertFile": str(c.crt("kubelet-server")), "tlsPrivateKeyFile": str(c.key("kubelet-server")),
            "address": network.NODE, "healthzBindAddress": "127.0.0.1",
            "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}", "clusterDNS": [network.NODE], "clusterDomain": DOMAIN,
            "resolvConf": f"{self.folder}/resolv.conf", "volumePluginDir": f"{self.folder}/volume-plugins",
            "cgroupDriver": "cgroupfs", "cgroupsPerQOS": False, "enforceNodeAllocatable": [], "failCgroupV1": False, "failSwapOn": False,
            # The machine's disk may be nearly full and its memory in use: that is not what the tests are about.
            "evictionHard": {name: "0%" for name in never}, "imageGCHighThresholdPercent": 100, "imageGCLowThresholdPercent": 99,
            # A Secret that changes reaches the Pods that mount it within seconds instead of a minute.
            "syncFrequency": "5s", "oomScoreAdj": 0, "serializeImagePulls": False}))
        return [self.tool("kubelet"), f"--config={file}", f"--kubeconfig={c.folder}/kubelet.kubeconfig", f"--hostname-override={NODE}",
                f"--node-ip={network.NODE}", "--root-dir=/var/lib/kubelet"]

    def kube_proxy(self) -> list[str]:
        return [self.tool("kube-proxy"), f"--kubeconfig={self.certificates.folder}/kube-proxy.kubeconfig", f"--hostname-override={NODE}",
                "--proxy-mode=iptables", f"--cluster-cidr={network.PODS}", "--healthz-bind-address=127.0.0.1", "--oom-score-adj=0",
                # Settings of the machine's kernel stay as they are. All traffic to Services comes from the node's address, so that answers from a
                # Pod on the same bridge go back through the node, whether or not the kernel shows it bridged packets (br_netfilter).
                "--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0", "--masquerade-all"]

    def kwok(self) -> list[str]:
        return [self.tool("kwok"), f"--kubeconfig={self.certificates.folder}/admin.kubeconfig", "--manage-all-nodes=false",
                "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake", "--node-lease-duration-seconds=40",
                f"--node-ip={network.NODE}"]


def kwok_node(name: str) -> dict:
    """A node that only KWOK stands behind. Pods come to it only when they tolerate that."""
    room = {"cpu": "32", "memory": "256Gi", "pods": "110"}
    return {"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "annotations": {"kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0"},
                         "labels": {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name, "type": "kwok"}},
            "spec": {"taints": [{"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}]},
            "status": {"allocatable": room, "capacity": room, "nodeInfo": {"kubeletVersion": "fake", "operatingSystem": "linux", "architecture": "amd64"}}}
