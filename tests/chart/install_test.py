#!/usr/bin/env python3
"""The chart, installed by the real Helm on a real API server (no nodes, no controllers): what is accepted, who may do what, upgrades, the end.

Usage: tests/chart/install_test.py [BUILD_DIR]
"""
import base64
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1] / "bench")]
from api_server_bench import ApiServer    # noqa: E402
from chart import CHART, DIGEST, NAMESPACE, POLICIES, ROOT, VARIANTS, environment, helm, read_yaml, render, tools    # noqa: E402
from common import Webhook, make_certificate    # noqa: E402

OPERATOR = f"system:serviceaccount:{NAMESPACE}:hullwright-operator"
WEBHOOK = f"system:serviceaccount:{NAMESPACE}:hullwright-webhook"
HOOKS = "/apis/admissionregistration.k8s.io/v1"
VALIDATING, MUTATING = f"{HOOKS}/validatingwebhookconfigurations/hullwright", f"{HOOKS}/mutatingwebhookconfigurations/hullwright"
CONFIG_MAP = f"/api/v1/namespaces/{NAMESPACE}/configmaps/hullwright-webhook-configuration"
# Kinds of the Prometheus operator and of cert-manager, which this API server does not know.
FOREIGN = {"ServiceMonitor", "PrometheusRule", "Issuer", "Certificate"}


class Cluster(ApiServer):
    def ask(self, method, path, body=None, user=None, content_type="application/json"):
        """(status, object); user: whom to impersonate, with the groups of a service account."""
        headers = {"Authorization": "Bearer " + self.access["token"], "Content-Type": content_type}
        request = urllib.request.Request(self.access["url"] + path, method=method, data=None if body is None else json.dumps(body).encode(), headers=headers)
        if user:
            request.add_header("Impersonate-User", user)
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=20) as answer:
                self.warnings = answer.headers.get_all("Warning") or []
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read())

    def get(self, path):
        return self.ask("GET", path)[1]

    def apply(self, path, body, user=None, manager="hullwright-operator"):
        return self.ask("PATCH", f"{path}?fieldManager={manager}&force=true", body, user, "application/apply-patch+yaml")

    def helm(self, *arguments, **more):
        return helm(*arguments, KUBECONFIG=self.access["kubeconfig"], **more)

    def may(self, user, verb, resource, namespace="", name="", group=""):
        """As RBAC answers."""
        resource, _, sub = resource.partition("/")
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{NAMESPACE}", "system:authenticated"]
        attributes = {"verb": verb, "group": group, "resource": resource, "subresource": sub, "namespace": namespace, "name": name}
        status, answer = self.ask("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": {"user": user, "groups": groups, "resourceAttributes": attributes}})
        if status != 201:
            raise AssertionError(answer)
        return answer["status"]["allowed"]

    def audit(self):
        """(verb, path) of what was written, in order."""
        log = pathlib.Path(self.access["ca_file"]).parent / "audit.log"
        entries = [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]
        return [(entry["verb"], entry["requestURI"].split("?")[0]) for entry in entries if entry["stage"] == "ResponseComplete" and entry["verb"] not in ("get", "list", "watch")
                and entry.get("responseStatus", {}).get("code", 500) < 300]

    def register(self, bundle=base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()):
        """What the operator does, by its own rights. Returns the live hooks."""
        data = self.get(CONFIG_MAP)["data"]
        for key, path in (("validating.yaml", VALIDATING), ("mutating.yaml", MUTATING)):
            wanted = read_yaml(data[key])[0]
            for hook in wanted["webhooks"]:
                hook["clientConfig"]["caBundle"] = bundle
            status, answer = self.apply(path, wanted, user=OPERATOR)
            if status not in (200, 201):
                raise AssertionError(answer)
        return self.live()

    def live(self):
        return [self.get(path).get("webhooks", []) for path in (VALIDATING, MUTATING)]


class Installed(unittest.TestCase):
    """Each test begins with the chart installed, without values."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(BUILD)
        cls.cluster.ask("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}})
        cls.cluster.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}})
        cls.install()

    @classmethod
    def tearDownClass(cls):
        cls.cluster.__exit__()

    @classmethod
    def install(cls):
        cls.notes = cls.cluster.helm("install", "hullwright", CHART, "--namespace", NAMESPACE).stdout.split("NOTES:")[1]

    def upgrade(self, values):
        # Without --reset-values an upgrade without values keeps those of before.
        return self.cluster.helm("upgrade", "hullwright", CHART, "--namespace", NAMESPACE, "--reset-values", values=values)

    def test_1_policies_cannot_come_before_their_kinds_and_the_refusal_says_how(self):
        self.cluster.helm("uninstall", "hullwright", "--namespace", NAMESPACE)
        for kind in self.cluster.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]:
            self.cluster.ask("DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + kind["metadata"]["name"])
        self.wait_for(lambda: not self.cluster.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"])
        done = self.cluster.helm("install", "hullwright", CHART, "--namespace", NAMESPACE, values=POLICIES, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Install without them first", done.stderr)
        self.install()
        self.wait_for(lambda: self.cluster.ask("GET", "/apis/hullwright.dev/v1alpha1/clusterimageadmissionpolicies")[0] == 200)
        for mode in ("Audit", "Deny"):
            self.upgrade({**POLICIES, "policies": {**POLICIES["policies"], "mode": mode}})
            policies = {one["metadata"]["name"]: one["spec"]["enforcement"]["newImages"] for one in self.cluster.get("/apis/hullwright.dev/v1alpha1/clusterimageadmissionpolicies")["items"]}
            self.assertEqual(policies, {"baseline": mode, "restricted": mode, "regulated": mode})
        self.upgrade({})
        self.wait_for(lambda: not self.cluster.get("/apis/hullwright.dev/v1alpha1/clusterimageadmissionpolicies")["items"])

    def wait_for(self, condition):
        give_up = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), give_up)
            time.sleep(0.05)

    def test_notes_tell_what_is_in_force_and_how_to_switch_it_off(self):
        for word in ["rollout status", "helm test", "admitted with a warning", "policies.baseline.enabled", "hullwright.dev/gate=off", "named by tag", "pull secret"]:
            self.assertIn(word, self.notes)
        said = self.cluster.helm("upgrade", "hullwright", CHART, "--namespace", NAMESPACE, "--dry-run=server", values={**POLICIES, "image": {"digest": DIGEST}, "unmatched": "Deny"}).stdout
        said = said.split("NOTES:")[1]
        self.assertIn("baseline, restricted, regulated, in mode Audit", said)
        self.assertIn("policies.mode=Warn", said)
        self.assertIn("TrustRoot `public`", said)
        self.assertNotIn("named by tag", said)

    def test_every_switch_is_accepted_as_an_upgrade(self):
        self.addCleanup(self.upgrade, {})
        for name, values in {**VARIANTS, "policies": POLICIES}.items():
            with self.subTest(name):
                if not FOREIGN & {one["kind"] for one in render(values)}:
                    self.upgrade(values)
                for configuration in render(values).hooks():
                    path = VALIDATING if configuration["kind"].startswith("Validating") else MUTATING
                    status, answer = self.cluster.ask("PATCH", f"{path}?fieldManager=test&force=true&dryRun=All", configuration, content_type="application/apply-patch+yaml")
                    self.assertEqual(status, 200, answer)
        objects = [one for one in render(VARIANTS["monitoring"]) if one["kind"] not in FOREIGN and not str(one["metadata"].get("annotations")).startswith("{'helm.sh/hook")]
        done = subprocess.run([tools() / "kubectl", "apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-"], text=True, timeout=120, capture_output=True,
                              input=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}), env=environment(KUBECONFIG=self.cluster.access["kubeconfig"]))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_pod_security_restricted_admits_our_pods_without_a_word(self):
        for name, values in VARIANTS.items():
            objects = render(values)
            for pod in [one["spec"]["template"] for one in objects.of("Deployment")] + objects.of("Pod"):
                with self.subTest(name):
                    body = {"metadata": {"generateName": "try-", "labels": pod["metadata"]["labels"]}, "spec": pod["spec"]}
                    status, answer = self.cluster.ask("POST", f"/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All", body)
                    self.assertEqual(status, 201, answer)
                    ours = not values.get("global")    # of a mirror the guard that is installed knows nothing
                    self.assertEqual(self.cluster.warnings if ours else [], [])
        body["spec"]["containers"][0]["securityContext"]["privileged"] = True
        body["spec"]["containers"][0]["securityContext"].pop("allowPrivilegeEscalation")
        self.assertEqual(self.cluster.ask("POST", f"/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All", body)[0], 403, "the profile is enforced here")

    def test_the_webhook_may_do_what_it_must_and_reads_no_secret_unless_told_so(self):
        self.addCleanup(self.upgrade, {})
        may = lambda verb, resource, **more: self.cluster.may(WEBHOOK, verb, resource, **more)    # noqa: E731
        for kind in ("clusterimageadmissionpolicies", "imagescans", "trustroots", "breakglasses"):
            self.assertTrue(all(may(verb, kind, group="hullwright.dev") for verb in ("list", "watch")))
            self.assertFalse(any(may(verb, kind, group="hullwright.dev") for verb in ("create", "update", "patch", "delete", "import", "waive")))
        self.assertTrue(all(may(verb, "namespaces") for verb in ("get", "list", "watch")))
        self.assertTrue(may("create", "subjectaccessreviews", group="authorization.k8s.io"))
        self.assertTrue(may("get", "configmaps", namespace=NAMESPACE, name="release-key"))
        self.assertFalse(may("get", "configmaps", namespace="shop", name="any"))
        for verb in ("get", "list", "watch", "create"):
            self.assertFalse(may(verb, "secrets"))
            self.assertFalse(may(verb, "secrets", namespace=NAMESPACE, name="hullwright-ca"))
        self.upgrade({"pullSecrets": {"namespaces": ["shop"]}, "trustSecrets": ["registry-login"]})
        self.assertTrue(may("get", "secrets", namespace="shop", name="any") and may("get", "serviceaccounts", namespace="shop", name="default"))
        self.assertFalse(may("list", "secrets", namespace="shop") or may("get", "secrets", namespace="default", name="any"))
        self.assertTrue(may("get", "secrets", namespace=NAMESPACE, name="registry-login"))
        self.assertFalse(may("get", "secrets", namespace=NAMESPACE, name="hullwright-ca"))
        self.upgrade({"pullSecrets": {"everyNamespace": True}})
        self.assertTrue(may("get", "secrets", namespace="default", name="any"))
        self.assertFalse(may("list", "secrets") or may("watch", "secrets"))

    def test_the_operator_may_do_what_it_must_and_nothing_else(self):
        self.addCleanup(self.upgrade, {})
        may = lambda verb, resource, name="", namespace=NAMESPACE, group="": self.cluster.may(OPERATOR, verb, resource, namespace, name, group)    # noqa: E731
        for secret in ("hullwright-ca", "hullwright-webhook-tls"):
            self.assertTrue(may("get", "secrets", secret) and may("update", "secrets", secret) and may("create", "secrets"))
            self.assertFalse(may("get", "secrets", "other") or may("get", "secrets", secret, namespace="shop") or may("delete", "secrets", secret))
        self.assertFalse(may("list", "secrets") or may("watch", "secrets"))
        self.assertTrue(may("get", "leases", "hullwright-operator", group="coordination.k8s.io") and may("update", "leases", "hullwright-operator", group="coordination.k8s.io"))
        self.assertFalse(may("update", "leases", "other", group="coordination.k8s.io"))
        self.assertTrue(all(may(verb, "configmaps", "hullwright-webhook-configuration") for verb in ("get", "list", "watch")))
        self.assertFalse(may("update", "configmaps", "hullwright-webhook-configuration") or may("list", "configmaps"))
        for kind in ("validatingwebhookconfigurations", "mutatingwebhookconfigurations"):
            of = {"namespace": "", "group": "admissionregistration.k8s.io"}
            self.assertTrue(all(may(verb, kind, "hullwright", **of) for verb in ("get", "watch", "patch")) and may("create", kind, **of))
            self.assertFalse(may("patch", kind, "others", **of) or may("delete", kind, "hullwright", **of))
        self.assertTrue(all(may(verb, kind, namespace="", group="hullwright.dev") for verb, kind in (("patch", "clusterimageadmissionpolicies/status"), ("watch", "breakglasses"))))
        self.assertTrue(may("create", "events", group="events.k8s.io"))
        self.assertFalse(may("create", "events", namespace="shop", group="events.k8s.io"))
        self.assertFalse(may("patch", "imagescans/status", namespace="", group="hullwright.dev") or may("patch", "clusterimageadmissionpolicies", namespace="", group="hullwright.dev"))
        self.assertFalse(may("create", "pods") or may("create", "pods", namespace="shop"))
        status, _ = self.cluster.ask("GET", f"/api/v1/namespaces/{NAMESPACE}/configmaps?fieldSelector=metadata.name=hullwright-webhook-configuration", user=OPERATOR)
        self.assertEqual(status, 200, "a list of the one ConfigMap by its name is what a watch begins with")
        self.upgrade(VARIANTS["secret"])
        self.assertTrue(may("get", "secrets", "mine"))
        self.assertFalse(may("update", "secrets", "mine") or may("create", "secrets") or may("get", "secrets", "hullwright-ca"))

    def grant_edit(self, user):
        """What the ClusterRole `edit` would have, if a controller filled it here."""
        binding = {"metadata": {"name": user}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:aggregate-to-edit"}, "subjects": [{"kind": "User", "name": user}]}
        self.cluster.ask("POST", f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/rolebindings", binding)

    def test_who_may_merely_edit_the_namespace_cannot_switch_the_gate_off(self):
        self.addCleanup(self.upgrade, {})
        self.grant_edit("mallory")
        off = {"metadata": {"annotations": {"hullwright.dev/gate": "off"}}}

        def switch(user, body):
            return self.cluster.ask("PATCH", CONFIG_MAP, body, user, "application/merge-patch+json")
        # The API server takes a policy up within about a second.
        self.wait_for(lambda: "decides whether images are judged" in switch("mallory", off)[1].get("message", ""))
        status = switch("mallory", off)[0]
        secret = {"metadata": {"name": "hullwright-ca"}, "data": {}}
        secrets = f"/api/v1/namespaces/{NAMESPACE}/secrets"
        self.assertEqual(self.cluster.ask("POST", secrets, secret, "mallory")[0], status)
        self.assertEqual(self.cluster.ask("POST", secrets, secret, OPERATOR)[0], 201)
        self.assertEqual(self.cluster.ask("POST", secrets, {"metadata": {"name": "another"}}, "mallory")[0], 201)
        self.cluster.ask("DELETE", secrets + "/hullwright-ca")
        self.cluster.ask("DELETE", secrets + "/another")
        binding = {"metadata": {"name": "switch"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "hullwright-switch"}, "subjects": [{"kind": "User", "name": "mallory"}]}
        self.cluster.ask("POST", f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/rolebindings", binding)
        self.wait_for(lambda: switch("mallory", off)[0] == 200)
        # An upgrade keeps what somebody switched, and takes nothing else from whoever did.
        self.upgrade({"image": {"digest": DIGEST}})
        self.assertEqual(self.cluster.get(CONFIG_MAP)["metadata"]["annotations"]["hullwright.dev/gate"], "off")
        switch("mallory", {"metadata": {"annotations": {"hullwright.dev/gate": None}}})
        self.cluster.ask("DELETE", f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/rolebindings/switch")

    def test_foreign_images_in_our_own_namespace_are_told_or_refused(self):
        self.addCleanup(self.upgrade, {})
        pod = render().of("Pod", "hullwright-test")
        body = {"metadata": {"name": "foreign"}, "spec": json.loads(json.dumps(pod["spec"]))}
        path = f"/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All"
        body["spec"]["containers"][0]["image"] = "registry.example/hullwright/webhook-not:1"

        def warned():
            status, answer = self.cluster.ask("POST", path, body)
            self.assertEqual(status, 201, answer)
            return any("guard.allowedImages" in warning for warning in self.cluster.warnings)
        self.wait_for(warned)
        self.upgrade({"guard": {"ownNamespaceImages": "Deny", "allowedImages": ["registry.example/mesh/"]}})
        self.wait_for(lambda: self.cluster.ask("POST", path, body)[0] == 403 or self.cluster.ask("POST", path, body)[0] == 422)
        for part in ({"initContainers": [{**pod["spec"]["containers"][0], "name": "first", "image": "evil.example/x"}]},
                     {"volumes": [*pod["spec"]["volumes"], {"name": "i", "image": {"reference": "evil.example/x"}}]}):
            self.assertIn(self.cluster.ask("POST", path, {"metadata": {"name": "p"}, "spec": {**pod["spec"], **part}})[0], (403, 422))
        body["spec"]["containers"][0]["image"] = "registry.example/mesh/proxy:1"
        self.assertEqual(self.cluster.ask("POST", path, body)[0], 201)

    def test_an_upgrade_leaves_what_is_registered_alone_and_brings_what_is_wanted(self):
        self.addCleanup(self.upgrade, {})
        before = self.cluster.register()
        self.assertEqual([[hook["name"] for hook in hooks] for hooks in before], [["images.hullwright.dev", "objects.hullwright.dev"], ["pin.hullwright.dev", "stamp.hullwright.dev"]])
        # Nothing answers them here, and they are about to be asked.
        self.cluster.ask("PATCH", VALIDATING, {"webhooks": [{"name": name, "failurePolicy": "Ignore"} for name in ("images.hullwright.dev", "objects.hullwright.dev")]}, content_type="application/strategic-merge-patch+json")
        self.cluster.ask("PATCH", MUTATING, {"webhooks": [{"name": "stamp.hullwright.dev", "failurePolicy": "Ignore"}]}, content_type="application/strategic-merge-patch+json")
        before = self.cluster.live()
        uids = [self.cluster.get(path)["metadata"]["uid"] for path in (VALIDATING, MUTATING)]
        self.upgrade({"image": {"digest": DIGEST}, "webhook": {"excludedNamespaces": ["monitoring"]}, "commonLabels": {"team": "platform"}})
        self.assertEqual(self.cluster.live(), before)
        self.assertEqual([self.cluster.get(path)["metadata"]["uid"] for path in (VALIDATING, MUTATING)], uids)
        self.assertIn("monitoring", self.cluster.get(CONFIG_MAP)["data"]["validating.yaml"])
        self.assertIn(DIGEST, json.dumps(self.cluster.get(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/hullwright-webhook")["spec"]))
        self.cluster.helm("rollback", "hullwright", "--namespace", NAMESPACE)
        self.assertEqual(self.cluster.live(), before)
        for path in (VALIDATING, MUTATING):
            self.cluster.ask("PATCH", path, {"webhooks": []}, content_type="application/merge-patch+json")

    def test_zz_uninstalling_switches_off_first_and_leaves_kinds_and_no_hook(self):
        self.cluster.ask("DELETE", VALIDATING)
        self.assertEqual([len(hooks) for hooks in self.cluster.register()], [2, 2], "the operator may also make what somebody deleted")
        begun = len(self.cluster.audit())
        self.cluster.helm("uninstall", "hullwright", "--namespace", NAMESPACE)
        written = self.cluster.audit()[begun:]
        off = written.index(("create", CONFIG_MAP.rsplit("/", 1)[0]))
        deployment = written.index(("delete", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/hullwright-operator"))
        for path in (VALIDATING, MUTATING):
            self.assertEqual(self.cluster.ask("GET", path)[0], 404)
            self.assertLess(off, written.index(("delete", path)))
            self.assertLess(written.index(("delete", path)), deployment)
        self.assertEqual(len(self.cluster.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]), len(list((ROOT / "crds").glob("*.yaml"))))
        # Nobody answers the hooks that were registered: Pods can be created, so that they are gone.
        pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "registry.example/a:1"}]}}
        self.wait_for(lambda: self.cluster.ask("POST", "/api/v1/namespaces/shop/pods?dryRun=All", pod)[0] == 201)
        left = [one for one in render() if one["kind"] != "CustomResourceDefinition" and self.is_there(one)]
        self.assertEqual(left, [])

    def is_there(self, one):
        done = subprocess.run([tools() / "kubectl", "get", "-f", "-", "--ignore-not-found", "-o", "name"], input=json.dumps(one), capture_output=True, text=True, timeout=60,
                              env=environment(KUBECONFIG=self.cluster.access["kubeconfig"]))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()


class Asked(unittest.TestCase):
    """What the API server sends to the real webhook, registered as the chart says: by address, since Services lead nowhere here."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(cls.folder.name)
        make_certificate(folder)
        cls.cluster = Cluster(BUILD)
        for file in (ROOT / "crds").glob("*.yaml"):
            cls.cluster.ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", read_yaml(file.read_text())[0])
        cls.cluster.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}})
        cls.webhook = Webhook(BUILD, folder, "--unmatched", "Warn", "--no-registry", kubeconfig=cls.cluster.access["kubeconfig"])
        bundle = base64.b64encode((folder / "tls.crt").read_bytes()).decode()
        for configuration, path in zip(render().hooks(), (VALIDATING, MUTATING)):
            for hook in configuration["webhooks"]:
                hook["clientConfig"] = {"url": f"https://127.0.0.1:{cls.webhook.port}{hook['clientConfig']['service']['path']}", "caBundle": bundle}
            status, answer = cls.cluster.apply(path, configuration, manager="test")
            assert status in (200, 201), answer
        give_up = time.monotonic() + 20
        while cls.asked(cls, "POST", "/api/v1/namespaces/shop/pods?dryRun=All", cls.pod("a:1")) != ["pin", "validate"] and time.monotonic() < give_up:
            time.sleep(0.1)

    @classmethod
    def tearDownClass(cls):
        cls.webhook.__exit__()
        cls.cluster.__exit__()
        cls.folder.cleanup()

    @staticmethod
    def pod(*images, **more):
        return {"metadata": {"name": "p", **more}, "spec": {"containers": [{"name": f"c{n}", "image": image} for n, image in enumerate(images)]}}

    def counts(self):
        text = subprocess.run(["curl", "-sk", f"https://127.0.0.1:{self.webhook.port}/metrics"], check=True, capture_output=True, text=True).stdout
        return {path: sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("hullwright_decisions_total") and f'path="{path}"' in line)
                for path in ("pin", "validate", "stamp", "validate-objects")}

    def asked(self, method, path, body, content_type="application/json"):
        """Which hooks were asked."""
        before = Asked.counts(self)
        status, answer = self.cluster.ask(method, path, body, content_type=content_type)
        if status not in (200, 201):
            raise AssertionError(answer)
        after = Asked.counts(self)
        return [name for name in before if after[name] != before[name]]

    def test_updates_that_change_no_image_are_not_sent(self):
        deployments = "/apis/apps/v1/namespaces/shop/deployments"
        template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "registry.example/a:1"}]}}
        deployment = {"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}
        self.assertEqual(self.asked("POST", deployments, deployment), ["validate"])
        merge = "application/merge-patch+json"
        self.assertEqual(self.asked("PATCH", deployments + "/web", {"metadata": {"labels": {"x": "y"}}}, merge), [])
        self.assertEqual(self.asked("PATCH", deployments + "/web", {"spec": {"replicas": 3}}, merge), [])
        patch = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "registry.example/a:2"}]}}}}
        self.assertEqual(self.asked("PATCH", deployments + "/web", patch, "application/strategic-merge-patch+json"), ["validate"])
        cron = {"metadata": {"name": "cron"}, "spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": {"spec": {**template["spec"], "restartPolicy": "Never"}}}}}}
        cronjobs = "/apis/batch/v1/namespaces/shop/cronjobs"
        self.assertEqual(self.asked("POST", cronjobs, cron), ["validate"])
        self.assertEqual(self.asked("PATCH", cronjobs + "/cron", {"metadata": {"labels": {"x": "y"}}}, merge), [])
        patch = {"spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "registry.example/a:2"}]}}}}}}
        self.assertEqual(self.asked("PATCH", cronjobs + "/cron", patch, "application/strategic-merge-patch+json"), ["validate"])
        templates = "/api/v1/namespaces/shop/podtemplates"
        self.assertEqual(self.asked("POST", templates, {"metadata": {"name": "t"}, "template": template}), ["validate"])
        self.assertEqual(self.asked("PATCH", templates + "/t", {"template": {"spec": {"containers": [{"name": "c", "image": "registry.example/a:2"}]}}}, "application/strategic-merge-patch+json"), ["validate"])

    def test_a_pod_is_sent_whenever_an_image_comes_or_changes(self):
        pods = "/api/v1/namespaces/shop/pods"
        self.assertEqual(self.asked("POST", pods, self.pod("registry.example/a:1")), ["pin", "validate"])
        self.assertEqual(self.asked("PATCH", pods + "/p", {"metadata": {"finalizers": ["example.com/x"]}}, "application/merge-patch+json"), [])
        self.assertEqual(self.asked("PATCH", pods + "/p", {"metadata": {"finalizers": []}}, "application/merge-patch+json"), [])
        patch = {"spec": {"containers": [{"name": "c0", "image": "registry.example/a:2"}]}}
        self.assertEqual(self.asked("PATCH", pods + "/p", patch, "application/strategic-merge-patch+json"), ["validate"])
        patch = {"spec": {"ephemeralContainers": [{"name": "e", "image": "registry.example/e:1"}]}}
        self.assertEqual(self.asked("PATCH", pods + "/p/ephemeralcontainers", patch, "application/strategic-merge-patch+json"), ["pin", "validate"])
        self.cluster.ask("DELETE", pods + "/p?gracePeriodSeconds=0")

    def test_pinning_is_asked_for_tags_alone_wherever_they_stand(self):
        path = "/api/v1/namespaces/shop/pods?dryRun=All"
        pinned = "registry.example/a@" + DIGEST
        self.assertEqual(self.asked("POST", path, self.pod(pinned)), ["validate"])
        self.assertEqual(self.asked("POST", path, self.pod(pinned, "registry.example/a:1")), ["pin", "validate"])
        first = self.pod(pinned)
        first["spec"]["initContainers"] = [{"name": "i", "image": "registry.example/a"}]
        self.assertEqual(self.asked("POST", path, first), ["pin", "validate"])
        for reference, wanted in (("registry.example/v:1", ["pin", "validate"]), (pinned, ["validate"])):
            volume = self.pod(pinned)
            volume["spec"]["volumes"] = [{"name": "v", "image": {"reference": reference}}]
            self.assertEqual(self.asked("POST", path, volume), wanted)


BUILD = ROOT / (sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build")

if __name__ == "__main__":
    unittest.main()
