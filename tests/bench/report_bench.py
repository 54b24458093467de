"""Reading a report of 10 MB as Trivy writes them, and how large the ImageScans of the sample reports are (report_bench.cpp)."""
import json
import pathlib
import random
import statistics
import subprocess

from common import RUNS, digest_of, row

BYTES = 10_000_000
SAMPLES = pathlib.Path(__file__).resolve().parents[3] / "shared" / "samples"    # kept beside the source tree, or absent
WORDS = ("a flaw was found in the way that memory handling parses crafted input leading to buffer overflow when attacker sends <tag> & \"quoted\" "
         "data over network which allows remote denial of service or code execution before version release").split()


def text(dice, words):
    return " ".join(dice.choice(WORDS) for _ in range(words))


def finding(dice, number):
    """As Trivy 0.68 writes them: some 700 bytes of description, 20 references, scores of two sources."""
    package = f"library-{number % 300}"
    cve = f"CVE-20{18 + number % 8}-{10000 + number}"
    score = round(dice.uniform(3, 9.8), 1)
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
    return {"VulnerabilityID": cve, "VendorIDs": [f"DLA-{number}-1"], "PkgID": f"{package}@1.{number % 40}-2", "PkgName": package,
            "PkgIdentifier": {"PURL": f"pkg:deb/debian/{package}@1.{number % 40}-2?arch=amd64&distro=debian-12.8", "UID": f"{number:016x}"},
            "InstalledVersion": f"1.{number % 40}-2", **({"FixedVersion": f"1.{number % 40}-3"} if number % 3 else {}),
            "Status": "fixed" if number % 3 else "affected",
            "Layer": {"Digest": digest_of(f"blob-{number % 9}"), "DiffID": digest_of(f"layer-{number % 9}")}, "SeveritySource": "debian",
            "PrimaryURL": f"https://avd.aquasec.com/nvd/{cve.lower()}",
            "DataSource": {"ID": "debian", "Name": "Debian Security Tracker", "URL": "https://salsa.debian.org/security-tracker-team/security-tracker"},
            "Fingerprint": digest_of(f"finding-{number}"), "Title": f"{package}: {text(dice, 8)}", "Description": text(dice, 110) + ".\n",
            "Severity": dice.choice(["CRITICAL", "HIGH", "MEDIUM", "MEDIUM", "LOW", "LOW"]), "CweIDs": [f"CWE-{number % 900}"],
            "VendorSeverity": {"debian": 2, "nvd": 3, "redhat": 2, "ubuntu": 1},
            "CVSS": {"nvd": {"V3Vector": vector, "V3Score": score}, "redhat": {"V3Vector": vector, "V3Score": round(score - 1, 1)}},
            "References": [f"https://lists.example.org/archives/{number}/{i}/message.html" for i in range(20)],
            "PublishedDate": f"20{18 + number % 8}-03-01T12:15:00.123Z", "LastModifiedDate": "2026-01-02T03:04:05Z"}


def write_report(path):
    """Indented and with &, < and > escaped, as Go writes JSON."""
    dice = random.Random(1)
    escaped = lambda value: json.dumps(value, indent=2).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    layers = [digest_of(f"layer-{i}") for i in range(9)]
    packages = [{"ID": f"library-{i}@1.2-2", "Name": f"library-{i}", "Identifier": {"PURL": f"pkg:deb/debian/library-{i}@1.2-2?arch=amd64"},
                 "Version": "1.2", "Release": "2", "Arch": "amd64", "SrcName": f"library-{i}", "Licenses": ["GPL-2.0-or-later"],
                 "Maintainer": "Debian <debian@example.org>", "Layer": {"DiffID": layers[i % 9]}} for i in range(300)]
    findings, size = [], len(escaped(packages))
    while size < BYTES:
        findings.append(finding(dice, len(findings)))
        size += len(escaped([[[findings[-1]]]]))
    path.write_text(escaped({
        "SchemaVersion": 2, "CreatedAt": "2026-03-01T12:00:00.123456789Z", "ArtifactName": "registry.example/bench/app:1", "ArtifactType": "container_image",
        "Metadata": {"Size": 120_000_000, "OS": {"Family": "debian", "Name": "12.8"}, "DiffIDs": layers,
                     "RepoDigests": [f"registry.example/bench/app@{digest_of(0)}"],
                     "ImageConfig": {"architecture": "amd64", "os": "linux", "created": "2026-02-01T00:00:00Z",
                                     "rootfs": {"type": "layers", "diff_ids": layers}, "config": {"User": "1000"}}},
        "Results": [{"Target": "registry.example/bench/app:1 (debian 12.8)", "Class": "os-pkgs", "Type": "debian", "Packages": packages,
                     "Vulnerabilities": findings}]}) + "\n")


def ask(build, *arguments):
    return json.loads(subprocess.run([build / "bin" / "report-bench", *arguments], check=True, capture_output=True, text=True, timeout=120).stdout)


def object_sizes(build):
    """In KiB, none where there are no samples."""
    files = sorted(file for file in SAMPLES.glob("format-*.json") if file.name != "format-kev.json")  # a catalogue, no report
    if not files:
        print("skipped: object sizes: there are no sample reports beside the source tree")
        return []
    sizes = [size / 1024 for size in ask(build, "--sizes", *files)["sizes"]]
    return [row(f"ImageScan of a sample report as sent, median of {len(sizes)}", statistics.median(sizes), "KiB", "<= 16"),
            row("the largest of them", max(sizes), "KiB", "<= 256")]


def measure(build, folder):
    report = folder / "report.json"
    write_report(report)
    figures = ask(build, report)
    size = figures["bytes"] / 1e6
    peak = statistics.median(ask(build, "--memory", report)["peak_bytes"] for _ in range(RUNS)) / 1e6
    return [row(f"Trivy report of {size:.1f} MB, {figures['findings']} findings; simdjson's parse alone", figures["decode_mb_s"], "MB/s", ">= 150", figures["parse_mb_s"]),
            row("peak memory to read and decode it; its size", peak, "MB", "ratio <= 3", size),
            *object_sizes(build)]
