"""What Debian's package database says of files on this machine: which package a file is of, and whether it still is what was installed.

Whatever it cannot say is an error: an image must not hold what its list of packages does not name.
"""
import dataclasses
import functools
import hashlib
import os
import pathlib
import re
import subprocess

DPKG = pathlib.Path("/var/lib/dpkg/info")
# Debian's names of architectures, as (OCI's, its variant).
ARCHITECTURES = {"amd64": ("amd64", None), "arm64": ("arm64", "v8")}
# Of a package, in the order of the members of Package below.
FIELDS = ("Package", "Version", "Architecture", "source:Package", "source:Version", "Maintainer", "Homepage", "Section", "binary:Summary")
FORMAT = "\\t".join(f"${{{field}}}" for field in ("db:Status-Status", *FIELDS)) + "\\n"


class DebianError(Exception):
    pass


@dataclasses.dataclass(frozen=True, order=True)
class Package:
    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    maintainer: str
    homepage: str
    section: str
    summary: str

    @property
    def qualified(self):
        return f"{self.name}:{self.architecture}" if self.architecture != "all" else self.name

    def paragraph(self):
        """As dpkg keeps it of an installed package; scanners look for vulnerabilities by the source package."""
        source = self.source if self.source_version == self.version else f"{self.source} ({self.source_version})"
        lines = [f"Package: {self.name}", "Status: install ok installed", f"Section: {self.section}", f"Maintainer: {self.maintainer}",
                 f"Architecture: {self.architecture}", f"Source: {source}", f"Version: {self.version}", f"Homepage: {self.homepage}",
                 f"Description: {self.summary}"]
        return "".join(line + "\n" for line in lines if not line.endswith(": "))


def run(*command):
    """Standard output of a program, which must succeed; whatever libraries and language the caller's environment asks for."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LD_")}
    done = subprocess.run(command, env={**environment, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise DebianError(f"{' '.join(map(str, command[:3]))}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


@functools.cache
def architecture():
    name = run("dpkg", "--print-architecture").strip()
    if name not in ARCHITECTURES:
        raise DebianError(f"images for {name} were never made; known are {', '.join(ARCHITECTURES)}")
    return name


@functools.cache
def installed():
    """{name: packages of that name}: of several architectures there may be one each."""
    found = {}
    for row in run("dpkg-query", "--show", f"--showformat={FORMAT}").splitlines():
        status, *fields = row.split("\t")
        if status == "installed":
            found.setdefault(fields[0], []).append(Package(*fields))
    return found


def package(name):
    """An installed package: "libc6:amd64", "tzdata"."""
    plain, _, wanted = name.partition(":")
    found = [each for each in installed().get(plain, []) if not wanted or each.architecture == wanted]
    if len(found) != 1:
        raise DebianError(f"{len(found)} packages {name} are installed, not one")
    return found[0]


@functools.cache
def resolved_folder(folder):
    return pathlib.Path(folder).resolve()


def canonical(path):
    """Where the file lies when the links among its folders are followed; /lib is one. A link at the end stays."""
    folder, name = os.path.split(path)
    return resolved_folder(folder) / name


def spellings(path):
    """dpkg knows a file by the path that its package had, with or without /usr."""
    path = str(canonical(path))
    return [path] + ([path.removeprefix("/usr")] if re.match(r"/usr/(bin|lib\w*|sbin)/", path) else [])


def owners(paths):
    """{path: package}: the installed packages that these files are of."""
    asked = {spelling: str(path) for path in paths for spelling in spellings(path)}
    found = {}
    for spelling, name in rows_of_search(sorted(asked)):
        if spelling in asked:
            found[asked[spelling]] = package(name)
    missing = sorted(str(path) for path in paths if str(path) not in found)
    if missing:
        raise DebianError(f"of no Debian package, so that an image could not say what it is: {', '.join(missing[:5])}")
    return found


def rows_of_search(spellings_of_paths):
    """dpkg fails when it does not know one of them, which is so for one of two spellings; what is missing is told by its absence."""
    done = subprocess.run(["dpkg-query", "--search", *spellings_of_paths], env={**os.environ, "LC_ALL": "C.UTF-8"}, capture_output=True, text=True, timeout=300)
    for row in done.stdout.splitlines():
        names, _, spelling = row.partition(": ")
        if not names.startswith("diversion by "):
            yield spelling, names.split(", ")[0]


def files_of(of):
    """Every path that a package installed."""
    return [line for line in run("dpkg-query", "--listfiles", of.qualified).splitlines() if line.startswith("/") and line != "/."]


@functools.cache
def recorded_sums(name):
    for file in (DPKG / f"{name}.md5sums", DPKG / f"{name.split(':')[0]}.md5sums"):
        if file.exists():
            return {"/" + path: total for total, path in (line.split("  ", 1) for line in file.read_text().splitlines())}
    raise DebianError(f"dpkg has no sums of the files of {name}")


def read_unchanged(path, of):
    """The bytes of a file, which must be those that its package installed. MD5 is what dpkg keeps: it finds accidents and replaced
    libraries of a developer, and is no protection from whoever may write there."""
    content = pathlib.Path(path).read_bytes()
    sums = recorded_sums(of.qualified)
    wanted = next((sums[spelling] for spelling in spellings(path) if spelling in sums), None)
    if wanted != hashlib.md5(content, usedforsecurity=False).hexdigest():
        raise DebianError(f"{path} is not the file that {of.qualified} {of.version} installed; reinstall the package")
    return content


def shared_libraries(program):
    """Every library that the loader loads for a program, and the loader, as the paths by which they are found."""
    found = []
    for line in run("ldd", program).splitlines():
        if match := re.search(r"(\S+) => not found", line):
            raise DebianError(f"{program} needs {match[1]}, which is not here")
        if match := re.search(r"(?:=> |^\s*)(/\S+) \(0x", line):
            found.append(match[1])
    if not found:
        raise DebianError(f"{program} is not linked as programs of this project are: ldd names no library")
    return found
