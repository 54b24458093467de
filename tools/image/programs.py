"""The programs that there are images of. An image is made of every row; tests/images holds the rows against the programs of the build."""
import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Program:
    image: str          # the last part of the repository: registry.example/hullwright/IMAGE
    binary: str         # in build/bin and in /usr/bin of the image
    title: str
    ports: tuple = ()   # what it listens on by default in a cluster


PROGRAMS = (
    Program("webhook", "hullwright-webhook", "Judges Pods by the images they run, for a Kubernetes API server", (8443, 8080)),
    Program("operator", "hullwright-operator", "Keeps the gate's certificates and webhook configurations in order", (8080,)),
    Program("hullctl", "hullctl", "Judges container images against Hullwright policies, without a cluster"),
)


def version():
    """Of the project, as the programs print it."""
    return re.search(r"^project\(hullwright VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]


def named(names):
    """The rows of these images; of all when none is named."""
    unknown = set(names) - {program.image for program in PROGRAMS}
    if unknown:
        raise ValueError(f"no image is called {', '.join(sorted(unknown))}; there are {', '.join(program.image for program in PROGRAMS)}")
    return [program for program in PROGRAMS if not names or program.image in names]
