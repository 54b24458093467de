"""One whole cluster, from start to stop. See the package's own text and docs/development/cluster.md."""
import http.client
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from typing import Any, Callable

from . import cgroups, certificates, images, network, programs, state
from .errors import ClusterError, ClusterImpossible
from .namespaces import Namespaces

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_PATIENCE = 120.0  # seconds until the node is ready
LOG_LINES = 8  # of each program, in errors
CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_CHROOT": 18, "CAP_SYS_ADMIN": 21}  # capabilities(7), linux/capability.h


def check_possible() -> None:
    """That this user and machine can have a cluster; ClusterImpossible tells what is missing."""
    effective = int(pathlib.Path("/proc/self/status").read_text().split("CapEff:")[1].split()[0], 16)
    lacking = [name for name, bit in CAPABILITIES.items() if not effective & 1 << bit]
    if os.geteuid() != 0 or lacking:
        raise ClusterImpossible("a cluster needs root" + (f" with {', '.join(lacking)}" if os.geteuid() == 0 else "") +
                                ": for namespaces, mounts, control groups and one network link (sudo make cluster)")
    if missing := [name for name in programs.DEBIAN_PROGRAMS if not shutil.which(name)]:
        raise ClusterImpossible(f"not installed: {', '.join(missing)}; run setup/install build test cluster")
    if not programs.CNI_PLUGINS.is_dir():
        raise ClusterImpossible("not installed: containernetworking-plugins; run setup/install cluster")


def built_tools(*names: str) -> pathlib.Path:
    """Their folder; builds those that are missing."""
    done = subprocess.run([ROOT / "tests/tools/build", *names], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise ClusterError("tests/tools/build has failed")
    return pathlib.Path(done.stdout.strip())


def why_impossible() -> str:
    """What keeps a cluster from running here; "" when nothing does."""
    try:
        check_possible()
        return ""
    except ClusterImpossible as error:
        return str(error)


class Cluster:
    """Etcd, API server, controllers, scheduler, kubelet, containerd, kube-proxy and a registry, in namespaces of their own. Not thread-safe.

    kwok_nodes: so many nodes more, which only KWOK stands behind.
    api_server_arguments: added to those of kube-apiserver.
    patience: how many seconds start() waits for another process of this machine to end its cluster.
    """

    registry = programs.REGISTRY  # plain HTTP; the same from this machine, the node and Pods

    def __init__(self, kwok_nodes: int = 0, api_server_arguments: tuple[str, ...] = (), patience: float = 0) -> None:
        self.kwok_nodes, self.api_server_arguments, self.patience = kwok_nodes, list(api_server_arguments), patience
        self.lock: state.Lock | None = None
        self.namespaces: Namespaces | None = None
        self.commands: dict[str, list[str]] = {}
        self.ended: set[str] = set()  # on purpose

    def __enter__(self) -> "Cluster":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # From nothing to a node that is ready, and back.

    def start(self) -> None:
        check_possible()
        self.lock = state.Lock(self.patience)
        try:
            state.clean()  # of one that crashed
            tools = built_tools(*programs.BUILT_PROGRAMS, *(["kwok"] if self.kwok_nodes else []))
            self.make_place()
            self.start_programs(tools)
        except BaseException:
            self.stop()
            raise

    def make_place(self) -> None:
        network.check_free()
        hierarchies = cgroups.mounted()
        taken = [hierarchy.folder for hierarchy in hierarchies if os.path.exists(hierarchy.folder)]
        if taken or network.exists():
            raise ClusterImpossible(f"not made by a cluster that is known, and in the way: {', '.join(taken) or network.LINK}")
        self.folder = pathlib.Path(f"{state.PLACE}{os.getpid()}-{time.monotonic_ns()}")
        state.record(self.folder, [hierarchy.folder for hierarchy in hierarchies])
        self.folder.mkdir(mode=0o700)
        for hierarchy in hierarchies:
            cgroups.make(hierarchy)
        self.namespaces = Namespaces(self.folder, hierarchies)

    def start_programs(self, tools: pathlib.Path) -> None:
        self.tools = tools
        self.certificates = certificates.make(self.folder / "certificates", programs.NODE)
        self.programs = programs.Programs(self.folder, tools, self.certificates, shutil.which("etcd"), shutil.which("containerd"))
        self.run("etcd", self.programs.etcd())
        self.run("kube-apiserver", self.programs.kube_apiserver(self.api_server_arguments))
        self.run("registry", self.programs.registry())
        self.run("containerd", self.programs.containerd())
        self.kubeconfig = state.KUBECONFIG
        shutil.copy(self.certificates.folder / "admin.kubeconfig", self.kubeconfig)
        self.wait_for("the registry answers", self.registry_answers, START_PATIENCE)
        self.push_files("pause:1", {"/pause": images.build_pause(self.folder / "pause")}, ["/pause"])
        self.wait_for_api_server()
        self.run("kube-controller-manager", self.programs.kube_controller_manager())
        self.run("kube-scheduler", self.programs.kube_scheduler())
        self.run("kubelet", self.programs.kubelet())
        self.run("kube-proxy", self.programs.kube_proxy())
        self.wait_for("the node is ready", self.node_ready, START_PATIENCE)
        # A busy machine may take longer over the first schema than kubectl apply waits.
        self.wait_for("the schemas are served", lambda: self.raw("/openapi/v2"), START_PATIENCE)
        if self.kwok_nodes:
            self.run("kwok", self.programs.kwok())
            self.apply(*(programs.kwok_node(f"kwok-{number}") for number in range(1, self.kwok_nodes + 1)))

    def stop(self) -> None:
        """Everything goes: programs, Pods, network, mounts, files. May be called again, and after a start that failed."""
        if self.namespaces:
            self.namespaces.close()
            self.namespaces = None
        if self.lock:
            state.clean()
            self.lock.close()
            self.lock = None

    # Its programs: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, containerd, kube-proxy, registry, kwok.

    def run(self, name: str, command: list[str]) -> None:
        self.commands[name] = command
        self.ended.discard(name)
        self.namespaces.ask(start=name, command=command)

    def running(self, name: str) -> bool:
        return self.namespaces.ask(status=True)[name]["exit"] is None

    def dead(self) -> list[str]:
        """The programs that have ended without being told to."""
        return [name for name, of in self.namespaces.ask(status=True).items() if of["exit"] is not None and name not in self.ended]

    def send_signal(self, name: str, number: int) -> None:
        """SIGSTOP and SIGCONT stall a program and let it go on."""
        self.namespaces.ask(signal=name, number=int(number))

    def end(self, name: str, number: int = signal.SIGTERM, seconds: float = 30) -> None:
        """Ends one program until restart(); Pods outlive kubelet, containerd and kube-proxy."""
        self.ended.add(name)
        self.send_signal(name, number)
        self.wait_for(f"{name} has ended", lambda: not self.running(name), seconds)

    def restart(self, name: str, number: int = signal.SIGTERM) -> None:
        if self.running(name):
            self.end(name, number)
        self.run(name, self.commands[name])

    def log(self, name: str) -> pathlib.Path:
        return self.folder / "log" / f"{name}.log"

    def in_node(self, *command: str, **options: Any) -> subprocess.CompletedProcess:
        """Runs a command in the node's namespaces; options as of subprocess.run."""
        init = pathlib.Path(f"/proc/{self.namespaces.process.pid}/task/{self.namespaces.process.pid}/children").read_text().split()[0]
        options = {"capture_output": True, "text": True, "timeout": 120, **options}
        return subprocess.run(["nsenter", "--all", "--target", init, *command], **options)

    # What is asked of it.

    def kubectl(self, *arguments: str, input: str | None = None, check: bool = True, seconds: float = 120) -> str:
        """Its output; when it fails ClusterError with what it says, or that text with check=False."""
        return self.command("kubectl", *arguments, input=input, check=check, seconds=seconds)

    def helm(self, *arguments: str, check: bool = True, seconds: float = 300) -> str:
        built_tools("helm")
        return self.command("helm", *arguments, check=check, seconds=seconds)

    def command(self, name: str, *arguments: str, input: str | None = None, check: bool = True, seconds: float = 120) -> str:
        """One of the built tools, against this cluster and without settings of the user."""
        done = self.call(name, *arguments, input=input, seconds=seconds)
        if done.returncode and check:
            raise ClusterError(f"{name} {' '.join(arguments)}: {done.stderr.strip()[-3000:] or done.stdout[-3000:]}")
        return done.stdout if not done.returncode else done.stdout + done.stderr

    def call(self, name: str, *arguments: str, input: str | None = None, seconds: float = 120) -> subprocess.CompletedProcess:
        home = self.folder / "home"
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(home / "kubectl")}
        return subprocess.run([self.tools / name, *arguments], env=environment, input=input or "", text=True, capture_output=True, timeout=seconds)

    def apply(self, *objects: dict, check: bool = True) -> str:
        return self.kubectl("apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}), check=check)

    def get(self, *arguments: str) -> dict:
        """An object, or a list of kind List: get("pods", "-n", "shop")."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def wait_for(self, what: str, condition: Callable[[], Any], seconds: float = 60) -> Any:
        """What the condition answers once that is something; ClusterError when it does not come, or when a program of the cluster has died."""
        deadline = time.monotonic() + seconds
        while not (answer := condition()):
            dead = self.dead()
            if dead or time.monotonic() > deadline:
                why = f"{dead[0]} has ended" if dead else f"not within {seconds:.0f} s"
                raise ClusterError(f"{what}: {why}\n" + "\n".join(self.tail(name) for name in dead or self.commands))
            time.sleep(0.05)
        return answer

    def tail(self, name: str) -> str:
        lines = self.log(name).read_text(errors="replace").splitlines() if self.log(name).exists() else []
        return f"--- {name}\n" + "\n".join(line[:250] for line in lines[-LOG_LINES:])

    # Images of its registry. A Pod may name any registry: containerd asks this one for what it is named there.

    def push_image(self, layout: str | pathlib.Path, name: str) -> str:
        """An OCI layout's image or index, as REPOSITORY:TAG; returns how Pods and this machine name it."""
        images.push_layout(self.tools / "crane", pathlib.Path(layout), f"{self.registry}/{name}")
        return f"{self.registry}/{name}"

    def push_files(self, name: str, files: dict[str, pathlib.Path], entrypoint: list[str], user: str = "65532:65532") -> str:
        """An image of these files by their paths in it, static programs or whatever they need with them."""
        with tempfile.TemporaryDirectory(dir=self.folder) as work:
            images.push_files(self.tools / "crane", f"{self.registry}/{name}", files, entrypoint, user, pathlib.Path(work))
        return f"{self.registry}/{name}"

    def digest(self, name: str) -> str:
        return images.crane(self.tools / "crane", "digest", f"{self.registry}/{name}")

    # When it is ready.

    def registry_answers(self) -> bool:
        try:
            return urllib.request.urlopen(f"http://{self.registry}/v2/", timeout=5).status == 200
        except OSError:
            return False

    def wait_for_api_server(self, seconds: float = START_PATIENCE) -> None:
        self.wait_for("the API server is ready", lambda: self.raw("/readyz") == "ok", seconds)

    def raw(self, path: str) -> str:
        """What the API server answers to the administrator's GET; "" when it does not answer."""
        context = ssl.create_default_context(cafile=str(self.certificates.crt("ca")))
        context.load_cert_chain(self.certificates.crt("admin"), self.certificates.key("admin"))
        try:
            return urllib.request.urlopen(f"https://{network.NODE}:6443{path}", timeout=10, context=context).read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return ""

    def node_ready(self) -> bool:
        conditions = json.loads(self.raw(f"/api/v1/nodes/{programs.NODE}") or "{}").get("status", {})
        conditions = conditions.get("conditions", []) if isinstance(conditions, dict) else []
        return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
