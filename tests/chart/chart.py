"""The chart as the real Helm renders it, and where the test programs are."""
import functools
import json
import os
import pathlib
import re
import subprocess
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "hullwright"
NAMESPACE = "hullwright-system"
DIGEST = "sha256:" + "4" * 64


class Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    """A key that is there twice is a mistake, which YAML readers pass over."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(keys) != len({str(key) for key in keys}):
            raise yaml.YAMLError(f"a key is there twice, {node.start_mark}: {sorted(map(str, keys))}")
        return super().construct_mapping(node, deep)


def read_yaml(text):
    return [document for document in yaml.load_all(text, Loader) if document]


@functools.cache
def tools():
    return pathlib.Path(subprocess.run([ROOT / "tests/tools/build", "helm", "kubectl"], check=True, capture_output=True, text=True).stdout.split()[-1])


@functools.cache
def home():
    return tempfile.TemporaryDirectory()


def environment(**more):
    """Helm and kubectl with nothing of the user who runs the tests."""
    folder = home().name
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HELM_", "KUBE"))}
    return {**kept, "HOME": folder, "HELM_CACHE_HOME": folder + "/cache", "HELM_CONFIG_HOME": folder + "/config", "HELM_DATA_HOME": folder + "/data", **more}


def helm(*arguments, values=None, check=True, **more):
    """Runs it; values, a dict, are given on standard input. Returns the finished process."""
    command = [tools() / "helm", *arguments, *(["--values", "-"] if values is not None else [])]
    done = subprocess.run(command, input=None if values is None else yaml.safe_dump(values), capture_output=True, text=True, timeout=120, env=environment(**more))
    if check and done.returncode:
        raise AssertionError(f"helm {' '.join(map(str, arguments))}: {done.stderr}")
    return done


class Rendered(list):
    """The objects of a release, in the order Helm gives them."""

    def before_the_end(self):
        """What Helm puts in place when it begins to uninstall."""
        return [one for one in self if "pre-delete" in str(one["metadata"].get("annotations"))]

    def of(self, kind, name=None):
        found = [one for one in self if one["kind"] == kind and name in (None, one["metadata"]["name"]) and "pre-delete" not in str(one["metadata"].get("annotations"))]
        if name is None:
            return found
        if len(found) != 1:
            raise AssertionError(f"{len(found)} objects {kind}/{name}")
        return found[0]

    def hooks(self):
        """The wanted webhook configurations, (validating, mutating)."""
        wanted = next(one for one in self.of("ConfigMap") if "validating.yaml" in one.get("data", {}))
        return tuple(read_yaml(wanted["data"][key])[0] for key in ("validating.yaml", "mutating.yaml"))

    def hook(self, name):
        return next(hook for configuration in self.hooks() for hook in configuration["webhooks"] if hook["name"] == name)

    def container(self, component):
        return self.of("Deployment", f"hullwright-{component}")["spec"]["template"]["spec"]["containers"][0]


# Helm that is built from its module takes itself for one of Kubernetes 1.20 where no cluster tells.
OFFLINE = ("--namespace", NAMESPACE, "--kube-version", "v1.36.1")


@functools.cache
def _template(values, arguments):
    return helm("template", "hullwright", CHART, *OFFLINE, *arguments, values=json.loads(values)).stdout


def template(values=None, *arguments):
    return _template(json.dumps(values or {}), arguments)


def render(values=None, *arguments):
    return Rendered(read_yaml(template(values, *arguments)))


def refusal(values, *arguments):
    """What Helm says about values that it must refuse."""
    done = helm("template", "hullwright", CHART, *OFFLINE, *arguments, values=values, check=False)
    if not done.returncode:
        raise AssertionError(f"accepted: {values}")
    return done.stderr


def metrics_of(expression):
    """Names of metrics in PromQL; a histogram's series are called by its name."""
    bare = re.sub(r"\{[^}]*\}", "", expression)
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bhullwright_[a-z_]+", bare)}


# Each switch of the chart in another position than by default.
VARIANTS = {
    "defaults": {},
    "certManager": {"certs": {"mode": "certManager"}},
    "certManager with an issuer": {"certs": {"mode": "certManager", "certManager": {"issuerRef": {"kind": "ClusterIssuer", "name": "corporate"}}}},
    "secret": {"certs": {"mode": "secret", "secretName": "mine"}},
    "monitoring": {"metrics": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}}, "prometheusRule": {"enabled": True}, "dashboard": {"enabled": True}},
    "autoscaling": {"autoscaling": {"enabled": True}},
    "history": {"history": {"enabled": True, "readers": ["auditor"]}, "clientCA": {"configMapName": "front-proxy", "required": True, "allowedNames": ["kube-apiserver"]}},
    "pull secrets of some": {"pullSecrets": {"namespaces": ["default", "kube-public"]}, "trustSecrets": ["release-key"]},
    "pull secrets of all": {"pullSecrets": {"everyNamespace": True}},
    "closed network": {"registries": {"enabled": False}, "networkPolicy": {"apiServerCIDRs": ["10.0.0.0/28"], "metricsFrom": [{"namespaceSelector": {}}],
                       "extraEgress": [{"to": [{"ipBlock": {"cidr": "192.0.2.1/32"}}]}]}},
    "a registry of one's own": {"networkPolicy": {"registryCIDRs": ["192.0.2.0/24"], "registryPorts": [5000]}, "global": {"imageRegistry": "mirror.example:5000"},
                                "image": {"digest": DIGEST}, "imagePullSecrets": [{"name": "mirror"}]},
    "nothing by the chart": {"crds": {"install": False}, "rbac": {"create": False}, "serviceAccount": {"create": False, "name": "a"},
                             "operator": {"serviceAccount": {"create": False, "name": "b"}, "podDisruptionBudget": {"enabled": False}},
                             "networkPolicy": {"enabled": False}, "guard": {"enabled": False}, "podDisruptionBudget": {"enabled": False}, "cache": {"enabled": False},
                             "priorityClassName": "", "topologySpreadConstraints": [], "nodeSelector": {"kubernetes.io/os": None}},
    "hooks": {"webhook": {"failurePolicy": "Ignore", "timeoutSeconds": 10, "excludedNamespaces": ["monitoring"],
                          "namespaceSelector": {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["staging"]}]},
                          "matchConditions": [{"name": "not-canary", "expression": "request.name != 'canary'"}]},
              "workloads": [{"apiGroup": "argoproj.io", "apiVersions": ["v1alpha1"], "resource": "rollouts", "kind": "Rollout", "path": "/spec/template/spec"}]},
    "guard": {"guard": {"ownNamespaceImages": "Deny", "allowedImages": ["registry.example/mesh/"]}},
    "guard off for images": {"guard": {"ownNamespaceImages": "Off"}},
    "extras": {"extraArgs": ["--node-platforms=linux/arm64"], "extraEnv": [{"name": "TZ", "value": "UTC"}], "commonLabels": {"team": "platform"},
               "extraVolumes": [{"name": "more", "emptyDir": {}}], "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}], "podLabels": {"a": "b"},
               "podAnnotations": {"c": "d"}, "tolerations": [{"operator": "Exists"}], "exploitation": {"artifact": "registry.example/epss:latest"},
               "operator": {"extraArgs": ["--log-level=debug"], "extraEnv": [{"name": "TZ", "value": "UTC"}], "extraVolumes": [{"name": "more", "emptyDir": {}}],
                            "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}], "podLabels": {"a": "b"}, "podAnnotations": {"c": "d"}},
               "service": {"annotations": {"e": "f"}}, "serviceAccount": {"annotations": {"g": "h"}}, "nodePlatforms": ["linux/amd64"],
               "affinity": {"nodeAffinity": {}}, "podDisruptionBudget": {"minAvailable": 2},
               "extraObjects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "more-{{ .Release.Name }}"}},
                                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: text}"]},
    "no keeping": {"crds": {"keep": False}},
}
POLICIES = {"publishers": ["docker-official", "kubernetes", "chainguard"], "exploitation": {"artifact": "registry.example/epss:latest"},
            "policies": {"ciPublishers": ["chainguard"], "baseline": {"enabled": True}, "restricted": {"enabled": True}, "regulated": {"enabled": True},
                         "match": {"excludeImages": ["registry.example/sandbox/**"], "namespaceSelector": {"matchLabels": {"env": "prod"}}}}}
