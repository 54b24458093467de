"""What is said of an image, to be signed: in-toto Statements v1 about its digest.

Sources: in-toto attestation framework v1, SLSA provenance v1.0, what cosign 3 signs for "cosign sign".
"""
import os

import debian
import sbom
from programs import version

STATEMENT = "https://in-toto.io/Statement/v1"
SIGNATURE = "https://sigstore.dev/cosign/sign/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"
BILL_OF_MATERIALS = "https://cyclonedx.org/bom"
BUILD_TYPE = "https://hullwright.dev/build-types/make-image/v1"    # docs/images.md says what its parameters are
BUILDER = "https://hullwright.dev/builders/unattested"             # a build that nobody answers for but the holder of the key


def statement(program, digest, predicate_type, predicate):
    subject = {"name": f"hullwright/{program.image}", "digest": {"sha256": digest.removeprefix("sha256:")}}
    return {"_type": STATEMENT, "subject": [subject], "predicateType": predicate_type, "predicate": predicate}


def sources(origin):
    """The commit that was built. Files that differed from it are told: the commit alone would be a lie."""
    if origin.revision is None:
        return []
    commit, _, dirty = origin.revision.partition("-")
    found = {"uri": f"git+{origin.source}" if origin.source else "git+file:.", "digest": {"gitCommit": commit}}
    return [{**found, "annotations": {"uncommittedChanges": True}} if dirty else found]


def provenance(program, files, origin):
    """SLSA provenance: what was built by what from what. It holds no times but that of the sources, so it is the same each time."""
    distribution = sbom.os_version(files)
    packages = [{"uri": sbom.package_url(package, distribution), "name": package.name} for package in (*files.packages, *files.compiled_in)]
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"image": program.image, "version": version(), "architecture": debian.architecture()},
            "internalParameters": {"SOURCE_DATE_EPOCH": origin.epoch},
            "resolvedDependencies": [*sources(origin), *packages]},
        "runDetails": {"builder": {"id": os.environ.get("BUILDER") or BUILDER},
                       "byproducts": [{"name": program.binary, "digest": {"sha256": files.program_digest}}]}}
