#!/usr/bin/env python3
"""The images of tools/image: what is in them, that they are the same each time, that they run, and what scanners, cosign and our own gate say.

Usage: tests/images/images_test.py [BUILD_DIR]
"""
import http.server
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import threading
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import made as laboratory    # noqa: E402
from container import USER, Container    # noqa: E402
from made import BUILD, PROGRAMS, ROOT, run    # noqa: E402

import common    # noqa: E402

MOST_BYTES = 40 << 20    # what the webhook's image may be, compressed
IMAGES = [program.image for program in PROGRAMS]
ATTESTED = ("https://slsa.dev/provenance/v1", "https://cyclonedx.org/bom")


def ours(kind, name, spec):
    return {"apiVersion": "hullwright.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


class Images(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if TESTED != BUILD:
            raise unittest.SkipTest("images are made of the release build")
        cls.made = laboratory.shared()


class Making(Images):
    def test_there_is_an_image_of_every_program(self):
        built = [name for folder in ("webhook", "operator", "cli") for file in (ROOT / folder).glob("CMakeLists.txt")
                 for name in re.findall(r"^hullwright_program\((\S+)", file.read_text(), re.MULTILINE)]
        self.assertEqual(sorted(program.binary for program in PROGRAMS), sorted(built))

    def test_the_same_is_made_in_another_folder_by_another_umask_clock_and_language(self):
        again = self.made.folder / "another" / "folder"
        environment = {**os.environ, "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "de_DE.UTF-8", "HOME": "/", "PYTHONHASHSEED": "7"}
        time.sleep(1.1 - time.time() % 1)    # another second of the clock, should anything still read it
        run("sh", "-c", 'umask 077 && cd / && exec "$0" "$@"', ROOT / "tools/image/build", BUILD, again, env=environment)
        self.assertEqual((again / "images.json").read_text(), (self.made.images / "images.json").read_text())
        for image in IMAGES:
            with self.subTest(image):
                for kind in ("cdx", "provenance"):
                    self.assertEqual((again / f"{image}.{kind}.json").read_bytes(), (self.made.images / f"{image}.{kind}.json").read_bytes())

    def test_a_library_of_no_package_is_refused(self):
        library, program = self.made.folder / "libstranger.so", self.made.folder / "strange/bin/hullctl"
        program.parent.mkdir(parents=True)
        run("gcc", "-shared", "-o", library, "-xc", "/dev/null")
        run("gcc", "-Wl,--no-as-needed", f"-Wl,-rpath,{library.parent}", "-o", program, "-xc", "-", "-xnone", library, input="int main(void) { return 0; }")
        command = [ROOT / "tools/image/build", program.parents[1], self.made.folder / "none", "hullctl"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"of no Debian package, so that an image could not say what it is: {library}", done.stderr)
        self.assertEqual(list((self.made.folder / "none").iterdir()), [])


class Content(Images):
    def test_they_are_small(self):
        for image in IMAGES:
            with self.subTest(image):
                manifest = self.made.manifest(image)
                self.assertLess(sum(blob["size"] for blob in [manifest["config"], *manifest["layers"]]), MOST_BYTES)

    def test_everything_is_of_root_and_nobody_may_write_anything_but_tmp(self):
        for image in IMAGES:
            with self.subTest(image):
                members = self.made.members(image)
                self.assertEqual([member.name for member in members if (member.uid, member.gid) != (0, 0)], [])
                self.assertEqual([member.name for member in members if not (member.isreg() or member.isdir() or member.issym())], [])
                plain = [member for member in members if not member.issym()]
                self.assertEqual([member.name for member in plain if member.mode & 0o022], ["tmp"])
                self.assertEqual([member.name for member in plain if member.mode & 0o7000], ["tmp"])
                self.assertEqual([member.mode for member in plain if member.name == "tmp"], [0o1777])

    def test_nothing_can_be_run_but_the_program(self):
        for program in PROGRAMS:
            with self.subTest(program.image):
                executable = {member.name for member in self.made.members(program.image) if member.isreg() and member.mode & 0o111}
                others = {name for name in executable if not re.fullmatch(r"usr/lib/\S+/(ld-linux\S*|libc)\.so\.\d+", name)}
                self.assertEqual(others, {f"usr/bin/{program.binary}"})

    def test_there_is_each_library_that_is_needed_and_no_other(self):
        """By what the files themselves say they need."""
        for program in PROGRAMS:
            with self.subTest(program.image):
                root = self.made.unpacked(program.image)
                there = {path.name: path for path in root.glob("usr/lib/*-linux-gnu/*") if ".so" in path.name}
                needed, left = set(), [root / "usr/bin" / program.binary]
                while left:
                    for name in re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", left.pop())):
                        if name not in needed:
                            needed.add(name)
                            left.append(there[name])
                self.assertEqual({path.resolve().name for path in there.values()}, {there[name].resolve().name for name in needed})

    def test_certificate_authorities_are_debians_alone(self):
        for image in IMAGES:
            with self.subTest(image):
                root = self.made.unpacked(image)
                theirs = {path.read_text().strip() for path in pathlib.Path("/usr/share/ca-certificates").rglob("*.crt")}
                ours = (root / "etc/ssl/certs/ca-certificates.crt").read_text()
                blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", ours, re.DOTALL)
                self.assertGreater(len(blocks), 100)
                self.assertEqual([block for block in blocks if block not in theirs], [])
                self.assertTrue((root / "usr/share/zoneinfo/Europe/Berlin").is_file())

    def test_the_configuration_is_that_of_an_unprivileged_container(self):
        for program in PROGRAMS:
            with self.subTest(program.image):
                document = self.made.configuration(program.image)
                config = document["config"]
                self.assertEqual((config["User"], config["Entrypoint"]), (f"{USER}:{USER}", [f"/usr/bin/{program.binary}"]))
                self.assertNotIn("Cmd", config)
                self.assertEqual(config["Labels"]["org.opencontainers.image.licenses"], "Apache-2.0")
                self.assertEqual(config["Labels"]["org.opencontainers.image.created"], document["created"])
                self.assertEqual(len(document["rootfs"]["diff_ids"]), 2)


@unittest.skipIf(os.geteuid(), "a root file system of one's own needs root")
class Running(Images):
    def test_hullctl_runs(self):
        container = Container(self.made.images / "hullctl", self.made.folder / "run-hullctl")
        done = container.run("hullctl", "--version")
        self.assertEqual((done.returncode, done.stdout), (0, self.made.hullctl("--version").stdout), done.stderr)
        done = container.run("hullctl", "check", "--help")
        self.assertEqual((done.returncode, done.stdout), (0, self.made.hullctl("check", "--help").stdout), done.stderr)

    def test_the_webhook_answers_reviews(self):
        container = Container(self.made.images / "webhook", self.made.folder / "run-webhook")
        settings = container.root / "etc/hullwright"
        settings.mkdir()
        common.write_fixtures(settings, 1)
        common.make_certificate(settings)
        os.chown(settings / "tls.key", USER, USER)
        port = common.free_port()
        with open(self.made.folder / "webhook.log", "w") as log:
            files = {"policies": "policies", "scans": "scans", "tls-cert": "tls.crt", "tls-key": "tls.key"}
            process = container.start(log, "hullwright-webhook", *(f"--{flag}=/etc/hullwright/{name}" for flag, name in files.items()),
                                      f"--listen=127.0.0.1:{port}", "--shutdown-delay=0")
        try:
            tls = ssl.create_default_context(cafile=settings / "tls.crt")
            request = lambda path, body: urllib.request.Request(f"https://localhost:{port}{path}", body, {"Content-Type": "application/json"})
            ask = lambda path, body=None: urllib.request.urlopen(request(path, body), context=tls, timeout=10)
            self.wait_until_ready(process, ask)
            self.assertEqual(re.search(r"^Uid:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)[1], str(USER))
            for images, allowed in (((common.image(0),), True), (("nobody.example/unknown@sha256:" + "a" * 64,), False)):
                answer = json.load(ask("/v1/validate", common.review(images).encode()))
                self.assertEqual(answer["response"]["allowed"], allowed, answer)
        finally:
            process.terminate()
            self.assertEqual(process.wait(30), 0)

    def wait_until_ready(self, process, ask):
        give_up = time.monotonic() + 30
        while True:
            try:
                return ask("/readyz")
            except OSError as problem:
                if process.poll() is not None or time.monotonic() > give_up:
                    raise AssertionError((self.made.folder / "webhook.log").read_text()[-2000:]) from problem
                time.sleep(0.05)

    def test_servers_are_trusted_by_the_bundle_of_the_image(self):
        container = Container(self.made.images / "hullctl", self.made.folder / "run-trust")
        tls = self.made.folder / "server"
        tls.mkdir()
        common.make_certificate(tls)
        with Server(tls) as server:
            registry = ours("Registry", "local", {"host": f"127.0.0.1:{server.port}"})
            (container.root / "registry.json").write_text(json.dumps(registry))
            ask = lambda: container.run("hullctl", "resolve", f"127.0.0.1:{server.port}/some/image:1", "--registries", "/registry.json")
            self.assertEqual(ask().returncode, 2)    # could not tell: who answers is not known
            with open(container.root / "etc/ssl/certs/ca-certificates.crt", "ab") as bundle:
                bundle.write((tls / "tls.crt").read_bytes())
            done = ask()
            self.assertEqual(done.returncode, 1, done.stderr)    # asked, and there is no such image


class Server:
    """A registry over TLS that has nothing."""

    def __init__(self, folder):
        class Nothing(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                text = b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "nothing"}]}'
                self.send_response(404)
                self.send_header("Content-Length", str(len(text)))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(text)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Scanning(Images):
    def packages(self, report):
        return {(package["Name"], package["SrcName"], package["SrcVersion"]) for result in report["Results"] for package in result.get("Packages", [])}

    def findings(self, report):
        return {(finding["VulnerabilityID"], finding["PkgName"]) for result in report["Results"] for finding in result.get("Vulnerabilities", [])}

    def test_trivy_sees_the_packages_and_what_is_known_of_them(self):
        for image in IMAGES:
            with self.subTest(image):
                report = self.made.report(image)
                self.assertEqual(report["Metadata"]["OS"]["Family"], "debian")
                listed = {member.name.rpartition("/")[2] for member in self.made.members(image)
                          if "/status.d/" in member.name and not member.name.endswith(".md5sums")}
                self.assertLessEqual({"libc6", "libssl3", "libstdc++6", "zlib1g", "tzdata", "ca-certificates"}, listed)
                self.assertEqual({name for name, _, _ in self.packages(report)}, listed)
                self.assertLessEqual({("CVE-2099-10002", "libssl3"), ("CVE-2099-10004", "zlib1g")}, self.findings(report))

    def test_grype_sees_them_too(self):
        found = {(match["vulnerability"]["id"], match["artifact"]["name"]) for match in self.made.grype("webhook")["matches"]}
        self.assertLessEqual({("CVE-2099-10002", "libssl3"), ("CVE-2099-10004", "zlib1g")}, found)

    def test_trivy_finds_the_same_by_the_sbom(self):
        for image in IMAGES:
            with self.subTest(image):
                by_image, by_sbom = self.made.report(image), self.made.trivy("sbom", self.made.images / f"{image}.cdx.json")
                self.assertEqual(self.findings(by_sbom), self.findings(by_image))
                more = self.packages(by_sbom) - self.packages(by_image)
                self.assertEqual(self.packages(by_image) - self.packages(by_sbom), set())
                self.assertLessEqual({"libboost1.74-dev", "nlohmann-json3-dev"}, {name for name, _, _ in more})    # compiled in

    def test_the_sbom_and_the_provenance_are_about_the_image(self):
        for program in PROGRAMS:
            with self.subTest(program.image):
                digest = self.made.listed()[program.image]["digest"].removeprefix("sha256:")
                bill = json.loads((self.made.images / f"{program.image}.cdx.json").read_text())
                self.assertEqual(bill["metadata"]["component"]["hashes"], [{"alg": "SHA-256", "content": digest}])
                known = {component["bom-ref"] for component in [bill["metadata"]["component"], *bill["components"]]}
                self.assertEqual({ref for edge in bill["dependencies"] for ref in [edge["ref"], *edge["dependsOn"]]} - known, set())
                proof = json.loads((self.made.images / f"{program.image}.provenance.json").read_text())
                self.assertEqual(proof["subject"], [{"name": f"hullwright/{program.image}", "digest": {"sha256": digest}}])
                self.assertEqual(proof["predicate"]["buildDefinition"]["externalParameters"]["image"], program.image)


class Verifying(Images):
    def verify(self, reference, key, *more):
        return self.made.hullctl("verify", reference, "--key", key, "--transparency-log", "Ignore", *more)

    def test_hullctl_accepts_signature_sbom_and_provenance_from_registry_and_layout(self):
        for image in IMAGES:
            with self.subTest(image):
                for where in (("--plain-http", self.made.registry.host), ("--layout", self.made.images / image)):
                    for what in ((), *(("--attestation", kind) for kind in ATTESTED)):
                        done = self.verify(self.made.reference(image), self.made.key, *where, *what)
                        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_hullctl_refuses_the_key_of_another_and_the_image_of_another(self):
        stranger = f"{self.made.registry.key('stranger')}.pub"
        for kind in ((), ("--attestation", ATTESTED[0])):
            self.assertEqual(self.verify(self.made.reference("webhook"), stranger, "--plain-http", self.made.registry.host, *kind).returncode, 1)
        moved = f"{self.made.repositories}/moved"    # without what refers to it
        run(self.made.tools / "crane", "copy", self.made.reference("webhook"), f"{moved}:1", env=self.made.environment)
        self.assertEqual(self.verify(f"{moved}:1", self.made.key, "--plain-http", self.made.registry.host).returncode, 1)

    def test_cosign_accepts_them(self):
        how = ("--allow-http-registry", "--insecure-ignore-tlog", "--trusted-root", self.made.registry.folder / "trusted-root.json", "--key", self.made.key)
        for image in IMAGES:
            with self.subTest(image):
                self.made.registry.cosign("verify", *how, self.made.reference(image))
                for kind in ("cyclonedx", "slsaprovenance1"):
                    self.made.registry.cosign("verify-attestation", *how, "--type", kind, self.made.reference(image))

    def test_a_registry_without_the_referrers_api_serves_as_well(self):
        with subprocess.Popen([self.made.tools / "crane", "registry", "serve", "--address", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True) as process:
            try:
                host = "127.0.0.1:" + next(line for line in process.stderr if "serving on port " in line).split("serving on port ")[1].strip()
                threading.Thread(target=process.stderr.read, daemon=True).start()    # or it would wait for somebody to read what it says
                run(ROOT / "tools/image/push", self.made.images, f"{host}/ours", env=self.made.environment)
                for what in ((), *(("--attestation", kind) for kind in ATTESTED)):
                    done = self.verify(f"{host}/ours/webhook:{self.made.listed()['webhook']['tag']}", self.made.key, "--plain-http", host, *what)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            finally:
                process.terminate()

    def test_signing_again_with_another_key_replaces_what_was_there(self):
        copy = self.made.folder / "signed-again"
        shutil.copytree(self.made.images, copy)
        key = self.made.registry.key("successor")
        run(ROOT / "tools/image/sign", copy, f"{key}.key", env={**self.made.environment, "COSIGN_PASSWORD": ""})
        self.assertEqual((copy / "signing.pub").read_text(), pathlib.Path(f"{key}.pub").read_text())
        reference = self.made.reference("webhook")
        self.assertEqual(self.verify(reference, copy / "signing.pub", "--layout", copy / "webhook").returncode, 0)
        self.assertEqual(self.verify(reference, self.made.key, "--layout", copy / "webhook").returncode, 1)


def exception(images):
    """For what the fixture database leaves open of every zlib: severity and fix, without which the policy cannot tell."""
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    return ours("ClusterVulnerabilityException", "zlib", {
        "policyRefs": [{"name": "hullwright-itself"}], "vulnerabilities": [{"id": "CVE-2099-10005"}], "images": [images], "assessment": "RiskAccepted",
        "reason": "invented", "owner": "tests@hullwright.dev", "expiresAt": end})


class Admission(Images):
    """By the policy that docs/images.md shows."""

    def check(self, reference, *more, objects=None):
        folder = self.made.folder / "policies"
        folder.mkdir(exist_ok=True)
        (folder / "objects.yaml").write_text(objects or self.made.objects_of_the_page("docs/images.md"))
        (folder / "exception.json").write_text(json.dumps(exception(f"{self.made.repositories}/*")))
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod", "namespace": "default"},
               "spec": {"containers": [{"name": "c", "image": reference}]}}
        (self.made.folder / "pod.json").write_text(json.dumps(pod))
        return self.made.hullctl("check", "-f", self.made.folder / "pod.json", "--policies", folder, "--scans", self.scans(), "-o", "json", *more)

    def scans(self):
        folder = self.made.folder / "scans"
        if not folder.exists():
            folder.mkdir()
            for image in IMAGES:
                report = self.made.folder / "report.json"
                report.write_text(json.dumps(self.made.report(image)))
                run(BUILD / "bin/hullctl", "scan", "import", "--report", report, "--to", folder)
        return folder

    def assert_decision(self, done, code, *words):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stdout)

    def test_the_policy_admits_them_from_registry_and_layout(self):
        for image in IMAGES:
            with self.subTest(image):
                for where in (("--registry", "--plain-http", self.made.registry.host), ("--layout", self.made.images / image)):
                    self.assert_decision(self.check(self.made.reference(image), *where), 0)

    def test_the_policy_refuses_what_was_changed_in_the_registry(self):
        changed = f"{self.made.repositories}/webhook:changed"
        run(self.made.tools / "crane", "mutate", self.made.reference("webhook"), "--user", "0", "--tag", changed, env=self.made.environment)
        digest = run(self.made.tools / "crane", "digest", changed, env=self.made.environment).strip()
        done = self.check(f"{self.made.repositories}/webhook@{digest}", "--registry", "--plain-http", self.made.registry.host)
        self.assert_decision(done, 1, "SignatureMissing", "AttestationMissing", "RunsAsRoot", "Unscanned")

    def test_the_policy_refuses_what_was_changed_in_the_layout(self):
        manifest = self.made.manifest("webhook")
        bundle = next(entry["digest"] for entry in json.loads((self.made.images / "webhook/index.json").read_text())["manifests"] if "artifactType" in entry)
        for what in (self.made.listed()["webhook"]["digest"], manifest["config"]["digest"], bundle):
            with self.subTest(what):
                copy = self.made.folder / "changed-layout"
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(self.made.images / "webhook", copy)
                blob = copy / "blobs/sha256" / what.removeprefix("sha256:")
                blob.write_bytes(blob.read_bytes().removesuffix(b"}") + b" }")    # says the same in other bytes
                self.assert_decision(self.check(self.made.reference("webhook"), "--layout", copy), 1, "RegistryMismatch")

    def test_the_policy_refuses_a_vulnerability_that_it_forbids(self):
        stricter = self.made.objects_of_the_page("docs/images.md").replace("fix: Available}", "fix: None}")
        self.assert_decision(self.check(self.made.reference("webhook"), "--layout", self.made.images / "webhook", objects=stricter), 1, "CVE-2099-10002")


class WithAnEngine(Images):
    """The Containerfile, which no engine runs here."""

    def instructions(self):
        lines = re.sub(r"\\\n", " ", (ROOT / "Containerfile").read_text()).splitlines()
        return [line.split(None, 1) for line in lines if line and not line.startswith("#")]

    def stages(self):
        found = {}
        for word, rest in self.instructions():
            if word == "FROM":
                base, _, name = re.fullmatch(r"(\S+)( AS (\S+))?", rest).groups()
                found[name] = [("FROM", base)]
            elif found:
                found[name].append((word, rest))
        return found

    def test_it_has_a_stage_for_each_image_like_the_image(self):
        stages = self.stages()
        self.assertEqual(list(stages), ["build", *IMAGES])
        for program in PROGRAMS:
            with self.subTest(program.image):
                stage, config = stages[program.image], self.made.configuration(program.image)["config"]
                values = dict(stage)
                self.assertEqual([word for word, _ in stage if word not in ("FROM", "COPY", "ENV", "EXPOSE", "USER", "ENTRYPOINT")], [])
                self.assertEqual((values["FROM"], values["USER"], json.loads(values["ENTRYPOINT"])), ("scratch", config["User"], config["Entrypoint"]))
                self.assertEqual(values["ENV"].split(), config["Env"])
                self.assertEqual({f"{port}/tcp" for port in values.get("EXPOSE", "").split()}, set(config.get("ExposedPorts", {})))
                self.assertEqual(values["COPY"], f"--from=build /root-of/{program.image}/ /")

    def test_what_its_build_stage_copies_and_runs_is_there(self):
        stage = self.stages()["build"]
        for word, rest in stage:
            if word == "COPY":
                self.assertTrue((ROOT / rest.split()[0]).exists(), rest)
        commands = [rest for word, rest in stage if word == "RUN"]
        self.assertEqual(commands[:2], ["setup/install build image", "make build"])
        self.assertEqual(re.search(r"for image in ([^;]+);", commands[2])[1].split(), IMAGES)
        for name in re.findall(r"\b(?:tools|setup)/[\w/-]+", " ".join(commands)):
            self.assertTrue(os.access(ROOT / name, os.X_OK), name)


TESTED = ROOT / (sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build")

if __name__ == "__main__":
    unittest.main()
