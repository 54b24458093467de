"""The software bill of materials of an image: CycloneDX 1.6, as the same bytes each time.

Packages are named by package URLs, with Debian's source packages in the words that Trivy and Grype look for, since vulnerabilities are
recorded by those.
"""
import urllib.parse
import uuid

import debian
from programs import version

NAMESPACE = uuid.UUID("6f1f8e7c-0c9b-5f0e-9a54-6a1c6b1e9d2f")    # of our serial numbers, made once


def os_version(files):
    return files.debian_layer["/etc/debian_version"].content.decode().strip()


def package_url(package, distribution):
    """Of the type deb (github.com/package-url/purl-spec)."""
    upstream = package.source if package.source_version == package.version else f"{package.source}@{package.source_version}"
    qualifiers = {"arch": package.architecture, "distro": f"debian-{distribution}", "upstream": upstream}
    quote = lambda text: urllib.parse.quote(text, safe=":")
    joined = "&".join(f"{key}={quote(value)}" for key, value in qualifiers.items())
    return f"pkg:deb/debian/{quote(package.name)}@{quote(package.version)}?{joined}"


def upstream_and_revision(full):
    """A Debian version without its epoch, as (upstream version, revision)."""
    epoch, colon, rest = full.partition(":")
    upstream, _, revision = (rest if colon else epoch).rpartition("-")
    return (upstream, revision) if upstream else (revision, "")


def trivy_properties(package):
    """By which Trivy knows the source package again; it would take the binary package's name for it otherwise."""
    upstream, revision = upstream_and_revision(package.source_version)
    epoch = package.source_version.partition(":")[0] if ":" in package.source_version else ""
    values = {"PkgID": f"{package.name}@{package.version}", "PkgType": "debian", "SrcName": package.source, "SrcVersion": upstream, "SrcRelease": revision,
              "SrcEpoch": epoch}
    return [{"name": f"aquasecurity:trivy:{name}", "value": value} for name, value in values.items() if value]


def library(package, distribution, properties):
    url = package_url(package, distribution)
    return {"type": "library", "bom-ref": url, "name": package.name, "version": package.version, "purl": url, "supplier": {"name": package.maintainer},
            "properties": properties}


def compiled_in(package, distribution):
    """In the program itself: no scanner of the image sees it, and there is no file to replace."""
    return library(package, distribution, [*trivy_properties(package), {"name": "hullwright:linkage", "value": "compiled-in"}])


def application(program, files):
    return {"type": "application", "bom-ref": f"pkg:generic/hullwright/{program.binary}@{version()}", "group": "hullwright", "name": program.binary,
            "version": version(), "purl": f"pkg:generic/hullwright/{program.binary}@{version()}",
            "hashes": [{"alg": "SHA-256", "content": files.program_digest}], "licenses": [{"license": {"id": "Apache-2.0"}}]}


def image_component(program, digest):
    architecture = debian.ARCHITECTURES[debian.architecture()][0]
    url = f"pkg:oci/{program.image}@{urllib.parse.quote(digest, safe='')}?arch={architecture}"
    return {"type": "container", "bom-ref": url, "group": "hullwright", "name": program.image, "version": version(), "purl": url,
            "hashes": [{"alg": "SHA-256", "content": digest.removeprefix("sha256:")}]}


def make(program, files, digest, origin):
    """The document as a value. `digest` is the image's."""
    distribution = os_version(files)
    system = {"type": "operating-system", "bom-ref": f"os:debian@{distribution}", "name": "debian", "version": distribution}
    libraries = [library(package, distribution, trivy_properties(package)) for package in files.packages]
    inlined = [compiled_in(package, distribution) for package in files.compiled_in]
    own, image = application(program, files), image_component(program, digest)
    refs = lambda components: [component["bom-ref"] for component in components]
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, digest)}",
        "metadata": {"timestamp": origin.created, "component": image,
                     "tools": {"components": [{"type": "application", "group": "hullwright", "name": "tools/image", "version": version()}]}},
        "components": [system, own, *libraries, *inlined],
        "dependencies": [{"ref": image["bom-ref"], "dependsOn": refs([system, own])}, {"ref": system["bom-ref"], "dependsOn": refs(libraries)},
                         {"ref": own["bom-ref"], "dependsOn": refs([*libraries, *inlined])}],
    }
