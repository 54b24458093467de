"""The images and the package of this build, made, signed and pushed once for all tests of this folder."""
import atexit
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "bench"), str(ROOT / "tools" / "image")]
import programs    # noqa: E402
from registry import Registry    # noqa: E402

BUILD = ROOT / "build"
PROGRAMS = programs.PROGRAMS
TOOLS = ("trivy", "trivy-fixture-db", "grype", "grype-fixture-db", "cosign", "crane", "olareg")
TRIVY = ("-q", "--skip-db-update", "--skip-java-db-update", "--offline-scan", "--skip-version-check", "--disable-telemetry", "--scanners", "vuln",
         "--format", "json", "--list-all-pkgs")


def run(*command, **more):
    """Standard output of what must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


class Made:
    """One for the whole program; its folder and its registry go away with it."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hullwright-images-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.tools = pathlib.Path(run(ROOT / "tests/tools/build", *TOOLS).strip())
        (self.folder / "registry").mkdir()
        self.registry = Registry(self.folder / "registry")
        atexit.register(self.registry.stop)
        self.images = self.folder / "images"
        run(ROOT / "tools/image/build", BUILD, self.images)
        self.environment = {**os.environ, "HOME": str(self.folder), "DOCKER_CONFIG": str(self.folder), "COSIGN": str(self.tools / "cosign"),
                            "CRANE": str(self.tools / "crane")}
        run(ROOT / "tools/image/sign", self.images, env=self.environment)
        self.repositories = f"{self.registry.host}/hullwright"
        run(ROOT / "tools/image/push", self.images, self.repositories, env=self.environment)
        self.key = self.images / "signing.pub"

    def listed(self):
        return json.loads((self.images / "images.json").read_text())

    def reference(self, image):
        return f"{self.repositories}/{image}@{self.listed()[image]['digest']}"

    def blob(self, image, digest):
        return self.images / image / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def manifest(self, image):
        return json.loads(self.blob(image, self.listed()[image]["digest"]).read_bytes())

    def configuration(self, image):
        return json.loads(self.blob(image, self.manifest(image)["config"]["digest"]).read_bytes())

    def members(self, image):
        """Of all layers, as the tar has them."""
        found = []
        for layer in self.manifest(image)["layers"]:
            with tarfile.open(self.blob(image, layer["digest"])) as tar:
                found += tar.getmembers()
        return found

    def unpacked(self, image):
        """Its root file system, to look at."""
        folder = self.folder / "unpacked" / image
        if not folder.exists():
            run(ROOT / "tools/image/unpack", self.images / image, folder)
        return folder

    def hullctl(self, *arguments):
        return subprocess.run([BUILD / "bin/hullctl", *arguments], capture_output=True, text=True, timeout=60)

    def trivy(self, kind, target, *more):
        """Its report, by the fixture database."""
        cache = self.folder / "trivy"
        if not cache.exists():
            run(self.tools / "trivy-fixture-db", cache)
        return json.loads(run(self.tools / "trivy", kind, *TRIVY, *more, "--cache-dir", cache, target, env=self.environment))

    @functools.cache
    def report(self, image):
        return self.trivy("image", self.reference(image), "--image-src", "remote")

    def grype(self, image):
        """Its report. The fixture database knows Debian by its number alone, the image also by its code name: so the number is said."""
        database = self.folder / "grype"
        run(self.tools / "grype-fixture-db", database, ROOT / "tests/tools/trivy-fixture-db", "today")
        environment = {**self.environment, "GRYPE_DB_CACHE_DIR": str(database), "GRYPE_DB_AUTO_UPDATE": "false", "GRYPE_CHECK_FOR_APP_UPDATE": "false",
                       "XDG_CONFIG_HOME": str(self.folder)}
        return json.loads(run(self.tools / "grype", f"registry:{self.reference(image)}", "-q", "--distro", "debian:12", "-o", "json", env=environment,
                              cwd=self.folder))

    def objects_of_the_page(self, page):
        """The YAML that a page shows, with this registry and this key in place of those there, and nothing else changed."""
        text = re.search(r"```yaml\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)[1]
        key = "".join(f"        {line}\n" for line in self.key.read_text().splitlines())
        text, keys = re.subn(r" *-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----\n", key, text, flags=re.DOTALL)
        if keys != 1 or text.count("registry.example/hullwright") != 2:
            raise RuntimeError(f"{page} does not show one key and two patterns")
        return text.replace("registry.example/hullwright", self.repositories)


@functools.cache
def shared():
    return Made()

