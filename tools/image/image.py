"""An image of a program: configuration and manifest upon the layers, written as an OCI layout with what is to be said of it beside it."""
import dataclasses
import json
import pathlib
import shutil
import tempfile

import debian
import layer
import layout
import root_files
import sbom
import statements
from programs import version


@dataclasses.dataclass(frozen=True)
class Built:
    program: object
    digest: str
    compressed_bytes: int    # of the layers, which is what a node fetches
    folder: pathlib.Path


def platform():
    name, variant = debian.ARCHITECTURES[debian.architecture()]
    return {"architecture": name, "os": "linux", **({"variant": variant} if variant else {})}


def labels(program, origin):
    known = {"title": program.binary, "description": program.title, "version": version(), "created": origin.created, "licenses": "Apache-2.0",
             "vendor": "Hullwright", "revision": origin.revision, "source": origin.source}
    return {f"org.opencontainers.image.{name}": value for name, value in known.items() if value}


def configuration(program, layers, origin):
    """Of a container: a user that is a number, so that kubelets see by themselves that it is not root."""
    config = {"User": f"{root_files.USER}:{root_files.USER}", "Entrypoint": [f"/usr/bin/{program.binary}"], "WorkingDir": "/",
              "Env": ["PATH=/usr/bin", f"SSL_CERT_FILE={root_files.BUNDLE}"], "Labels": labels(program, origin)}
    if program.ports:
        config["ExposedPorts"] = {f"{port}/tcp": {} for port in program.ports}
    history = [{"created": origin.created, "created_by": f"tools/image/build: {what}"} for what in ("Debian's libraries and data", program.binary)]
    return {**platform(), "created": origin.created, "config": config, "rootfs": {"type": "layers", "diff_ids": [each.diff_id for each in layers]},
            "history": history}


def write_layout(folder, program, layers, origin):
    """Returns the digest of the image."""
    target = layout.Layout.create(folder)
    config = target.put(layout.CONFIG, layout.encode(configuration(program, layers, origin)))
    manifest = {"schemaVersion": 2, "mediaType": layout.MANIFEST, "config": config,
                "layers": [target.put(layout.LAYER, each.compressed) for each in layers], "annotations": labels(program, origin)}
    entry = target.put(layout.MANIFEST, layout.encode(manifest))
    target.list_entries([{**entry, "platform": platform(), "annotations": {layout.NAME: version()}}])
    return entry["digest"]


def write_documents(folder, program, files, digest, origin):
    """SBOM and provenance, readable beside the layout; tools/image/sign puts them into it."""
    bill = sbom.make(program, files, digest, origin)
    proof = statements.statement(program, digest, statements.PROVENANCE, statements.provenance(program, files, origin))
    for name, document in (("cdx", bill), ("provenance", proof)):
        (folder / f"{program.image}.{name}.json").write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")


def build(build_folder, output, program, origin):
    """Makes OUTPUT/IMAGE (the layout), IMAGE.cdx.json and IMAGE.provenance.json anew. What was there before stays until all of it is made."""
    output = pathlib.Path(output)
    output.mkdir(parents=True, exist_ok=True)
    files = root_files.gather(build_folder, program)
    layers = [layer.make(tree) for tree in (files.debian_layer, files.program_layer)]
    with tempfile.TemporaryDirectory(dir=output) as folder:
        new = pathlib.Path(folder)
        digest = write_layout(new / program.image, program, layers, origin)
        write_documents(new, program, files, digest, origin)
        shutil.rmtree(output / program.image, ignore_errors=True)
        for each in list(new.iterdir()):
            each.rename(output / each.name)
    return Built(program, digest, sum(len(each.compressed) for each in layers), output / program.image)
