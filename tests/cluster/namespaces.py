"""The cluster's namespaces from outside: starts their first process (node.py) and tells it what to do."""
import json
import pathlib
import subprocess
import sys
import threading
from typing import Any

from . import cgroups, network
from .errors import ClusterError

ENTRY = pathlib.Path(__file__).resolve().with_name("node.py")


class Namespaces:
    """They live from construction to close(), and end when this process does. Thread-safe."""

    def __init__(self, folder: pathlib.Path, hierarchies: list[cgroups.Hierarchy]) -> None:
        (folder / "log").mkdir()
        plan = folder / "plan.json"
        plan.write_text(json.dumps({"folder": str(folder), "hierarchies": [hierarchy._asdict() for hierarchy in hierarchies]}))
        self.log = folder / "log" / "node.log"
        self.turn = threading.Lock()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([sys.executable, "-I", ENTRY, "enter", plan], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                            text=True, start_new_session=True)
        try:
            self.answer()
            self.connect(hierarchies)
        except BaseException:
            self.close()
            raise

    def connect(self, hierarchies: list[cgroups.Hierarchy]) -> None:
        for hierarchy in hierarchies:
            if not hierarchy.options:
                cgroups.move_to_leaf(hierarchy)
        network.connect(self.process.pid)
        for command in network.node_commands():
            self.run(*command)

    def answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            raise ClusterError(f"the namespaces of the cluster ended: {self.log.read_text(errors='replace')[-2000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise ClusterError(f"in the namespaces of the cluster: {answer['error']}")
        return answer

    def ask(self, **command: Any) -> dict[str, Any]:
        with self.turn:
            try:
                self.process.stdin.write(json.dumps(command) + "\n")
                self.process.stdin.flush()
            except (BrokenPipeError, ValueError):
                pass  # the answer tells
            return self.answer()

    def run(self, *command: str) -> str:
        """The output of a short command in the namespaces."""
        answer = self.ask(run=list(command))
        if answer["exit"]:
            raise ClusterError(f"{' '.join(command)}: {answer['text'].strip()}")
        return answer["text"]

    def close(self) -> None:
        """Ends process 1, and so all of them."""
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()  # its child dies with it
            self.process.wait(10)
        self.process.stdout.close()
