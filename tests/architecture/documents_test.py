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

    def test_every_flag_of_the_webhook_is_explained(self):
        self.assertEqual(self.missing(r'add_(?:option|flag)\("(--[a-z-]+)"', "webhook/config.cpp"), [])

    def test_no_page_has_a_placeholder(self):
        pages = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
        self.assertEqual([page for page in pages if "@@" in read(page)], [])

    def test_every_case_file_and_document_link_exists(self):
        pages = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
        broken = []
        for page in pages:
            for target in re.findall(r"`((?:docs|demo|tests|lib|webhook|cli|crds|setup)/[\w./-]+)`", read(page)):
                if not (ROOT / target).exists() and "*" not in target:
                    broken.append(f"{page}: {target}")
        self.assertEqual(broken, [])


if __name__ == "__main__":
    sys.argv[1:] = [a for a in sys.argv[1:] if a.startswith("-")]
    unittest.main()
