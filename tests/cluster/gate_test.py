#!/usr/bin/env python3
"""The gate on a real node: built into images, installed by the chart with no value set, and taken through its worst days.

HULLWRIGHT_SOAK=1 makes each of them as long as docs/operations.md says; without, each is shown in short.

Usage: tests/cluster/gate_test.py [BUILD_DIR]
"""
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / (sys.argv[1] if len(sys.argv) > 1 else "build")
sys.path.insert(0, str(ROOT / "tests"))

from cluster import Cluster  # noqa: E402
from cluster.cluster import built_tools, why_impossible  # noqa: E402
from cluster.load import Load  # noqa: E402
from cluster.programs import CONTAINERD_SOCKET  # noqa: E402

GATE, SHOP = "hullwright-system", "shop"
SOAK = os.environ.get("HULLWRIGHT_SOAK") == "1"
CALLS = 10_000 if SOAK else 1_500
HOOKS = ("validatingwebhookconfiguration", "mutatingwebhookconfiguration")
CHART = ROOT / "charts/hullwright"
PATIENCE = 300


IMPOSSIBLE = why_impossible()


def pod(name: str, image: str) -> dict:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": SHOP},
            "spec": {"containers": [{"name": "app", "image": image, "securityContext": {"allowPrivilegeEscalation": False}}], "restartPolicy": "Never"}}


POLICY = {"apiVersion": "hullwright.dev/v1alpha1", "kind": "ClusterImageAdmissionPolicy", "metadata": {"name": "digests"},
          "spec": {"match": {"images": ["registry.example/**"]}, "enforcement": {"newImages": "Deny"}, "rules": {"reference": {"digest": "FromAuthor"}}}}


def told(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# One cluster for all, and each test goes on where the one before it ended: their names say the order.
@unittest.skipIf(IMPOSSIBLE, IMPOSSIBLE)
class Gate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        built_tools("helm", "cluster-app")
        cls.cluster = Cluster(patience=PATIENCE)
        cls.cluster.start()
        cls.addClassCleanup(cls.cluster.stop)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([ROOT / "tools/image/build", BUILD, folder], check=True, capture_output=True, timeout=300)
            for name in json.loads((pathlib.Path(folder) / "images.json").read_text()):
                cls.cluster.push_image(pathlib.Path(folder) / name, f"hullwright/{name}:0.1.0")
        app = {"/app": built_tools("cluster-app") / "cluster-app"}
        cls.cluster.push_files("shop/app:1", app, ["/app"])
        cls.good = f"registry.example/shop/app@{cls.cluster.digest('shop/app:1')}"
        cls.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SHOP}})
        cls.cluster.wait_for("the namespace has its account", lambda: "default" in cls.cluster.kubectl("get", "serviceaccounts", "-n", SHOP, check=False))

    # What the tests ask of it.

    def create(self, name: str, image: str, *options: str) -> str:
        return self.cluster.kubectl("create", "-f", "-", *options, input=json.dumps(pod(name, image)), check=False)

    def hooks(self, kind: str) -> list[dict]:
        return self.cluster.get(kind, "hullwright").get("webhooks", [])

    def registered(self) -> bool:
        return all(self.hooks(kind) and all(hook["clientConfig"].get("caBundle") for hook in self.hooks(kind)) for kind in HOOKS)

    def refuses(self) -> bool:
        return "DigestRequired" in self.create("refused", "registry.example/shop/app:1", "--dry-run=server")

    def admits(self) -> bool:
        return "created" in self.create("admitted", self.good, "--dry-run=server")

    def ready(self, component: str) -> int:
        pods = self.cluster.get("pods", "-n", GATE, "-l", f"app.kubernetes.io/component={component}")["items"]
        return sum(any(c["type"] == "Ready" and c["status"] == "True" for c in p["status"].get("conditions", [])) for p in pods if "deletionTimestamp" not in p["metadata"])

    def rolled_out(self, name: str, seconds: int = 300) -> None:
        self.cluster.kubectl("rollout", "status", f"deployment/{name}", "-n", GATE, f"--timeout={seconds}s", seconds=seconds + 10)

    def webhook_pods(self) -> list[str]:
        pods = self.cluster.get("pods", "-n", GATE, "-l", "app.kubernetes.io/component=webhook")["items"]
        return [p["metadata"]["name"] for p in pods if "deletionTimestamp" not in p["metadata"]]

    def secret(self, name: str) -> dict:
        return {key: base64.b64decode(value).decode() for key, value in self.cluster.get("secret", name, "-n", GATE)["data"].items()}

    def load(self) -> Load:
        return Load(self.cluster, SHOP, pod("load", self.good))

    # The days.

    def test_1_the_chart_installs_with_no_value_set(self):
        started = time.monotonic()
        self.cluster.helm("install", "hullwright", str(CHART), "--namespace", GATE, "--create-namespace", "--wait", "--timeout", "180s")
        self.cluster.wait_for("both hooks are registered", self.registered, 60)
        told(f"installed and registered after {time.monotonic() - started:.0f} s")
        self.assertEqual((self.ready("webhook"), self.ready("operator")), (3, 2))
        self.assertIn("Warning", self.create("unmatched", "registry.example/shop/app:1", "--dry-run=server", "--warnings-as-errors"), "no policy covers it")

    def test_2_a_pod_is_refused_and_one_that_proves_itself_runs(self):
        self.cluster.apply(POLICY)
        self.cluster.wait_for("the policy is in force", self.refuses, 30)
        self.assertTrue(self.admits())
        self.create("runs", self.good)
        self.cluster.kubectl("wait", "pod/runs", "-n", SHOP, "--for=condition=Ready", "--timeout=60s")
        tests = self.cluster.helm("test", "hullwright", "--namespace", GATE, "--timeout", "90s", check=False)
        self.assertIn("Phase:          Succeeded", tests)

    def test_3_a_rolling_restart_under_load_fails_no_call(self):
        with self.load() as load:
            load.wait_for_calls(200)
            self.cluster.kubectl("rollout", "restart", "deployment/hullwright-webhook", "-n", GATE)
            self.rolled_out("hullwright-webhook")
            load.wait_for_calls(max(200, CALLS - load.count()))
        told(f"rolling restart: {load.count()} calls, {len(load.failures())} failed, slowest {max(s for _, s, _ in load.answers) * 1000:.0f} ms")
        self.assertEqual(load.failures()[:3], [])

    def test_4_new_certificates_under_load_fail_no_call(self):
        """Secrets go, first the leaf's, then the CA's: the operator makes them anew as in any rotation. Rotations by age are tested in
        tests/operator."""
        with self.load() as load:
            load.wait_for_calls(100)
            for name in ("hullwright-webhook-tls", "hullwright-ca") if SOAK else ("hullwright-webhook-tls",):
                before = self.secret("hullwright-webhook-tls")
                self.cluster.kubectl("delete", "secret", name, "-n", GATE)
                self.cluster.wait_for(f"{name} is there again", lambda: name in self.cluster.kubectl("get", "secrets", "-n", GATE, check=False), 150)
                self.cluster.wait_for("the leaf is another one", lambda: self.secret("hullwright-webhook-tls")["tls.crt"] != before["tls.crt"], 180)
                load.wait_for_calls(CALLS)    # as long as a kubelet and every connection take to come to the new one
        told(f"certificates: {load.count()} calls, {len(load.failures())} failed")
        self.assertEqual(load.failures()[:3], [])

    def test_5_a_replica_killed_under_load_fails_what_was_on_it(self):
        with self.load() as load:
            load.wait_for_calls(200)
            killed = time.monotonic()
            victim = self.webhook_pods()[0]
            self.kill(victim)
            load.wait_for_calls(1000)
            after = load.failures(since=killed + 5)
        told(f"one replica killed: {load.count()} calls, {len(load.failures())} failed, {len(after)} of them after 5 s")
        self.assertLessEqual(len(load.failures()), 25)
        self.assertEqual(after, [])
        self.rolled_out("hullwright-webhook")

    def kill(self, name: str) -> None:
        """SIGKILL to the program in a Pod, by the container runtime: no signal before it, no word to the API server."""
        container = self.cluster.get("pod", name, "-n", GATE)["status"]["containerStatuses"][0]["containerID"].removeprefix("containerd://")
        done = self.cluster.in_node("ctr", "--address", CONTAINERD_SOCKET, "--namespace", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", container)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_6_without_a_replica_nothing_is_admitted_and_the_gate_comes_back_alone(self):
        self.cluster.kubectl("delete", "pods", "-n", GATE, "-l", "app.kubernetes.io/component=webhook", "--grace-period=0", "--force", "--wait=false")
        self.assertIn("failed calling webhook", self.cluster.wait_for("it is noticed", lambda: (
            text := self.create("meanwhile", self.good, "--dry-run=server")) and "failed calling webhook" in text and text, 20))
        self.cluster.wait_for("the gate is back", self.admits, 120)
        self.rolled_out("hullwright-webhook")

    def test_7_the_off_switch_opens_the_gate_and_closes_it_again(self):
        self.cluster.kubectl("annotate", "configmap", "hullwright-webhook-configuration", "-n", GATE, "hullwright.dev/gate=off")
        self.cluster.wait_for("no hook is registered", lambda: not any(self.hooks(kind) for kind in HOOKS), 60)
        self.cluster.wait_for("what was refused is admitted", lambda: not self.refuses(), 30)
        self.cluster.kubectl("annotate", "configmap", "hullwright-webhook-configuration", "-n", GATE, "hullwright.dev/gate-")
        self.cluster.wait_for("it is refused again", self.refuses, 60)

    def test_8_the_leader_killed_is_followed_within_twenty_seconds(self):
        leader = lambda: self.cluster.get("lease", "hullwright-operator", "-n", GATE)["spec"]["holderIdentity"]
        before = leader()
        killed = time.monotonic()
        self.kill(before.rsplit("_", 1)[0])
        self.cluster.wait_for("somebody else leads", lambda: leader() not in ("", before), 60)
        took = time.monotonic() - killed
        told(f"another operator leads after {took:.1f} s")
        self.assertLess(took, 20)
        self.assertTrue(self.refuses() and self.admits())

    def test_9_after_uninstalling_pods_can_be_created(self):
        self.cluster.helm("uninstall", "hullwright", "--namespace", GATE, "--wait", "--timeout", "120s")
        self.assertIn("created", self.create("free", "registry.example/shop/app:1", "--dry-run=server"))
        self.assertIn("imagescans.hullwright.dev", self.cluster.kubectl("get", "crds"), "the kinds and their objects stay")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
