"""A layer of an image: a tree of root_files.py as the same bytes each time, whoever makes it, where and when."""
import dataclasses
import hashlib
import io
import subprocess
import tarfile

TIME = 0    # of every file: a layer whose content has not changed must not change


@dataclasses.dataclass(frozen=True)
class Layer:
    compressed: bytes
    digest: str      # of the compressed bytes, which is what a registry keeps
    diff_id: str     # of the tar


def of_bytes(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def member(path, entry):
    info = tarfile.TarInfo(path.lstrip("/"))
    info.mode, info.mtime, info.uid, info.gid = entry.mode, TIME, 0, 0
    if entry.target is not None:
        info.type, info.linkname = tarfile.SYMTYPE, entry.target
    elif entry.content is None:
        info.type = tarfile.DIRTYPE
    else:
        info.size = len(entry.content)
    return info


def archive(tree):
    """The tar, in the order of the paths: a folder stands before what is in it."""
    stream = io.BytesIO()
    # ustar has no room for anything but what is said here; a path that does not fit is an error.
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(tree):
            tar.addfile(member(path, tree[path]), io.BytesIO(tree[path].content or b""))
    return stream.getvalue()


def compress(content):
    """By the program gzip, which is the same on every Debian machine of a release; which zlib Python has is anybody's guess."""
    return subprocess.run(["gzip", "--no-name", "-6"], input=content, check=True, capture_output=True, timeout=300).stdout


def make(tree):
    content = archive(tree)
    compressed = compress(content)
    return Layer(compressed, of_bytes(compressed), of_bytes(content))
