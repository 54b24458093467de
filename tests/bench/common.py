"""What the measures share: certificates, the webhook as a process, fixtures, medians."""
import hashlib
import json
import os
import re
import socket
import statistics
import subprocess
import time

RUNS = 5
POLICY = {
    "apiVersion": "hullwright.dev/v1alpha1", "kind": "ClusterImageAdmissionPolicy", "metadata": {"name": "bench"},
    "spec": {"match": {"images": ["registry.example/bench/**"]}, "enforcement": {"newImages": "Deny"},
             "rules": {"vulnerabilities": {"forbid": [{"name": "fixable-critical", "severities": ["Critical"], "fix": "Available"}]}}}}


def row(name, value, unit, goal, floor=None, ratio=None):
    if ratio is None and floor:
        ratio = value / floor
    return {"name": name, "value": value, "unit": unit, "floor": floor, "ratio": ratio, "goal": goal}


def median_of(measure):
    return statistics.median(measure() for _ in range(RUNS))


def digest_of(number):
    return "sha256:" + hashlib.sha256(str(number).encode()).hexdigest()


def scan(number, findings=40, digest=None):
    """An ImageScan that passes the bench policy: nothing critical has a fix."""
    digest = digest or digest_of(number)
    rows = [{"id": f"CVE-20{20 + i % 6}-{10000 + (number * 7 + i * 131) % 50000}",
             "package": f"pkg:deb/debian/library-{(number + i) % 900}?arch=amd64&distro=debian-12",
             "version": f"1.{i}.{number % 40}-{i}+deb12u1", "severity": ["High", "Medium", "Low"][i * 3 // findings],
             "cvss": f"{4 + i % 5}.{i % 10}", "fix": "Available" if i % 3 else "None",
             **({"fixedIn": f"1.{i}.{number % 40}-{i}+deb12u2"} if i % 3 else {}), "scanners": ["trivy"]} for i in range(findings)]
    counts = {}
    for finding in rows:
        key = (finding["severity"], finding["fix"])
        counts[key] = counts.get(key, 0) + 1
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"apiVersion": "hullwright.dev/v1alpha1", "kind": "ImageScan", "metadata": {"name": digest.replace(":", "-")},
            "spec": {"digest": digest, "platform": {"os": "linux", "architecture": "amd64"}},
            "status": {"repositories": [f"registry.example/bench/app-{number}"],
                       "results": [{"scannerRef": {"name": "trivy"}, "version": "0.68.2", "scannedAt": now, "source": "Import", "outcome": "Complete"}],
                       "counts": [{"severity": s, "fix": f, "layer": "Unknown", "count": n} for (s, f), n in counts.items()],
                       "findings": rows}}


def write_objects(folder, policies, scans=()):
    """The folders of a webhook in files mode, with the namespace of the reviews."""
    (folder / "policies").mkdir()
    (folder / "scans").mkdir()
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bench"}}
    for number, each in enumerate([namespace, *policies]):
        (folder / "policies" / f"{number}.json").write_text(json.dumps(each))
    for each in scans:
        (folder / "scans" / f"{each['metadata']['name']}.json").write_text(json.dumps(each))


def write_fixtures(folder, scans):
    write_objects(folder, [POLICY], (scan(number) for number in range(scans)))


def image(number):
    return f"registry.example/bench/app-{number}@{digest_of(number)}"


def pod(images=(image(0),)):
    """About the size of a Pod as the API server sends it: defaults, probes, resources, a projected token volume."""
    container = lambda i: {
        "name": f"c{i}", "image": images[i], "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": 8080, "name": "http", "protocol": "TCP"}],
        "env": [{"name": f"SETTING_{n}", "value": f"value-{n}"} for n in range(12)],
        "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10, "timeoutSeconds": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True},
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        "volumeMounts": [{"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": "kube-api-access", "readOnly": True}]}
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "web-0", "namespace": "bench", "labels": {"app": "web", "pod-template-hash": "5d9c7b8f6"},
                         "managedFields": [{"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
                                            "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:app": {}}}, "f:spec": {f"f:{k}": {} for k in container(0)}}}]},
            "spec": {"containers": [container(i) for i in range(len(images))], "restartPolicy": "Always", "serviceAccountName": "default",
                     "tolerations": [{"effect": "NoExecute", "key": f"node.kubernetes.io/{k}", "operator": "Exists", "tolerationSeconds": 300}
                                     for k in ("not-ready", "unreachable")],
                     "volumes": [{"name": "kube-api-access", "projected": {"defaultMode": 420, "sources": [
                         {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]}}]}}


def review(images=(image(0),)):
    return json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"}, "requestKind": {"group": "", "version": "v1", "kind": "Pod"},
        "requestResource": {"group": "", "version": "v1", "resource": "pods"}, "name": "web-0", "namespace": "bench", "operation": "CREATE",
        "userInfo": {"username": "system:serviceaccount:kube-system:replicaset-controller", "groups": ["system:serviceaccounts", "system:authenticated"]},
        "object": pod(images), "oldObject": None, "dryRun": False, "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"}}})


def make_certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", folder / "tls.key", "-out", folder / "tls.crt"],
                   check=True, capture_output=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Webhook:
    """The real binary, from start to ready; `seconds_to_ready` is wall time. Its objects come from the folder, or from a cluster."""

    def __init__(self, build, folder, *more, kubeconfig=None, plain=False):
        objects = ["--kubeconfig", kubeconfig] if kubeconfig else ["--policies", folder / "policies", "--scans", folder / "scans"]
        tls = ["--plain-http"] if plain else ["--tls-cert", folder / "tls.crt", "--tls-key", folder / "tls.key"]
        self.port = free_port()
        self.url = f"{'http' if plain else 'https'}://127.0.0.1:{self.port}"
        started = time.monotonic()
        self.log = open(folder / "webhook.log", "w")
        self.process = subprocess.Popen(
            [build / "bin" / "hullwright-webhook", *objects, "--listen", f"127.0.0.1:{self.port}", *tls, "--shutdown-delay", "0", *more],
            stdout=subprocess.DEVNULL, stderr=self.log)
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() - started > 60:
                raise RuntimeError("the webhook did not become ready: " + (folder / "webhook.log").read_text()[-2000:])
            time.sleep(0.005)
        self.seconds_to_ready = time.monotonic() - started

    def ready(self):
        done = subprocess.run(["curl", "-sk", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", f"{self.url}/readyz"], capture_output=True, text=True)
        return done.stdout == "200"

    def resident_mib(self):
        status = open(f"/proc/{self.process.pid}/status").read()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()
