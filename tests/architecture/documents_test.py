#!/usr/bin/env python3
"""What people lean on stands in the documentation: every reason word, metric and flag of the programs.

Usage: tests/architecture/documents_test.py [BUILD_DIR]
"""
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read(name):
    return (ROOT / name).read_text()


def tracked(*patterns):
    return subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()


def names_of_tests():
    """Of every TEST_CASE and of every decision case."""
    names = set()
    for file in tracked("tests/*.cpp"):
        for literals in re.findall(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', read(file)):
            names.add("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)).replace('\\"', '"'))
    for file in tracked("tests/cases/*.yaml"):
        names.update(name.strip().strip("'\"") for name in re.findall(r"^- name: (.*)$", read(file), re.MULTILINE))
    return names


def sources():
    return "\n".join(read(file) for file in tracked("lib/*.h", "lib/*.cpp", "webhook/*.h", "webhook/*.cpp", "operator/*.h", "operator/*.cpp"))


class Documents(unittest.TestCase):
    def missing(self, pattern, source):
        words = re.findall(pattern, read(source))
        self.assertGreater(len(words), 4, f"{source} was read")
        page = read("docs/operations.md")
        return [word for word in words if f"`{word}`" not in page]

    def test_every_reason_word_is_explained(self):
        self.assertEqual(self.missing(r'WordInfo\{ReasonWord::k\w+, "(\w+)"', "lib/policy/reason.cpp"), [])
        self.assertEqual(self.missing(r'return "([A-Z]\w+)";', "webhook/verdict.cpp"), [])

    def test_every_metric_is_explained(self):
        self.assertEqual(self.missing(r'"(hullwright_[a-z_]+)"', "webhook/metrics.cpp"), [])

        self.assertEqual(self.missing(r'"(hullwright_operator_[a-z_]+)"', "operator/metrics.cpp"), [])

    def test_every_event_and_condition_of_the_operator_is_explained(self):
        self.assertEqual(self.missing(r'= "([A-Z]\w+)";', "operator/reason.h"), [])
        self.assertEqual([word for word in re.findall(r'Ready\(object, \w+, "(\w+)"', read("operator/object_status.cpp"))
                          if f"`{word}`" not in read("docs/operations.md")], [])

    def test_every_flag_of_the_programs_is_explained(self):
        self.assertEqual(self.missing(r'add_(?:option|flag)\("(--[a-z-]+)"', "webhook/config.cpp"), [])
        self.assertEqual(self.missing(r'add_(?:option|flag)\("(--[a-z-]+)"', "operator/config.cpp"), [])

    def test_the_threat_model_names_thirty_attacks_and_tests_and_code_that_exist(self):
        page = read("docs/threat-model.md")
        rows = re.findall(r"^\| (\d+) \|.*\| (.*) \|$", page, re.MULTILINE)
        self.assertEqual([int(number) for number, _ in rows], list(range(1, 31)))
        self.assertEqual([number for number, tests in rows if not any(" " in name for name in re.findall(r"`([^`]+)`", tests))], [])
        known, code = names_of_tests(), sources()
        quoted = set(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page))
        self.assertEqual(sorted(name for name in quoted if re.search(r"[^:] ", name) and name not in known), [])
        words = {name for name in quoted if re.fullmatch(r"[A-Z][A-Za-z0-9]+", name)}
        self.assertEqual(sorted(words - set(re.findall(r"\b[A-Z]\w+", code))), [])

    def test_the_decision_about_failed_steps_says_what_the_code_does(self):
        steps = re.findall(r"^  k(\w+),", re.search(r"enum class Step \{(.*?)\};", read("lib/verify/failure.h"), re.DOTALL)[1], re.MULTILINE)
        names = re.findall(r'"([a-z -]+)"', read("lib/verify/failure.cpp"))
        switch = re.search(r"ReasonWord WordOf\((?:verify::)?Step step\) \{(.*?)\n\}", sources(), re.DOTALL)[1]
        pairs = [(step, word) for cases, word in re.findall(r"((?:\s+case Step::k\w+:)+)\s+return (?:policy::)?ReasonWord::k(\w+);", switch)
                 for step in re.findall(r"Step::k(\w+)", cases)]
        coded = {names[steps.index(step)]: word for step, word in pairs}
        table = re.search(r"\| step \| word \|\n\|---\|---\|\n(.*?)\n\n", read("docs/decisions/0014-what-vouches-for-a-digest.md"), re.DOTALL)[1]
        written = {step: word for row in table.splitlines() for steps_, word in [row.strip("| ").split(" | ")] for step in steps_.split(":")[0].split(", ")}
        self.assertEqual(len(coded), len(steps))
        self.assertEqual(written, coded)

    def test_the_demonstration_colours_a_terminal_alone(self):
        says = re.search(r"^bold=.*?^Say\(\).*?$", read("demo/run"), re.MULTILINE | re.DOTALL)[0]
        said = subprocess.run(["bash", "-euc", says + "\nSay heading"], check=True, capture_output=True, text=True).stdout
        self.assertEqual(said, "\nheading\n")

    def test_no_page_has_a_placeholder(self):
        self.assertEqual([page for page in tracked("*.md") if "@@" in read(page)], [])

    def test_every_case_file_and_document_link_exists(self):
        broken = []
        for page in tracked("*.md"):
            for target in re.findall(r"`((?:docs|demo|tests|lib|webhook|cli|crds|setup)/[\w./-]+)`", read(page)):
                if not (ROOT / target).exists() and "*" not in target:
                    broken.append(f"{page}: {target}")
        self.assertEqual(broken, [])


if __name__ == "__main__":
    sys.argv[1:] = [a for a in sys.argv[1:] if a.startswith("-")]
    unittest.main()
