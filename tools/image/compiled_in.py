"""The Debian packages whose code was compiled into a program: templates and inline functions of headers, and static libraries.

No list of packages in an image would name them, and their licences ask to go along with the program. Read from what ninja keeps of the
build: the files that each object was made of.
"""
import pathlib
import re

import debian

# The kernel's headers declare numbers and layouts of its interface: nothing of it is in a program.
DECLARATIONS_ONLY = {"linux-libc-dev"}


def packages(build, binary, beside):
    """Those of a program of the build folder. Where a library that comes along (one of the packages `beside`) has the same source, its
    headers add nothing."""
    inputs = debian.run("ninja", "-C", build, "-t", "inputs", binary).splitlines()
    objects = [name for name in inputs if name.endswith(".o")]
    if not objects:
        raise debian.DebianError(f"{build}: ninja does not say what {binary} was made of; build it here first")
    kept = debian.run("ninja", "-C", build, "-t", "deps", *objects)
    if missing := re.findall(r"^(.*): deps not found", kept, re.MULTILINE):
        raise debian.DebianError(f"{build}: ninja does not know what {missing[0]} was made of; build it here first")
    foreign = {line.strip() for line in kept.splitlines() if line.startswith("    /usr/")}
    foreign |= {name for name in inputs if name.startswith("/usr/") and name.endswith(".a")}
    found = debian.owners({str(pathlib.Path(name).resolve()) for name in foreign}).values()
    known = {package.source for package in beside}
    return sorted({package for package in found if package.source not in known and package.name not in DECLARATIONS_ONLY})
