"""What is in the root file system of an image, as values: the layers' writer and the tests read them, nothing here writes.

Two layers. The first holds what is Debian's: it stays the same from release to release until Debian updates a library. The second holds
the program. Everything is root's and nobody may write anything but /tmp; there is no shell.
"""
import dataclasses
import hashlib
import os
import pathlib
import re
import tempfile

import compiled_in
import debian
from programs import ROOT

USER = 65532    # "nonroot" of distroless images, so that policies written for them fit
DATA_PACKAGES = ("base-files", "ca-certificates", "tzdata")
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
ACCOUNTS = {
    "/etc/passwd": f"root:x:0:0:root:/nonexistent:/usr/sbin/nologin\nnonroot:x:{USER}:{USER}:nonroot:/nonexistent:/usr/sbin/nologin\n",
    "/etc/group": f"root:x:0:\nnonroot:x:{USER}:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


@dataclasses.dataclass(frozen=True)
class Entry:
    """A regular file, a folder (no content and no target) or a link."""
    mode: int
    content: bytes | None = None
    target: str | None = None

    @classmethod
    def folder(cls, mode=0o755):
        return cls(mode)

    @classmethod
    def file(cls, content, executable=False):
        return cls(0o755 if executable else 0o644, content=content)

    @classmethod
    def link(cls, target):
        return cls(0o777, target=target)


class Tree(dict):
    """{absolute path: Entry}; the folders above a path come with it."""

    def put(self, path, entry):
        path = pathlib.PurePosixPath(path)
        for above in reversed(path.parents):
            if str(above) != "/":
                self.setdefault(str(above), Entry.folder())
        known = self.get(str(path))
        if known is not None and known != entry:
            raise debian.DebianError(f"{path} would be two things in one layer")
        self[str(path)] = entry


@dataclasses.dataclass(frozen=True)
class RootFiles:
    """An image's content: what each layer holds, and what that is made of."""
    debian_layer: Tree
    program_layer: Tree
    packages: tuple       # whose files are in the image
    compiled_in: tuple    # whose code is in the program alone
    program_digest: str   # SHA-256 of the program as it is in the image


def put_debian_file(tree, path, of):
    """A file of a package where the package has it, with what a link leads to in the same folder. Returns {path: MD5} for the list of files."""
    path = debian.canonical(path)
    if path.is_symlink():
        target = os.readlink(path)
        tree.put(path, Entry.link(target))
        return put_debian_file(tree, path.parent / target, of)
    content = debian.read_unchanged(path, of)
    tree.put(path, Entry.file(content, executable=os.access(path, os.X_OK)))
    return {str(path): hashlib.md5(content, usedforsecurity=False).hexdigest()}


def put_copyright(tree, of):
    """A package's copyright, with the texts of licences that it leaves to Debian's common ones."""
    path = pathlib.Path(f"/usr/share/doc/{of.name}/copyright")
    if not path.is_file():
        raise debian.DebianError(f"{path} is missing: this machine leaves documentation out, and the licence of {of.name} asks to go along")
    text = path.read_bytes()
    tree.put(path, Entry.file(text))
    for name in sorted({match.rstrip(".") for match in re.findall(r"/usr/share/common-licenses/([\w.+-]+)", text.decode(errors="replace"))}):
        common = pathlib.Path("/usr/share/common-licenses") / name
        if common.exists():    # some texts speak of one that Debian has no more
            put_debian_file(tree, common, debian.package("base-files"))


def put_package(tree, of, sums):
    """What scanners and licences want of a package: its paragraph, its list of files, its copyright."""
    put_copyright(tree, of)
    tree.put(f"/var/lib/dpkg/status.d/{of.name}", Entry.file(of.paragraph().encode()))
    listed = "".join(f"{total}  {path[1:]}\n" for path, total in sorted(sums.items()))
    tree.put(f"/var/lib/dpkg/status.d/{of.name}.md5sums", Entry.file(listed.encode()))


def certificates(of):
    """The authorities of the package in one file. The machine's own bundle is not taken: it may hold authorities of this machine alone."""
    files = sorted(path for path in debian.files_of(of) if path.startswith("/usr/share/ca-certificates/") and path.endswith(".crt"))
    return b"".join(debian.read_unchanged(path, of).rstrip() + b"\n" for path in files)


def put_base(tree):
    """Folders, accounts and Debian's name."""
    for link, target in (("/lib", "usr/lib"), ("/lib64", "usr/lib64")):
        tree.put(link, Entry.link(target))
    tree.put("/tmp", Entry.folder(0o1777))
    for path, text in ACCOUNTS.items():
        tree.put(path, Entry.file(text.encode()))
    base = debian.package("base-files")
    tree.put("/etc/os-release", Entry.link("../usr/lib/os-release"))
    # A configuration file, of which dpkg keeps no sum.
    tree.put("/etc/debian_version", Entry.file(pathlib.Path("/etc/debian_version").read_bytes()))
    put_package(tree, base, put_debian_file(tree, "/usr/lib/os-release", base))


def put_certificates(tree):
    authorities = debian.package("ca-certificates")
    tree.put(BUNDLE, Entry.file(certificates(authorities)))
    tree.put("/usr/lib/ssl/cert.pem", Entry.link(BUNDLE))    # where OpenSSL of Debian looks by itself
    put_package(tree, authorities, {})


def put_time_zones(tree):
    zones = debian.package("tzdata")
    sums = {}
    for path in debian.files_of(zones):
        wanted = path.startswith("/usr/share/zoneinfo/") and not path.startswith(("/usr/share/zoneinfo/posix", "/usr/share/zoneinfo/right"))
        if wanted and not os.path.isdir(path):
            sums |= put_debian_file(tree, path, zones)
    put_package(tree, zones, sums)


def put_libraries(tree, program):
    """The libraries of a program; returns their packages."""
    paths = debian.shared_libraries(program)
    sums = {}
    for path, of in debian.owners(paths).items():
        sums.setdefault(of, {}).update(put_debian_file(tree, path, of))
    for of, listed in sums.items():
        put_package(tree, of, listed)
    return sorted(sums)


def stripped(program):
    """A program without symbols and debug information. Its build id stays, by which a debugger finds both in build/bin."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "stripped"
        debian.run("objcopy", "--strip-all", program, copy)
        return copy.read_bytes()


def gather(build, program):
    """What the image of a program (of programs.py) holds. Errors: DebianError."""
    built = pathlib.Path(build) / "bin" / program.binary
    if not built.is_file():
        raise debian.DebianError(f"{built} is not there: make build makes it")
    base, own = Tree(), Tree()
    put_base(base)
    put_certificates(base)
    put_time_zones(base)
    libraries = put_libraries(base, built)
    content = stripped(built)
    own.put(f"/usr/bin/{program.binary}", Entry.file(content, executable=True))
    own.put("/usr/share/doc/hullwright/copyright", Entry.file((ROOT / "LICENSE").read_bytes()))
    packages = sorted({*libraries, *(debian.package(name) for name in DATA_PACKAGES)})
    inlined = compiled_in.packages(build, program.binary, packages)
    for of in inlined:
        put_copyright(own, of)
    return RootFiles(base, own, tuple(packages), tuple(inlined), hashlib.sha256(content).hexdigest())
