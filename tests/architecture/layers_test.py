#!/usr/bin/env python3
"""The arrows of ARCHITECTURE.md, held against the #include lines and against the link graph of the build.

Usage: tests/architecture/layers_test.py [BUILD_DIR]
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A folder may include itself and those named here, and nothing else. The one list that CMakeLists.txt files must agree with.
ARROWS = {
    "base": set(),
    "api": {"base"},
    "policy": {"api", "base"},
    "verify": {"base", "api", "policy"},
    "http": {"base"},
    "registry": {"base", "http"},
    "kube": {"base", "api", "http"},
    "scan": {"base", "api", "policy"},
    "store": {"base"},
    "evidence": {"base", "api", "policy", "scan", "verify", "http", "registry", "store"},
    "webhook": {"base", "api", "policy", "http", "kube", "registry", "store", "evidence"},
    "operator": {"base", "api", "policy", "http", "kube", "evidence"},
    "cli": {"base", "api", "policy", "verify", "http", "registry", "kube", "scan", "store", "evidence"},
}
PROGRAMS = {"webhook", "operator", "cli"}

# Foreign headers that only one layer wraps, and what pure layers must not touch.
WRAPPED = {
    r"<boost/(beast|asio)": {"http"},
    r"<cpprest/": {"http"},
    r"<yaml\.h>": {"base"},
    r"<cbor": {"verify"},
    r"<(SQLiteCpp/|sqlite3\.h)": {"store"},
    r"<zlib\.h>": {"base"},
    r"<archive(_entry)?\.h>": {"cli"},
    r"<CLI/": {"cli", "operator", "webhook"},
    r"<prometheus/": {"operator", "webhook"},
    r'"verify/attestor\.h"': {"verify"},  # whoever includes it can make Verified values
}
PURE = {"api", "policy", "verify"}
IMPURE = re.compile(r"#include <(fstream|filesystem|thread|sys/|unistd|fcntl)|_clock::now\(|std::getenv|std::random_device")


def sources(root, folder):
    base = root / folder if folder in PROGRAMS else root / "lib" / folder
    return sorted(p for p in base.rglob("*") if p.suffix in {".h", ".cpp"})


def violations(root):
    """Every #include or call in the tree under root that no arrow allows, as sentences."""
    found = []
    for folder, allowed in ARROWS.items():
        for path in sources(root, folder):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                where = f"{path.relative_to(root)}:{number}"
                if match := re.match(r'#include "(\w+)/', line):
                    target = match[1]
                    if target in ARROWS and target != folder and target not in allowed:
                        found.append(f"{where}: {folder} must not include {target}")
                for pattern, owners in WRAPPED.items():
                    if re.match(r"#include " + pattern, line) and folder not in owners:
                        found.append(f"{where}: only {' and '.join(sorted(owners))} may include {line[9:]}")
                if folder in PURE and IMPURE.search(line):
                    found.append(f"{where}: {folder} is pure: no clock, file, thread or environment")
    return found


def declared_dependencies(root):
    """The layers each CMake target links, from the DEPS of its CMakeLists.txt."""
    graph = {}
    for folder in ARROWS:
        path = (root / folder if folder in PROGRAMS else root / "lib" / folder) / "CMakeLists.txt"
        graph[folder] = set()
        for block in re.findall(r"DEPS ([\w\s]+?)(?:LIBRARIES|SOURCES|\))", path.read_text()):
            graph[folder] |= set(block.split()) & set(ARROWS)
    return graph


def linked_dependencies(build):
    """What the generated build really links into each layer's users: targets reachable in CMake's own dependency graph."""
    with tempfile.TemporaryDirectory() as folder:
        dot = pathlib.Path(folder) / "graph.dot"
        subprocess.run(["cmake", "-S", ROOT, "-B", build, f"--graphviz={dot}"], check=True, capture_output=True)
        text = dot.read_text()
    names = {m[1]: m[2] for m in re.finditer(r'"(node\d+)" \[ label = "hullwright_(\w+)', text)}
    edges = re.findall(r'"(node\d+)" -> "(node\d+)"', text)
    return [(names[a], names[b]) for a, b in edges if a in names and b in names]


class Layers(unittest.TestCase):
    def test_no_include_points_against_the_arrows(self):
        self.assertEqual(violations(ROOT), [])

    def test_the_checker_sees_a_forbidden_arrow(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "lib" / "policy").mkdir(parents=True)
            (root / "lib" / "policy" / "engine.cpp").write_text(
                '#include "policy/engine.h"\n#include "kube/client.h"\n#include <boost/beast.hpp>\nauto t = std::chrono::system_clock::now();\n')
            self.assertEqual(
                [v.split(": ", 1)[1] for v in violations(root)],
                ["policy must not include kube", "only http may include <boost/beast.hpp>",
                 "policy is pure: no clock, file, thread or environment"])

    def test_every_folder_is_known(self):
        on_disk = {p.name for p in (ROOT / "lib").iterdir() if any(p.glob("*.cpp"))}
        self.assertEqual(on_disk - set(ARROWS), set(), "a new layer needs its row in ARROWS")

    def test_declared_dependencies_follow_the_arrows(self):
        for folder, linked in declared_dependencies(ROOT).items():
            self.assertLessEqual(linked - {folder}, ARROWS[folder], f"{folder} links a layer it may not include")

    def test_the_link_graph_follows_the_arrows(self):
        edges = [(a, b) for a, b in linked_dependencies(BUILD) if a in ARROWS and b in ARROWS]
        self.assertGreater(len(edges), 5, "the graph was read")
        for user, used in edges:
            self.assertIn(used, ARROWS[user], f"{user} links {used}")

    def test_the_wall_clock_decides_nothing_in_kube(self):
        """Who leads, which key is due and when to ask again: a step of the wall clock must not reach them. What is written down takes a Clock."""
        found = [p.name for p in sources(ROOT, "kube") if re.search(r"system_clock::now|SystemClock", p.read_text())]
        self.assertEqual(found, [])

    def test_every_attack_in_the_catalogue_has_a_test(self):
        rows = re.findall(r"^\| (\d\d) \|", (ROOT / "docs" / "attacks.md").read_text(), re.M)
        self.assertGreaterEqual(len(rows), 50)
        text = "".join(p.read_text() for p in (ROOT / "tests").rglob("*_test.cpp"))
        self.assertEqual([row for row in rows if f"[attack-{row}]" not in text], [])

    def test_no_path_of_a_machine_is_in_the_tree(self):
        names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
        pattern = re.compile(r"(^|[^\w.}-])/(work|root|home/\w+)/")
        found = []
        for name in names:
            path = ROOT / name
            if name and path.is_file() and path.suffix not in {".sum", ".json"} and name != "tests/architecture/layers_test.py":
                found += [f"{name}:{n}" for n, line in enumerate(path.read_text(errors="replace").splitlines(), 1) if pattern.search(line)]
        self.assertEqual(found, [])


BUILD = ROOT / (sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build")

if __name__ == "__main__":
    unittest.main()
