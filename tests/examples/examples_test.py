#!/usr/bin/env python3
"""The commands that pages show are run, and print what the page says. How a page marks its blocks: CONTRIBUTING.md, "Examples".

Usage: tests/examples/examples_test.py [BUILD_DIR]
"""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))
from api_server_bench import ApiServer    # noqa: E402
from common import Webhook, make_certificate    # noqa: E402

MARK = re.compile(r"<!-- (not executed|executed in a cluster)( on this page)?(?:: ([^>]+))? -->")
CLUSTER = "executed in a cluster"
COMMANDS = {"console", "bash", "sh"}


def pages():
    names = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    return [name for name in names if (ROOT / name).is_file()]


def blocks(text):
    """Every fenced block as (line, language, lines, mark, reason). A mark is for the next block, or for the rest of its page."""
    found, of_page, of_next, fence = [], (None, None), None, None
    for number, line in enumerate(text.splitlines(), 1):
        if fence is None and (match := MARK.match(line)):
            if match[2]:
                of_page = (match[1], match[3])
            else:
                of_next = (match[1], match[3])
        elif line.startswith("```") and fence is None:
            fence = (number, line[3:].strip(), [])
        elif line.startswith("```"):
            found.append((*fence, *(of_next or of_page)))
            fence, of_next = None, None
        elif fence is not None:
            fence[2].append(line)
    return found


def steps(lines):
    """(command, the output that is shown) of a console block; a command goes on after a backslash."""
    found = []
    for line in lines:
        if line.startswith("$ "):
            found.append([line[2:], []])
        elif found and found[-1][0].endswith("\\"):
            found[-1][0] += "\n" + line
        elif found:
            found[-1][1].append(line)
    return [(command, "\n".join(output).strip()) for command, output in found]


def same_at_all_times(text):
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>", text)
    return re.sub(r"\b\d+ (s|min|h|d|seconds|minutes|hours|days) (ago|old)\b", r"<age> \2", text).strip()


class Cluster:
    """A real API server with our kinds, and before it the webhook, registered as docs/install/webhooks.yaml does."""

    def __init__(self, folder):
        self.tools = subprocess.run([ROOT / "tests/tools/build", "kubectl"], check=True, capture_output=True, text=True).stdout.split()[-1]
        make_certificate(folder)
        self.server = ApiServer(BUILD)
        self.apply((ROOT / "crds").glob("*.yaml"))
        self.webhook = Webhook(BUILD, folder, kubeconfig=self.server.access["kubeconfig"])
        hooks = (ROOT / "docs/install/webhooks.yaml").read_text().replace("Cg==", base64.b64encode((folder / "tls.crt").read_bytes()).decode())
        hooks, found = re.subn(r"service: \{.*path: (\S+), port: 443\}", rf"url: https://127.0.0.1:{self.webhook.port}\1", hooks)
        if found != 4:
            raise RuntimeError("docs/install/webhooks.yaml does not register four hooks")
        (folder / "webhooks.yaml").write_text(hooks)
        self.apply([folder / "webhooks.yaml"])
        self.wait_until_refused()

    def apply(self, files):
        subprocess.run([f"{self.tools}/kubectl", "apply", "--server-side", *(f"--filename={file}" for file in files)], check=True, capture_output=True, timeout=60,
                       env={**os.environ, "KUBECONFIG": self.server.access["kubeconfig"]})

    def wait_until_refused(self):
        """The API server takes up a webhook configuration within about a second."""
        pod = {"metadata": {"name": "probe"}, "spec": {"containers": [{"name": "probe", "image": "nobody.example/covers/this"}]}}
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up:
            try:
                self.server.call("POST", "/api/v1/namespaces/default/pods?dryRun=All", pod)
            except OSError as refused:
                if json.loads(refused.read()).get("code") == 403:
                    return
            time.sleep(0.05)
        raise RuntimeError("the webhook was never asked")

    def __enter__(self):
        return self

    def __exit__(self, *outcome):
        self.webhook.__exit__(*outcome)
        self.server.__exit__(*outcome)


class Examples(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.world = pathlib.Path(tempfile.mkdtemp())
        shutil.copytree(ROOT / "demo", cls.world / "demo")
        (cls.world / "scans").mkdir()
        for report in ("shop-api-2", "shop-web-1"):
            subprocess.run([BUILD / "bin/hullctl", "scan", "import", "--report", ROOT / f"demo/reports/{report}.json", "--to", cls.world / "scans"],
                           check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.world)

    def run_block(self, page, number, lines, environment, patience=0):
        self.assertTrue(steps(lines), f"{page}:{number}: a console block without a \"$ \" line")
        for command, shown in steps(lines):
            shown = same_at_all_times(shown)
            with self.subTest(f"{page}:{number}: {command}"):
                self.assertEqual(self.printed(command, environment, shown, patience), shown)

    def printed(self, command, environment, wanted, patience):
        """What the command prints; where it may take the cluster some seconds to see what was said before, it is given again."""
        first, give_up = None, time.monotonic() + patience
        while True:
            done = subprocess.run(["bash", "-c", command], cwd=self.world, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=60)
            text = same_at_all_times(done.stdout)
            first = text if first is None else first
            if text == wanted or time.monotonic() >= give_up:
                return text if text == wanted else first
            time.sleep(0.2)

    def environment(self, **more):
        return {**os.environ, "PATH": f"{BUILD / 'bin'}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", **more}

    def console_blocks(self, wanted):
        return [(page, number, lines) for page in pages() for number, language, lines, mark, _ in blocks((ROOT / page).read_text())
                if language == "console" and mark == wanted]

    def test_1_every_block_is_executed_or_says_why_not(self):
        silent = []
        for page in pages():
            for number, language, _, mark, reason in blocks((ROOT / page).read_text()):
                if language in COMMANDS and (mark == "not executed" and not reason or mark is None and language != "console"):
                    silent.append(f"{page}:{number}")
        self.assertEqual(silent, [])

    def test_2_console_blocks_print_what_they_show(self):
        found = self.console_blocks(None)
        self.assertGreaterEqual(len(found), 2)
        for block in found:
            self.run_block(*block, self.environment())

    def test_3_console_blocks_of_a_cluster_print_what_they_show(self):
        found = self.console_blocks(CLUSTER)
        self.assertGreaterEqual(len(found), 2)
        for page in dict.fromkeys(page for page, _, _ in found):
            with Cluster(self.world) as cluster:
                environment = self.environment(KUBECONFIG=cluster.server.access["kubeconfig"], KUBECACHEDIR=str(self.world / "cache"))
                environment["PATH"] = f"{cluster.tools}:{environment['PATH']}"
                for block in found:
                    if block[0] == page:
                        self.run_block(*block, environment, patience=15)

    def test_4_objects_on_pages_are_valid(self):
        found = [(page, number, "\n".join(lines)) for page in pages() for number, language, lines, _, _ in blocks((ROOT / page).read_text())
                 if language == "yaml" and "apiVersion: hullwright.dev/" in "\n".join(lines)]
        self.assertGreaterEqual(len(found), 10)
        for page, number, text in found:
            done = subprocess.run([BUILD / "bin/hullctl", "validate", "-"], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=60)
            with self.subTest(f"{page}:{number}"):
                self.assertEqual(done.returncode, 0, done.stdout)

    def test_5_the_demo_ends_as_it_should(self):
        if BUILD != ROOT / "build":
            return    # it shows the programs of the release build
        done = subprocess.run([ROOT / "demo/run"], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


BUILD = ROOT / (sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build")

if __name__ == "__main__":
    unittest.main()
