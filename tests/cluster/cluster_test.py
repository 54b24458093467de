#!/usr/bin/env python3
"""The whole cluster for tests does what a cluster does, and leaves nothing behind, however it ends.

Usage: tests/cluster/cluster_test.py [BUILD_DIR]
"""
import base64
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from cluster import Cluster, certificates, state  # noqa: E402
from cluster.cluster import built_tools, why_impossible  # noqa: E402
from cluster.images import crane  # noqa: E402
from cluster.machine import snapshot  # noqa: E402
from cluster.programs import PAUSE  # noqa: E402

SHOP = "shop"
PATIENCE = 300  # seconds to wait for the cluster of another run of the tests


IMPOSSIBLE = why_impossible()


def command(*arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen([sys.executable, "-m", "cluster", *arguments], cwd=ROOT, env=environment, text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)


def run_command(*arguments):
    process = command(*arguments)
    text, _ = process.communicate(timeout=120)
    return process.returncode, text


def namespace(name):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}


def deployment(name, image, version, replicas=2, tls=""):
    """As the restricted profile wants it, with probes."""
    probe = lambda seconds: {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": seconds}
    container = {"name": "app", "image": image, "env": [{"name": "VERSION", "value": version}], "ports": [{"containerPort": 8080}],
                 "readinessProbe": probe(1), "livenessProbe": probe(5), "startupProbe": {**probe(1), "failureThreshold": 30},
                 "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
                 "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
                 "volumeMounts": [{"name": "tls", "mountPath": "/tls", "readOnly": True}] if tls else []}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 5, "volumes": [{"name": "tls", "secret": {"secretName": tls}}] if tls else [],
            "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": SHOP},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
                     "template": {"metadata": {"labels": {"app": name}}, "spec": spec}}}


def service(name, port):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": SHOP},
            "spec": {"selector": {"app": name}, "ports": [{"port": 443 if port == 8443 else 80, "targetPort": port}]}}


@unittest.skipIf(IMPOSSIBLE, IMPOSSIBLE)
class RunningCluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tools = built_tools("cluster-app")
        cls.before = snapshot()
        cls.kwok_nodes = 3 if (cls.tools / "kwok").exists() else 0
        cls.cluster = Cluster(cls.kwok_nodes, patience=PATIENCE)
        started = time.monotonic()
        cls.cluster.start()
        cls.addClassCleanup(cls.cluster.stop)
        print(f"node ready after {time.monotonic() - started:.1f} s", file=sys.stderr)
        cls.image = cls.cluster.push_files("tests/app:1", {"/app": cls.tools / "cluster-app"}, ["/app"])
        cls.cluster.apply(namespace(SHOP))
        cls.cluster.wait_for("the namespace has its account", lambda: "default" in cls.cluster.kubectl("get", "serviceaccounts", "-n", SHOP, check=False))
        cls.cluster.apply(deployment("web", cls.image, "1"), service("web", 8080))
        cls.rolled_out("web")

    @classmethod
    def rolled_out(cls, name):
        cls.cluster.kubectl("rollout", "status", f"deployment/{name}", "-n", SHOP, "--timeout=60s")

    def address_of(self, name):
        return self.cluster.get("service", name, "-n", SHOP)["spec"]["clusterIP"]

    def ask(self, name, path="/"):
        """The Service by its cluster address, from this machine."""
        url = f"http://{self.address_of(name)}{path}"

        def answer():
            try:
                return urllib.request.urlopen(url, timeout=5).read().decode()
            except OSError:
                return None
        return self.cluster.wait_for(f"{url} answers", answer, 30)

    def test_the_node_is_ready_and_real(self):
        node = self.cluster.get("node", "node-1")
        self.assertEqual({c["type"]: c["status"] for c in node["status"]["conditions"]}["Ready"], "True")
        self.assertIn("containerd://", node["status"]["nodeInfo"]["containerRuntimeVersion"])

    def test_a_deployment_under_the_restricted_profile_runs_with_its_probes(self):
        pods = self.cluster.get("pods", "-n", SHOP, "-l", "app=web")["items"]
        self.assertTrue(all(c["ready"] for pod in pods for c in pod["status"]["containerStatuses"]))
        refused = self.cluster.kubectl("run", "root", "-n", SHOP, f"--image={self.image}", check=False)
        self.assertIn("violates PodSecurity", refused)

    def test_a_service_answers_from_this_machine_by_its_cluster_address(self):
        self.assertEqual(set(json.loads(self.ask("web"))), {"pod", "version"})
        self.assertIn(self.address_of("web"), self.cluster.in_node("iptables-save", "-t", "nat").stdout)

    def test_a_client_in_a_pod_reaches_the_api_server(self):
        self.assertEqual(json.loads(self.ask("web", "/api"))["gitVersion"], "v1.36.1")

    def test_an_image_of_a_layout_by_the_name_of_any_registry_comes_from_the_local_one(self):
        layout = self.cluster.folder / "layout"
        crane(self.tools / "crane", "pull", "--format=oci", self.image, layout)
        self.assertEqual(self.cluster.push_image(layout, "tests/pushed:1"), f"{self.cluster.registry}/tests/pushed:1")
        self.assertEqual(self.cluster.digest("tests/pushed:1"), self.cluster.digest("tests/app:1"))
        self.cluster.apply(deployment("named", "registry.example/tests/pushed:1", "1", replicas=1))
        self.rolled_out("named")
        self.cluster.kubectl("delete", "deployment", "named", "-n", SHOP, "--wait=false")

    def test_a_rolling_update_completes(self):
        self.cluster.apply(deployment("web", self.image, "2"))
        self.rolled_out("web")
        self.cluster.wait_for("the new version answers", lambda: json.loads(self.ask("web"))["version"] == "2", 20)

    def test_a_webhook_behind_a_service_is_asked(self):
        authority = certificates.Certificates(self.cluster.folder / "hook")
        authority.server("hook", f"DNS:hook.{SHOP}.svc")
        encoded = lambda path: base64.b64encode(path.read_bytes()).decode()
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hook-tls", "namespace": SHOP}, "type": "kubernetes.io/tls",
                  "data": {"tls.crt": encoded(authority.crt("hook")), "tls.key": encoded(authority.key("hook"))}}
        self.cluster.apply(secret, deployment("hook", self.image, "1", replicas=1, tls="hook-tls"), service("hook", 8443))
        self.rolled_out("hook")
        client = {"service": {"namespace": SHOP, "name": "hook", "path": "/validate"}, "caBundle": encoded(authority.crt("ca"))}
        self.cluster.apply({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "hook"},
                            "webhooks": [{"name": "hook.hullwright.test", "clientConfig": client, "sideEffects": "None", "admissionReviewVersions": ["v1"],
                                          "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}],
                                          "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": SHOP}}}]})
        labelled = lambda deny: json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "any", "namespace": SHOP, "labels": {"deny": deny}}})
        create = lambda deny: self.cluster.kubectl("create", "--dry-run=server", "-f", "-", input=labelled(deny), check=False)
        denial = 'admission webhook "hook.hullwright.test" denied the request: the label deny says so'
        self.cluster.wait_for("the webhook refuses", lambda: denial in create("true"), 30)
        self.assertIn("created", create("false"))
        self.cluster.kubectl("delete", "validatingwebhookconfiguration", "hook")

    def test_a_drain_stops_where_the_disruption_budget_says(self):
        labels = {"matchLabels": {"app": "web"}}
        self.cluster.apply({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": SHOP},
                            "spec": {"minAvailable": 1, "selector": labels}})
        allowed = lambda: self.cluster.get("poddisruptionbudget", "web", "-n", SHOP).get("status", {}).get("disruptionsAllowed") == 1
        self.cluster.wait_for("the budget is known", allowed, 30)
        drained = self.cluster.kubectl("drain", "node-1", "--ignore-daemonsets", "--pod-selector=app=web", "--timeout=6s", check=False)
        self.assertIn("evicted", drained)
        self.assertIn("would violate the pod's disruption budget", drained)
        self.assertEqual(self.cluster.get("deployment", "web", "-n", SHOP)["status"]["readyReplicas"], 1)
        self.cluster.kubectl("uncordon", "node-1")

    def test_nodes_of_kwok_are_ready_and_take_pods(self):
        if not self.kwok_nodes:
            self.skipTest("KWOK is not built (tests/tools/build kwok)")
        ready = lambda: self.cluster.kubectl("get", "nodes", "-l", "type=kwok").count(" Ready ") == self.kwok_nodes
        self.cluster.wait_for("the nodes of KWOK are ready", ready, 30)
        many = deployment("many", "registry.example/never/pulled:1", "1", replicas=20)
        many["spec"]["template"]["spec"].update({"tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}], "nodeSelector": {"type": "kwok"}})
        self.cluster.apply(many)
        self.rolled_out("many")

    def test_a_program_can_be_killed_and_started_again(self):
        self.cluster.restart("kube-apiserver", signal.SIGKILL)
        self.cluster.wait_for_api_server(60)
        self.ask("web")

    def test_a_second_cluster_is_told_who_has_the_first(self):
        exit_code, text = run_command("up")
        self.assertEqual(exit_code, 4, text)
        self.assertIn(f"process {os.getpid()} ", text)

    @classmethod
    def tearDownClass(cls):
        cls.cluster.stop()
        differences = {what: (then, now) for (what, then), now in zip(cls.before.items(), snapshot().values()) if then != now}
        assert not differences, f"the stopped cluster has left something: {differences}"


@unittest.skipIf(IMPOSSIBLE, IMPOSSIBLE)
class EndOfACluster(unittest.TestCase):
    maxDiff = None

    def start(self):
        process = command("up", "--patience", str(PATIENCE))
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        process.kill()
        process.wait()
        process.stdout.close()
        run_command("down")

    def until(self, condition, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def kubectl(self, *arguments):
        done = subprocess.run([built_tools("kubectl") / "kubectl", "--kubeconfig", state.KUBECONFIG, *arguments], capture_output=True, text=True, timeout=90)
        return done.returncode == 0

    def test_nothing_is_left_after_a_crash_with_pods_and_its_cleaning(self):
        before = snapshot()
        process = self.start()
        self.until(lambda: "Ctrl-C stops it" in process.stdout.readline() or process.poll() is not None)
        self.until(lambda: self.kubectl("run", "held", f"--image={PAUSE}"))
        self.assertTrue(self.kubectl("wait", "--for=condition=Ready", "pod/held", "--timeout=60s"))
        self.assertNotEqual(snapshot()["links"], before["links"])
        process.kill()
        process.wait()
        exit_code, text = run_command("down")
        self.assertEqual(exit_code, 0, text)
        self.assertIn("taken away: ", text)
        self.assertEqual(snapshot(), before)
        self.assertEqual(run_command("down"), (0, "nothing is left of a cluster\n"))

    def test_nothing_is_left_when_a_start_is_broken_off(self):
        before = snapshot()
        process = self.start()
        self.until(state.KUBECONFIG.exists)
        process.send_signal(signal.SIGINT)
        text = process.stdout.read()
        self.assertEqual(process.wait(60), 130, text)
        self.assertEqual(snapshot(), before)


class WithoutRoot(unittest.TestCase):
    def test_it_says_what_it_needs(self):
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), "PYTHONDONTWRITEBYTECODE": "1"}
        for what in ("up", "down"):
            done = subprocess.run(["unshare", "--user", sys.executable, "-m", "cluster", what], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("a cluster needs root", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
