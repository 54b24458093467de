#!/usr/bin/env python3
"""The Debian package of hullctl: what is in it, that dpkg installs and removes it, and that it is a plugin of the real kubectl.

Usage: tests/images/package_test.py [BUILD_DIR]
"""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Package(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if TESTED != BUILD:
            raise unittest.SkipTest("the package is made of the release build")
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="hullwright-package-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        run(ROOT / "tools/image/debian-package", BUILD, cls.folder)
        cls.package, = cls.folder.glob("*.deb")
        cls.root = cls.folder / "root"
        run("dpkg-deb", "--extract", cls.package, cls.root)

    def field(self, name):
        return run("dpkg-deb", "--field", self.package, name).strip()

    def test_the_same_is_made_by_another_umask_and_clock(self):
        again = self.folder / "again"
        environment = {**os.environ, "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "HOME": "/"}
        run("sh", "-c", 'umask 077 && cd / && exec "$0" "$@"', ROOT / "tools/image/debian-package", BUILD, again, env=environment)
        self.assertEqual((again / self.package.name).read_bytes(), self.package.read_bytes())

    def test_its_fields_are_those_that_policy_asks_for(self):
        version = re.search(r"^project\(hullwright VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]
        architecture = run("dpkg", "--print-architecture").strip()
        self.assertEqual(self.package.name, f"hullctl_{version}-1_{architecture}.deb")
        self.assertEqual((self.field("Package"), self.field("Version"), self.field("Architecture")), ("hullctl", f"{version}-1", architecture))
        self.assertRegex(self.field("Maintainer"), r"^[^<]+ <\S+@\S+>$")
        self.assertRegex(self.field("Depends"), r"\blibc6 \(>= [\d.]+\), .*\blibssl3 \(>= 3")
        summary, *rest = self.field("Description").splitlines()
        self.assertLess(len(summary), 80)
        self.assertTrue(rest and all(line.startswith(" ") and len(line) <= 80 for line in rest))
        size = sum(path.stat().st_size for path in self.root.rglob("*") if path.is_file() and not path.is_symlink()) / 1024
        self.assertAlmostEqual(int(self.field("Installed-Size")), size, delta=100)

    def test_it_holds_what_it_should_and_nothing_else(self):
        files = {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_symlink() or not path.is_dir()}
        self.assertEqual(files, {
            "usr/bin/hullctl", "usr/bin/kubectl-hullwright", "usr/bin/kubectl_complete-hullwright",
            "usr/share/man/man1/hullctl.1.gz", "usr/share/man/man1/kubectl-hullwright.1.gz",
            "usr/share/bash-completion/completions/hullctl", "usr/share/zsh/vendor-completions/_hullctl", "usr/share/fish/vendor_completions.d/hullctl.fish",
            "usr/share/doc/hullctl/copyright", "usr/share/doc/hullctl/changelog.gz", "usr/share/doc/hullctl/changelog.Debian.gz"})
        for row in run("dpkg-deb", "--contents", self.package).splitlines():
            mode, owner, _ = row.split(None, 2)
            self.assertEqual(owner, "root/root", row)
            self.assertIn(mode, ("drwxr-xr-x", "-rw-r--r--", "lrwxrwxrwx", *(["-rwxr-xr-x"] if "./usr/bin/" in row else [])), row)
        self.assertNotIn(b".debug_info", (self.root / "usr/bin/hullctl").read_bytes())

    def test_manual_completions_and_licences_are_those_of_the_program(self):
        program = self.root / "usr/bin/hullctl"
        self.assertEqual(gzip.decompress((self.root / "usr/share/man/man1/hullctl.1.gz").read_bytes()), (ROOT / "docs/man/hullctl.1").read_bytes())
        completions = {"bash": "bash-completion/completions/hullctl", "zsh": "zsh/vendor-completions/_hullctl", "fish": "fish/vendor_completions.d/hullctl.fish"}
        for shell, path in completions.items():
            self.assertEqual((self.root / "usr/share" / path).read_text(), run(program, "completion", shell))
        text = (self.root / "usr/share/doc/hullctl/copyright").read_text()
        for words in ("Apache License", "Boost Software License", "Niels Lohmann", "Of libcli11-dev", "Of libsqlitecpp-dev"):
            self.assertTrue(words in text, words)
        self.assertRegex(gzip.decompress((self.root / "usr/share/doc/hullctl/changelog.Debian.gz").read_bytes()).decode(),
                         r"\Ahullctl \(\S+-1\) unstable; urgency=medium\n\n  \* .*\n\n -- .+ <\S+>  \w{3}, \d\d \w{3} \d{4} [\d:]{8} [+-]0000\n\Z")

    @unittest.skipIf(os.geteuid(), "dpkg installs as root alone")
    def test_dpkg_installs_verifies_and_removes_it(self):
        database, root = self.folder / "database", self.folder / "installed"
        for folder in (database / "updates", database / "info", root):
            folder.mkdir(parents=True)
        (database / "status").touch()
        (database / "available").touch()
        # Into a folder with a package database of its own, where its dependencies are not.
        dpkg = ("dpkg", f"--admindir={database}", f"--instdir={root}", f"--log={self.folder}/dpkg.log", "--force-depends")
        run(*dpkg, "--install", self.package)
        self.assertEqual(run(*dpkg[:3], "--verify", "hullctl"), "")
        self.assertEqual(run(root / "usr/bin/kubectl-hullwright", "--version"), run(BUILD / "bin/hullctl", "--version"))
        run(*dpkg, "--remove", "hullctl")
        self.assertEqual([path for path in root.rglob("*") if not path.is_dir()], [])

    def test_the_real_kubectl_takes_it_for_a_plugin(self):
        tools = run(ROOT / "tests/tools/build", "kubectl").strip()
        environment = {**os.environ, "PATH": f"{self.root}/usr/bin:{tools}:/usr/bin:/bin", "HOME": str(self.folder)}
        self.assertIn(f"{self.root}/usr/bin/kubectl-hullwright", run("kubectl", "plugin", "list", env=environment))
        self.assertEqual(run("kubectl", "hullwright", "--help", env=environment), run(BUILD / "bin/hullctl", "--help", env=environment))
        self.assertEqual(run("kubectl", "__complete", "hullwright", "verif", env=environment), "verify\nverify-bundle\n:4\n")
        self.assertEqual(run("kubectl", "__complete", "hullwright", "check", "-f", "", env=environment), ":0\n")    # the shell knows files
        refused = subprocess.run(["kubectl", "hullwright", "nonsense"], env=environment, capture_output=True, timeout=60)
        self.assertEqual(refused.returncode, 3)    # as hullctl itself says it


TESTED = ROOT / (sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build")

if __name__ == "__main__":
    unittest.main()
