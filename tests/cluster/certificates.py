"""The certificates and kubeconfigs of a cluster, made by openssl: one authority, P-256, good for two days."""
import base64
import json
import pathlib
import subprocess

from . import network

DAYS = "2"


def openssl(*arguments: str | pathlib.Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, text=True, timeout=30)


class Certificates:
    """Files NAME.crt and NAME.key of a folder. Not thread-safe."""

    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir(mode=0o700)
        self.folder = folder
        self.request("ca", "/CN=hullwright-cluster", "basicConstraints=critical,CA:true", "keyUsage=critical,keyCertSign,cRLSign")
        openssl("genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / "service-accounts.key")
        openssl("pkey", "-in", folder / "service-accounts.key", "-pubout", "-out", folder / "service-accounts.pub")

    def crt(self, name: str) -> pathlib.Path:
        return self.folder / f"{name}.crt"

    def key(self, name: str) -> pathlib.Path:
        return self.folder / f"{name}.key"

    def request(self, name: str, subject: str, *extensions: str, signer: str = "") -> None:
        signed = ["-CA", self.crt(signer), "-CAkey", self.key(signer)] if signer else []
        added = [argument for extension in extensions for argument in ("-addext", extension)]
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", DAYS, "-subj", subject, *added, *signed,
                "-keyout", self.key(name), "-out", self.crt(name))

    def server(self, name: str, *alternative_names: str, subject: str = "") -> None:
        self.request(name, subject or f"/CN={name}", "basicConstraints=critical,CA:false", "extendedKeyUsage=serverAuth",
                     "subjectAltName=" + ",".join(alternative_names), signer="ca")

    def client(self, name: str, user: str, group: str = "") -> None:
        subject = f"/O={group}/CN={user}" if group else f"/CN={user}"
        self.request(name, subject, "basicConstraints=critical,CA:false", "extendedKeyUsage=clientAuth", signer="ca")

    def kubeconfig(self, name: str) -> pathlib.Path:
        """Of the client certificate of this name, with everything in it: it may be copied elsewhere."""
        encoded = lambda path: base64.b64encode(path.read_bytes()).decode()
        file = self.folder / f"{name}.kubeconfig"
        file.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": name,
            "clusters": [{"name": "hullwright", "cluster": {"server": f"https://{network.NODE}:6443", "certificate-authority-data": encoded(self.crt("ca"))}}],
            "users": [{"name": name, "user": {"client-certificate-data": encoded(self.crt(name)), "client-key-data": encoded(self.key(name))}}],
            "contexts": [{"name": name, "context": {"cluster": "hullwright", "user": name}}]}, indent=2))
        file.chmod(0o600)
        return file


def make(folder: pathlib.Path, node: str) -> Certificates:
    """All that the programs of a cluster need."""
    certificates = Certificates(folder)
    names = [f"DNS:kubernetes{suffix}" for suffix in ("", ".default", ".default.svc", ".default.svc.cluster.local")]
    certificates.server("kube-apiserver", *names, "DNS:localhost", "IP:127.0.0.1", f"IP:{network.NODE}", f"IP:{network.API_SERVICE}")
    certificates.server("kubelet-server", f"DNS:{node}", f"IP:{network.NODE}")
    certificates.client("admin", "admin", "system:masters")
    certificates.client("kube-apiserver-kubelet", "kube-apiserver", "system:masters")
    certificates.client("kubelet", f"system:node:{node}", "system:nodes")
    for name in ("kube-controller-manager", "kube-scheduler", "kube-proxy"):
        certificates.client(name, f"system:{name}")
    for name in ("admin", "kubelet", "kube-controller-manager", "kube-scheduler", "kube-proxy"):
        certificates.kubeconfig(name)
    return certificates
