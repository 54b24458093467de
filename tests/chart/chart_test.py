#!/usr/bin/env python3
"""The chart, by the real Helm: what it renders, what it refuses, and what its policies and alerts say.

Usage: tests/chart/chart_test.py [BUILD_DIR]
"""
import datetime
import gzip
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chart import CHART, DIGEST, NAMESPACE, OFFLINE, POLICIES, ROOT, VARIANTS, Rendered, helm, metrics_of, read_yaml, refusal, render, template, tools    # noqa: E402

# The conventions of Kubernetes charts that admins know (docs/install.md).
KEYS = """nameOverride fullnameOverride namespaceOverride commonLabels global.imageRegistry imagePullSecrets image.registry image.repository image.tag
image.digest image.pullPolicy replicas revisionHistoryLimit updateStrategy priorityClassName podAnnotations podLabels podSecurityContext
securityContext resources nodeSelector affinity topologySpreadConstraints tolerations podDisruptionBudget autoscaling serviceAccount.create
serviceAccount.name serviceAccount.annotations serviceAccount.automount rbac.create service webhook.failurePolicy webhook.timeoutSeconds
webhook.namespaceSelector webhook.matchConditions webhook.excludedNamespaces certs.mode networkPolicy.enabled networkPolicy.apiServerCIDRs
networkPolicy.extraEgress metrics.serviceMonitor prometheusRule extraArgs extraEnv extraVolumes extraVolumeMounts extraObjects test.image""".split()


def read(name):
    return (ROOT / name).read_text()


def rules_of(rendered, kinds=("Role", "ClusterRole")):
    return [(role["metadata"]["name"], rule) for kind in kinds for role in rendered.of(kind) for rule in role["rules"]]


class Values(unittest.TestCase):
    def test_lint_finds_nothing(self):
        for name in ("defaults", "extras", "monitoring", "certManager"):
            with self.subTest(name):
                said = helm("lint", CHART, "--strict", *OFFLINE, values=VARIANTS[name]).stdout
                self.assertNotIn("[WARNING]", said)

    def test_every_key_that_admins_expect_is_there(self):
        values = read_yaml(read("charts/hullwright/values.yaml"))[0]

        def has(path):
            here = values
            for word in path.split("."):
                if not isinstance(here, dict) or word not in here:
                    return False
                here = here[word]
            return True
        self.assertEqual([key for key in KEYS if not has(key)], [])

    def test_every_switch_renders(self):
        for name, values in VARIANTS.items():
            with self.subTest(name):
                objects = render(values)
                names = [(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"], "helm.sh/hook" in one["metadata"].get("annotations", {})) for one in objects]
                self.assertEqual(len(names), len(set(names)), "an object is there twice")

    def test_the_schema_is_closed_everywhere(self):
        schema = json.loads(read("charts/hullwright/values.schema.json"))
        opened = []

        def look(node, path):
            if isinstance(node, list):
                for number, each in enumerate(node):
                    look(each, f"{path}[{number}]")
            elif isinstance(node, dict):
                closed = "additionalProperties" in node and node["additionalProperties"] is not True
                if "object" in ([node.get("type")] if isinstance(node.get("type"), str) else node.get("type") or []) and not closed and "$comment" not in node:
                    opened.append(path)
                for key, each in node.items():
                    look(each, f"{path}.{key}")
        look(schema, "")
        self.assertEqual(opened, [".properties.global"], "Helm itself puts what charts above this one have under `global`")

    def test_the_schema_has_every_value_and_no_other(self):
        schema = json.loads(read("charts/hullwright/values.schema.json"))
        values = read_yaml(read("charts/hullwright/values.yaml"))[0]

        def compare(node, value, path):
            node = schema["definitions"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node
            if "properties" in node and isinstance(value, dict) and value:
                told = {"minAvailable"} if path.endswith("podDisruptionBudget") else set()
                self.assertEqual(set(node["properties"]) - told - {"claims"}, set(value) | (set(node["properties"]) & {"claims"}) - {"claims"}, path)
                for key, each in value.items():
                    compare(node["properties"][key], each, f"{path}.{key}")
        compare(schema, values, "")

    def test_a_mistake_in_values_is_named(self):
        for values, words in [
            ({"replica": 3}, ["replica", "not allowed"]),
            ({"operator": {"replcas": 3}}, ["operator", "replcas"]),
            ({"certs": {"mode": "selfsigned"}}, ["certs/mode", "certManager"]),
            ({"policies": {"mode": "Enforce"}}, ["policies/mode", "Audit"]),
            ({"policies": {"baseline": True}}, ["policies/baseline"]),
            ({"webhook": {"timeoutSeconds": 30}}, ["webhook/timeoutSeconds", "10"]),
            ({"webhook": {"namespaceSelector": {"matchExpressions": [{"key": "hullwright.dev/skip", "operator": "NotIn", "values": ["x"]}]}}}, ["kubernetes.io/metadata.name"]),
            ({"webhook": {"namespaceSelector": {"matchLabels": {"a": "b"}}}}, ["matchLabels"]),
            ({"image": {"digest": "sha256:12"}}, ["image/digest"]),
            ({"unmatched": "Ignore"}, ["unmatched"]),
            ({"certs": {"mode": "secret"}}, ["certs.secretName"]),
            ({"image": {"tag": ""}}, ["image: give a digest"]),
            ({"publishers": ["debian"]}, ["debian", "chainguard"]),
            ({"shutdownDelaySeconds": 30}, ["terminationGracePeriodSeconds", "55"]),
            ({"history": {"enabled": True}}, ["clientCA"]),
            ({"policies": {"restricted": {"enabled": True}}}, ["policies.publishers"]),
            ({"policies": {"regulated": {"enabled": True}}}, ["exploitation.artifact"]),
        ]:
            with self.subTest(str(values)):
                said = refusal(values)
                self.assertEqual([word for word in words if word not in said], [], said)

    def test_every_image_is_named_by_digest_when_the_chart_is_packaged(self):
        with tempfile.TemporaryDirectory() as folder:
            digests = [f"{name}=sha256:{letter * 64}" for name, letter in (("webhook", "a"), ("operator", "b"), ("hullctl", "c"))]
            environment = {**os.environ, "HELM": str(tools() / "helm")}
            package = ROOT / "charts" / "package"
            subprocess.run([package, folder, *digests], check=True, capture_output=True, env=environment, timeout=60)
            archive, = pathlib.Path(folder).glob("*.tgz")
            objects = Rendered(read_yaml(helm("template", "hullwright", archive, *OFFLINE, values={}).stdout))
            wrong = subprocess.run([package, folder, "webhook=latest"], capture_output=True, text=True, env=environment, timeout=60)
        images = {container["image"] for one in objects for pod in [one.get("spec", {}).get("template", one)] if pod.get("spec", {}).get("containers") for container in pod["spec"]["containers"]}
        self.assertEqual(images, {f"registry.example/hullwright/{name}:0.1.0@sha256:{letter * 64}" for name, letter in (("webhook", "a"), ("operator", "b"), ("hullctl", "c"))})
        self.assertNotEqual(wrong.returncode, 0)
        self.assertIn("missing: operator", wrong.stderr)


class Objects(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.default = render()

    def test_kinds_are_those_of_the_folder_crds(self):
        theirs = {path.name: path.read_text() for path in (ROOT / "crds").glob("*.yaml")}
        self.assertEqual({path.name: path.read_text() for path in (CHART / "files" / "crds").glob("*.yaml")}, theirs, "run `make generate`")
        rendered = {one["metadata"]["name"]: one for one in self.default.of("CustomResourceDefinition")}
        self.assertEqual(len(rendered), len(theirs))
        for text in theirs.values():
            wanted = read_yaml(text)[0]
            one = rendered[wanted["metadata"]["name"]]
            self.assertEqual(one["metadata"].pop("annotations"), {"helm.sh/resource-policy": "keep"})
            self.assertIn("helm.sh/chart", one["metadata"].pop("labels"))
            self.assertEqual(one, wanted)
        self.assertTrue(all("annotations" not in one["metadata"] for one in render(VARIANTS["no keeping"]).of("CustomResourceDefinition")))

    def test_the_webhook_survives_nodes_rollouts_and_neighbours(self):
        deployment = self.default.of("Deployment", "hullwright-webhook")["spec"]
        pod, container = deployment["template"]["spec"], self.default.container("webhook")
        self.assertEqual(deployment["replicas"], 3)
        self.assertEqual(deployment["strategy"], {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}})
        self.assertEqual(pod["priorityClassName"], "system-cluster-critical")
        self.assertEqual({each["topologyKey"] for each in pod["topologySpreadConstraints"]}, {"kubernetes.io/hostname", "topology.kubernetes.io/zone"})
        self.assertTrue(all(each["labelSelector"]["matchLabels"]["app.kubernetes.io/component"] == "webhook" for each in pod["topologySpreadConstraints"]))
        delay = int(next(a for a in container["args"] if a.startswith("--shutdown-delay=")).split("=")[1])
        self.assertGreaterEqual(pod["terminationGracePeriodSeconds"], delay + 25)
        self.assertGreaterEqual(delay, 10)
        for component in ("webhook", "operator"):
            resources = self.default.container(component)["resources"]
            self.assertEqual(resources["requests"]["memory"], resources["limits"]["memory"])
            self.assertNotIn("cpu", resources["limits"])
            budget = self.default.of("PodDisruptionBudget", f"hullwright-{component}")["spec"]
            self.assertEqual(budget["maxUnavailable"], 1)
            self.assertEqual(budget["selector"]["matchLabels"], self.default.of("Deployment", f"hullwright-{component}")["spec"]["selector"]["matchLabels"])
        self.assertNotIn("replicas", render(VARIANTS["autoscaling"]).of("Deployment", "hullwright-webhook")["spec"])

    def test_every_container_is_restricted_and_writes_only_where_a_volume_is(self):
        for name, values in VARIANTS.items():
            objects = render(values)
            pods = [one["spec"]["template"]["spec"] for one in objects.of("Deployment")] + [one["spec"] for one in objects.of("Pod")]
            self.assertEqual(len(pods), 3)
            for pod in pods:
                with self.subTest(name):
                    self.assertEqual((pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]), (True, 65532))
                    self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                    self.assertIs(pod["automountServiceAccountToken"], False)
                    container, = pod["containers"]
                    self.assertEqual(container["securityContext"], {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})
                    mounted = {mount["name"] for mount in container["volumeMounts"]}
                    self.assertEqual(mounted, {volume["name"] for volume in pod["volumes"]})
                    written = [argument.split("=", 1)[1] for argument in container.get("args", []) if re.match("--(cache|history)=", argument)]
                    writable = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
                    self.assertEqual([path for path in written if not any(path.startswith(folder + "/") for folder in writable)], [])
                    token, = (source["serviceAccountToken"] for volume in pod["volumes"] if volume["name"] == "token" for source in volume["projected"]["sources"] if "serviceAccountToken" in source)
                    self.assertLessEqual(token["expirationSeconds"], 3600)

    def test_the_webhook_knows_every_argument_that_the_chart_gives(self):
        known = subprocess.run([BUILD / "bin/hullwright-webhook", "--help"], check=True, capture_output=True, text=True, timeout=30).stdout
        for name, values in VARIANTS.items():
            given = {argument.split("=")[0] for argument in render(values).container("webhook")["args"]}
            self.assertEqual([flag for flag in given if not re.search(rf"^\s*(-\w,)?{flag}\b", known, re.MULTILINE)], [], name)

    def test_the_operator_knows_every_argument_that_the_chart_gives(self):
        program = BUILD / "bin/hullwright-operator"
        if not program.exists():
            self.skipTest("hullwright-operator is not built")
        known = subprocess.run([program, "--help"], check=True, capture_output=True, text=True, timeout=30).stdout
        for name, values in VARIANTS.items():
            given = {argument.split("=")[0] for argument in render(values).container("operator")["args"]}
            self.assertEqual([flag for flag in given if not re.search(rf"^\s*(-\w,)?{flag}\b", known, re.MULTILINE)], [], name)

    def test_hullctl_knows_every_argument_of_helm_test(self):
        known = subprocess.run([BUILD / "bin/hullctl", "doctor", "--help"], capture_output=True, text=True, timeout=30)
        if known.returncode:
            self.skipTest("this hullctl has no doctor")
        command, *given = self.default.of("Pod", "hullwright-test")["spec"]["containers"][0]["args"]
        self.assertEqual(command, "doctor")
        self.assertEqual([argument for argument in given if not re.search(rf"\s{argument.split('=')[0]}\b", known.stdout)], [])
        self.assertIn("admission", known.stdout)

    def test_the_authority_s_key_is_mounted_nowhere(self):
        for name, values in VARIANTS.items():
            for deployment in render(values).of("Deployment"):
                secrets = {volume["secret"]["secretName"] for volume in deployment["spec"]["template"]["spec"]["volumes"] if "secret" in volume}
                wanted = {"mine" if name == "secret" else "hullwright-webhook-tls"} if deployment["metadata"]["name"] == "hullwright-webhook" else set()
                self.assertEqual(secrets, wanted, name)

    def test_nobody_may_list_or_watch_secrets_and_who_may_read_which_is_named(self):
        for name, values in VARIANTS.items():
            objects = render(values)
            for role, rule in rules_of(objects):
                with self.subTest(f"{name}: {role}"):
                    watches_ours = rule["apiGroups"] == ["hullwright.dev"] and set(rule["verbs"]) == {"list", "watch"}
                    self.assertNotIn("*", rule["verbs"] + rule["apiGroups"] + ([] if watches_ours else rule["resources"]))
                    if "secrets" not in rule["resources"]:
                        continue
                    self.assertFalse({"list", "watch", "deletecollection", "delete"} & set(rule["verbs"]))
                    if "resourceNames" not in rule:
                        switched_on = role == "hullwright-pull-secrets" or role == "hullwright-webhook" and name == "pull secrets of all"
                        self.assertEqual(rule["verbs"], ["get"] if switched_on else ["create"])
        webhook = [rule for role, rule in rules_of(self.default) if role == "hullwright-webhook"]
        self.assertEqual([rule for rule in webhook if "secrets" in rule["resources"]], [])
        self.assertEqual({verb for rule in webhook for verb in rule["verbs"]}, {"get", "list", "watch", "create"})

    def test_roles_are_those_of_the_page_on_installing_by_hand(self):
        by_hand = Rendered(read_yaml(read("docs/install/rbac.yaml")))

        def rights(objects, name):
            return {(group, resource, verb) for role, rule in rules_of(objects, ["ClusterRole"]) if role == name for group in rule["apiGroups"] for resource in rule["resources"] for verb in rule["verbs"]}
        of_kinds = lambda rights_: {right for right in rights_ if right[0] != "hullwright.dev" and right[1] != "configmaps"}    # noqa: E731
        self.assertEqual(of_kinds(rights(render(VARIANTS["pull secrets of all"]), "hullwright-webhook")), of_kinds(rights(by_hand, "hullwright-webhook")))
        self.assertEqual(rights(self.default, "hullwright-import"), rights(by_hand, "hullwright-import"))

    def test_hooks_are_those_of_the_page_on_installing_by_hand_and_skip_what_cannot_matter(self):
        by_hand = {hook["name"]: hook for one in read_yaml(read("docs/install/webhooks.yaml")) for hook in one["webhooks"]}
        ours = {hook["name"]: hook for one in self.default.hooks() for hook in one["webhooks"]}
        self.assertEqual(set(ours), set(by_hand))
        for name, hook in ours.items():
            conditions = hook.pop("matchConditions", [])
            self.assertEqual(bool(conditions), name in ("images.hullwright.dev", "pin.hullwright.dev"))
            by_hand[name]["clientConfig"].pop("caBundle")
            self.assertEqual(hook, by_hand[name])

    def test_hooks_leave_out_namespaces_by_their_immutable_name_alone(self):
        for name, values in VARIANTS.items():
            for configuration in render(values).hooks():
                for hook in configuration["webhooks"]:
                    with self.subTest(f"{name}: {hook['name']}"):
                        self.assertLessEqual(hook["timeoutSeconds"], 10)
                        self.assertNotIn("objectSelector", hook)
                        self.assertNotIn("caBundle", hook["clientConfig"])
                        self.assertEqual(hook["clientConfig"]["service"]["namespace"], NAMESPACE)
                        selector = hook.get("namespaceSelector", {"matchExpressions": []})
                        self.assertEqual(set(selector), {"matchExpressions"})
                        self.assertEqual({each["key"] for each in selector["matchExpressions"]} - {"kubernetes.io/metadata.name"}, set())
                        if hook["name"] in ("images.hullwright.dev", "pin.hullwright.dev"):
                            left_out = {"kube-system", NAMESPACE} | ({"monitoring"} if name == "hooks" else set())
                            self.assertEqual(set(selector["matchExpressions"][0]["values"]), left_out)
                        else:
                            self.assertNotIn("namespaceSelector", hook, "our own objects are checked everywhere")
        varied = render(VARIANTS["hooks"]).hook("images.hullwright.dev")
        self.assertEqual(varied["failurePolicy"], "Ignore")
        self.assertIn(["rollouts"], [rule["resources"] for rule in varied["rules"]])
        self.assertEqual(render(VARIANTS["hooks"]).hook("objects.hullwright.dev")["failurePolicy"], "Fail")

    def test_our_own_reader_of_yaml_takes_the_wanted_hooks(self):
        for name in ("defaults", "hooks", "history"):
            wanted = next(one for one in render(VARIANTS[name]).of("ConfigMap") if "validating.yaml" in one["data"])
            for text in wanted["data"].values():
                said = subprocess.run([BUILD / "bin/hullctl", "validate", "-"], input=text, capture_output=True, text=True, timeout=60)
                self.assertIn("WebhookConfiguration hullwright: skipped: no Hullwright object", said.stdout + said.stderr, name)

    def test_updates_are_sent_unchanged_where_they_teach_what_runs_already(self):
        names = lambda values: [each["name"] for each in render(values).hook("images.hullwright.dev")["matchConditions"]]    # noqa: E731
        self.assertEqual(names({}), ["spec-changes", "template-changes"])
        self.assertEqual(names(VARIANTS["history"]), ["template-changes"])

    def test_no_update_of_a_kind_that_may_keep_its_images_elsewhere_is_skipped(self):
        for condition in render(VARIANTS["hooks"]).hook("images.hullwright.dev")["matchConditions"]:
            if condition["name"] in ("spec-changes", "template-changes"):
                self.assertIn("!(request.resource.group in ['', 'apps', 'batch']) ||", condition["expression"])

    def test_the_configurations_themselves_are_empty_for_the_operator_to_fill(self):
        for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
            one = self.default.of(kind, "hullwright")
            self.assertEqual(one["webhooks"], [])
            self.assertEqual(one["metadata"], next(hook for hook in self.default.hooks() if hook["kind"] == kind)["metadata"])

    def test_uninstalling_begins_with_the_gate_switched_off(self):
        config_map, *configurations = sorted(self.default.before_the_end(), key=lambda one: int(one["metadata"]["annotations"].get("helm.sh/hook-weight", 0)))
        self.assertEqual(config_map["metadata"]["annotations"]["hullwright.dev/gate"], "off")
        self.assertEqual(config_map["data"], self.default.of("ConfigMap", config_map["metadata"]["name"])["data"])
        self.assertEqual({(one["kind"], one["metadata"]["name"], len(one["webhooks"])) for one in configurations},
                         {("ValidatingWebhookConfiguration", "hullwright", 0), ("MutatingWebhookConfiguration", "hullwright", 0)})
        self.assertTrue(all(one["metadata"]["annotations"]["helm.sh/hook-delete-policy"] == "before-hook-creation" for one in self.default.before_the_end()))

    def test_a_certificate_is_for_every_name_of_the_service(self):
        objects = render(VARIANTS["certManager"])
        leaf = objects.of("Certificate", "hullwright-webhook-tls")["spec"]
        self.assertEqual(set(leaf["dnsNames"]), {f"hullwright-webhook{suffix}" for suffix in ("", f".{NAMESPACE}", f".{NAMESPACE}.svc", f".{NAMESPACE}.svc.cluster.local")})
        self.assertEqual(leaf["secretName"], "hullwright-webhook-tls")
        self.assertEqual(leaf["issuerRef"]["name"], objects.of("Issuer", "hullwright-ca")["metadata"]["name"])
        self.assertIn("--certs=external", objects.container("operator")["args"])
        self.assertEqual(render(VARIANTS["certManager with an issuer"]).of("Issuer"), [])

    def test_network_policies_let_in_calls_and_metrics_and_out_what_is_needed(self):
        def ports(rules):
            return [tuple(port["port"] for port in rule["ports"]) for rule in rules]
        webhook = self.default.of("NetworkPolicy", "hullwright-webhook")["spec"]
        operator = self.default.of("NetworkPolicy", "hullwright-operator")["spec"]
        for policy in (webhook, operator):
            self.assertEqual(policy["policyTypes"], ["Ingress", "Egress"])
        self.assertEqual(ports(webhook["ingress"]), [("https",), ("metrics",)])
        self.assertEqual(ports(webhook["egress"]), [(53, 53), (443, 6443), (443, 80)])
        self.assertEqual(webhook["egress"][2]["to"][0], {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}})
        self.assertEqual(ports(operator["ingress"]), [("metrics",)])
        self.assertEqual(ports(operator["egress"]), [(53, 53), (443, 6443), ("https",)])
        named = {port["name"]: port["containerPort"] for port in self.default.container("webhook")["ports"]}
        self.assertEqual(named, {"https": 8443, "metrics": 8080})
        closed = render(VARIANTS["closed network"]).of("NetworkPolicy", "hullwright-webhook")["spec"]
        self.assertEqual(closed["ingress"][0]["from"][0], {"ipBlock": {"cidr": "10.0.0.0/28"}})
        self.assertEqual(closed["ingress"][1]["from"], [{"namespaceSelector": {}}])
        self.assertEqual([rule.get("to") for rule in closed["egress"]], [None, [{"ipBlock": {"cidr": "10.0.0.0/28"}}], [{"ipBlock": {"cidr": "192.0.2.1/32"}}]])
        own = render(VARIANTS["a registry of one's own"]).of("NetworkPolicy", "hullwright-webhook")["spec"]["egress"][2]
        self.assertEqual(own, {"ports": [{"port": 5000, "protocol": "TCP"}], "to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]})

    def test_every_service_finds_its_pods(self):
        for service in self.default.of("Service"):
            component = service["spec"]["selector"]["app.kubernetes.io/component"]
            pod = self.default.of("Deployment", f"hullwright-{component}")["spec"]["template"]
            self.assertLessEqual(service["spec"]["selector"].items(), pod["metadata"]["labels"].items())
            names = {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
            self.assertEqual([port["targetPort"] for port in service["spec"]["ports"] if port["targetPort"] not in names], [])
        monitor, = render(VARIANTS["monitoring"]).of("ServiceMonitor")
        found = [service for service in self.default.of("Service") if monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()]
        self.assertEqual({service["metadata"]["name"] for service in found}, {"hullwright-webhook-metrics", "hullwright-operator-metrics"})

    def test_another_name_and_namespace_reach_everything(self):
        values = {"fullnameOverride": "gate", "namespaceOverride": "security"}
        left = [line for line in template(values).splitlines() if ("hullwright-system" in line or re.search(r"hullwright-(webhook|operator|ca)\b", line)) and "/usr/bin/" not in line]
        self.assertEqual(left, [])
        text = template({**values, **VARIANTS["monitoring"]})
        self.assertEqual([word for word in ("@FULLNAME@", "@NAMESPACE@") if word in text], [])
        self.assertIn("ConfigMap security/gate-webhook-configuration", text)

    def test_labels_and_extra_objects_reach_everything(self):
        objects = render(VARIANTS["extras"])
        self.assertEqual([one["metadata"]["name"] for one in objects if one["metadata"].get("labels", {}).get("team") != "platform"], ["more-hullwright", "text"])


class Policies(unittest.TestCase):
    def hullctl(self, *arguments):
        return subprocess.run([BUILD / "bin/hullctl", *map(str, arguments)], capture_output=True, text=True, timeout=60)

    def judged(self, folder, values, image, *more):
        """What the rendered policies say of a Pod with this image: (exit status, text)."""
        policies, scans = pathlib.Path(folder, "policies"), pathlib.Path(folder, "scans")
        for each in (policies, scans):
            each.mkdir(exist_ok=True)
        objects = [one for one in render(values) if one["apiVersion"].startswith("hullwright.dev/") and "helm.sh/hook" not in one["metadata"].get("annotations", {})]
        for one in objects:
            (policies / f"{one['kind']}-{one['metadata']['name']}.json").write_text(json.dumps(one))
        (policies / "namespace.json").write_text(json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"env": "prod"}}}))
        pod = pathlib.Path(folder, "pod.json")
        pod.write_text(json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"}, "spec": {"containers": [{"name": "c", "image": image}]}}))
        done = self.hullctl("check", "-f", pod, "--policies", policies, "--scans", scans, *more)
        return done.returncode, done.stdout + done.stderr

    def test_every_policy_in_every_mode_is_valid(self):
        for mode in ("Audit", "Warn", "Deny"):
            values = {**POLICIES, "policies": {**POLICIES["policies"], "mode": mode}}
            ours = [one for one in render(values) if one["apiVersion"].startswith("hullwright.dev/")]
            self.assertEqual({one["metadata"]["name"] for one in ours if one["kind"] == "ClusterImageAdmissionPolicy"}, {"baseline", "restricted", "regulated", "hullwright-test"})
            self.assertEqual({one["metadata"]["name"] for one in ours if one["kind"] == "TrustedPublisher"}, set(POLICIES["publishers"]))
            for one in ours:
                if one["kind"] == "ClusterImageAdmissionPolicy" and one["metadata"]["name"] != "hullwright-test":
                    self.assertEqual(one["spec"]["enforcement"]["newImages"], mode)
                    self.assertIn("registry.example/sandbox/**", one["spec"]["match"]["excludeImages"])
                done = subprocess.run([BUILD / "bin/hullctl", "validate", "-"], input=json.dumps(one), capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_publisher_of_the_catalogue_can_be_taken(self):
        known = sorted(path.stem for path in (CHART / "publishers").glob("*.yaml"))
        objects = render({"publishers": known})
        self.assertEqual(sorted(one["metadata"]["name"] for one in objects.of("TrustedPublisher")), known)
        self.assertTrue(all(one["metadata"]["annotations"]["hullwright.dev/source"] for one in objects.of("TrustedPublisher")))
        self.assertIn(f"[{', '.join(known)}]", read("charts/hullwright/values.yaml"))

    def test_baseline_refuses_what_an_update_would_mend_and_only_says_what_was_never_scanned(self):
        images = {name: re.search(r"image: (\S+)", read(f"demo/manifests/{name}.yaml"))[1] for name in ("api-1", "api-2", "unscanned")}
        with tempfile.TemporaryDirectory() as folder:
            for report in ("shop-api-1", "shop-api-2"):
                pathlib.Path(folder, "scans").mkdir(exist_ok=True)
                self.assertEqual(self.hullctl("scan", "import", "--report", ROOT / f"demo/reports/{report}.json", "--to", folder + "/scans").returncode, 0)
            for mode, status in (("Audit", 0), ("Warn", 0), ("Deny", 1)):
                values = {"policies": {"mode": mode, "baseline": {"enabled": True}}}
                code, said = self.judged(folder, values, images["api-1"])
                self.assertEqual((code, "VulnerabilityForbidden" in said), (status, True), said)
                code, said = self.judged(folder, values, images["api-2"])
                self.assertEqual((code, "1 passed" in said), (0, True), said)
                code, said = self.judged(folder, values, images["unscanned"])
                self.assertEqual((code, "Unscanned" in said), (0, True), said)
            code, said = self.judged(folder, {"policies": {"mode": "Deny", "baseline": {"enabled": True}}}, "registry.example/shop/api:1")
            self.assertIn("Digest", said)

    def layout(self, folder, user):
        """An image in an OCI layout that runs as this user; returns its digest."""
        blobs = pathlib.Path(folder, "layout", "blobs", "sha256")
        blobs.mkdir(parents=True, exist_ok=True)

        def put(content, media_type):
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            digest = hashlib.sha256(data).hexdigest()
            (blobs / digest).write_bytes(data)
            return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}
        image = "application/vnd.oci.image."
        layer = put(gzip.compress(b"\0" * 1024, mtime=0), image + "layer.v1.tar+gzip")
        config = put({"architecture": "amd64", "os": "linux", "created": "2026-01-01T00:00:00Z", "config": {"User": user},
                      "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(b"\0" * 1024).hexdigest()]}}, image + "config.v1+json")
        manifest = put({"schemaVersion": 2, "mediaType": image + "manifest.v1+json", "config": config, "layers": [layer]}, image + "manifest.v1+json")
        index = pathlib.Path(folder, "layout", "index.json")
        index.write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))
        pathlib.Path(folder, "layout", "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        return manifest["digest"]

    def scan(self, folder, digest, secrets=0, end_of_life=False, findings=(), hours=1):
        """An ImageScan of it, as an import would leave it."""
        scanned = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)
        status = {"results": [{"scannerRef": {"name": "trivy"}, "source": "Import", "outcome": "Complete", "scannedAt": scanned.strftime("%Y-%m-%dT%H:%M:%SZ")}],
                  "os": {"family": "debian", "name": "12.8", "endOfLife": end_of_life}, "packageCount": 80, "secrets": secrets, "findings": list(findings),
                  "counts": [{"severity": one["severity"], "fix": one["fix"], "layer": "Unknown", "count": 1} for one in findings]}
        scan = {"apiVersion": "hullwright.dev/v1alpha1", "kind": "ImageScan", "metadata": {"name": digest.replace(":", "-")},
                "spec": {"digest": digest, "platform": {"os": "linux", "architecture": "amd64"}}, "status": status}
        pathlib.Path(folder, "scans").mkdir(exist_ok=True)
        pathlib.Path(folder, "scans", "scan.json").write_text(json.dumps(scan))

    def test_restricted_admits_a_good_image_and_says_what_a_bad_one_lacks(self):
        values = {"publishers": ["docker-official"], "policies": {"mode": "Deny", "restricted": {"enabled": True}}}
        high = {"id": "CVE-2099-1", "package": "pkg:deb/debian/openssl@1", "severity": "High", "fix": "Available", "scanners": ["trivy"]}
        for user, name, scan, wanted in [
                ("65532", "docker.io/library/app", {}, None),
                ("65532", "registry.example/app", {}, "PublisherUntrusted"),
                ("0", "docker.io/library/app", {}, "RunsAsRoot"),
                ("65532", "docker.io/library/app", {"secrets": 1}, "SecretsFound"),
                ("65532", "docker.io/library/app", {"end_of_life": True}, "OSEndOfLife"),
                ("65532", "docker.io/library/app", {"findings": [high]}, "VulnerabilityForbidden"),
                ("65532", "docker.io/library/app", {"hours": 200}, "ScanStale")]:
            with self.subTest(f"{name} {user} {scan}"), tempfile.TemporaryDirectory() as folder:
                digest = self.layout(folder, user)
                self.scan(folder, digest, **scan)
                code, said = self.judged(folder, values, f"{name}@{digest}", "--layout", f"{folder}/layout")
                self.assertEqual(code == 0, wanted is None, said)
                self.assertIn(wanted or "1 passed", said)

    def test_regulated_asks_for_provenance_and_an_sbom_beside_all_that(self):
        key = re.search(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", read("docs/guides/cosign.md"), re.DOTALL)[0].replace("        ", "")
        ci = {"apiVersion": "hullwright.dev/v1alpha1", "kind": "TrustedPublisher", "metadata": {"name": "ci"}, "spec": {
            "displayName": "CI", "repositories": ["docker.io/library/**"], "verification": "Signature",
            "authorities": [{"name": "key", "type": "Key", "key": {"pem": key + "\n", "transparencyLog": "Ignore"}}]}}
        values = {**POLICIES, "publishers": ["docker-official"], "extraObjects": [ci], "policies": {"mode": "Deny", "ciPublishers": ["ci"], "regulated": {"enabled": True}}}
        with tempfile.TemporaryDirectory() as folder:
            digest = self.layout(folder, "65532")
            self.scan(folder, digest, hours=30)
            code, said = self.judged(folder, values, f"docker.io/library/app@{digest}", "--layout", f"{folder}/layout")
            self.assertNotEqual(code, 0)
            for word in ("AttestationMissing", "provenance", "sbom", "ScanStale", "ImageTooOld"):
                self.assertIn(word, said)
            self.assertNotIn("PublisherUntrusted", said)

    def test_the_policy_of_helm_test_needs_no_registry(self):
        policy = render().of("ClusterImageAdmissionPolicy", "hullwright-test")
        with tempfile.TemporaryDirectory() as folder:
            values = {"extraObjects": [{**policy, "metadata": {"name": "hullwright-test"}}], "policies": {"mode": "Deny", "baseline": {"enabled": True}}}
            code, said = self.judged(folder, values, "hullwright-test.invalid/good@" + DIGEST)
            self.assertEqual(code, 0, said)
            code, said = self.judged(folder, values, "hullwright-test.invalid/bad:1")
            self.assertEqual((code, "DigestRequired" in said), (1, True), said)


class Monitoring(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        objects = render(VARIANTS["monitoring"])
        cls.alerts = [rule for group in objects.of("PrometheusRule", "hullwright")["spec"]["groups"] for rule in group["rules"]]
        cls.dashboard = json.loads(objects.of("ConfigMap", "hullwright-dashboard")["data"]["hullwright.json"])
        page = read("docs/operations.md")
        cls.known = set(re.findall(r"`(hullwright_[a-z_]+)`", page))

    def unknown(self, expressions):
        """Metrics that docs/operations.md does not have; those of the operator once it has any."""
        used = set().union(*map(metrics_of, expressions))
        self.assertGreater(len(used), 10)
        operator_told = any(name.startswith("hullwright_operator_") for name in self.known)
        return sorted(name for name in used - self.known if operator_told or not name.startswith("hullwright_operator_"))

    def test_alerts_and_dashboard_use_metrics_that_exist(self):
        self.assertEqual(self.unknown([rule["expr"] for rule in self.alerts]), [])
        queries = [target["expr"] for panel in self.dashboard["panels"] for target in panel.get("targets", [])]
        self.assertEqual(self.unknown(queries), [])

    def test_every_alert_has_a_runbook_that_says_what_how_and_what_to_do(self):
        sections = dict(re.findall(r"^## (Hullwright\w+)\n(.*?)(?=^## |\Z)", read("docs/runbooks.md"), re.MULTILINE | re.DOTALL))
        self.assertEqual(sorted(sections), sorted(rule["alert"] for rule in self.alerts))
        for name, text in sections.items():
            with self.subTest(name):
                self.assertEqual([word for word in ("**Means**", "**Look**", "**Do**") if word.lower() not in text.lower()
                                  and "**Look** and **do**" not in text], [])

    def test_every_alert_says_how_bad_it_is_and_where_its_runbook_is(self):
        for rule in self.alerts:
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("info", "warning", "critical"))
                self.assertTrue(rule["annotations"]["summary"] and rule["annotations"]["description"])
                self.assertEqual(rule["annotations"]["runbook"], f"docs/runbooks.md#{rule['alert'].lower()}")

    def test_panels_do_not_overlap(self):
        taken = set()
        for panel in self.dashboard["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
            self.assertLessEqual(place["x"] + place["w"], 24)
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells


BUILD = ROOT / (sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build")

if __name__ == "__main__":
    unittest.main()
