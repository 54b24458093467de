"""Images from files, without an engine: a layer made here, the rest by crane, pushed to a registry."""
import io
import json
import os
import pathlib
import subprocess
import tarfile

from .errors import ClusterError

SOURCES = pathlib.Path(__file__).resolve().parent


def crane(program: pathlib.Path, *arguments: str | pathlib.Path) -> str:
    """Its output. Without the user's credentials; addresses of private networks are asked over plain HTTP by crane itself."""
    environment = {**os.environ, "DOCKER_CONFIG": "/nonexistent", "NO_PROXY": "*"}
    done = subprocess.run([program, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise ClusterError(f"crane {' '.join(map(str, arguments))}: {done.stderr.strip()[-1000:]}")
    return done.stdout.strip()


def layer(files: dict[str, pathlib.Path], into: pathlib.Path) -> pathlib.Path:
    """A tar of these files by their paths in the image, each may be executed; the same bytes every time."""
    with tarfile.open(into, "w") as archive:
        for name, source in sorted(files.items()):
            content = source.read_bytes()
            member = tarfile.TarInfo(name.lstrip("/"))
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    return into


def push_files(program: pathlib.Path, reference: str, files: dict[str, pathlib.Path], entrypoint: list[str], user: str, work: pathlib.Path) -> None:
    tar = layer(files, work / "layer.tar")
    crane(program, "append", "--oci-empty-base", "-f", tar, "-t", reference)
    crane(program, "mutate", reference, "-t", reference, "--set-platform", "linux/amd64", "--entrypoint", ",".join(entrypoint), "--user", user)


def push_layout(program: pathlib.Path, layout: pathlib.Path, reference: str) -> None:
    """An OCI layout's only image or index."""
    entries = json.loads((layout / "index.json").read_text())["manifests"]
    several = len(entries) > 1 or entries[0]["mediaType"].endswith((".index.v1+json", ".list.v2+json"))
    crane(program, "push", *(["--index"] if several else []), layout, reference)


def build_pause(into: pathlib.Path) -> pathlib.Path:
    done = subprocess.run(["gcc", "-Os", "-static", "-s", "-Wall", "-Wextra", SOURCES / "pause.c", "-o", into], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise ClusterError("gcc: " + done.stderr)
    return into
