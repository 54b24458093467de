"""Folders in the OCI image layout: one image each, and the documents that refer to it. Source: OCI image specification v1.1."""
import json
import pathlib

from layer import of_bytes

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
EMPTY = "application/vnd.oci.empty.v1+json"
NAME = "org.opencontainers.image.ref.name"


class LayoutError(Exception):
    pass


def encode(document):
    """JSON as the same bytes each time."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


class Layout:
    """Not thread-safe: whoever writes one is alone in its folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    @classmethod
    def create(cls, folder):
        layout = cls(folder)
        (layout.folder / "blobs" / "sha256").mkdir(parents=True)
        (layout.folder / "oci-layout").write_bytes(encode({"imageLayoutVersion": "1.0.0"}))
        layout.list_entries([])
        return layout

    def blob_path(self, digest):
        algorithm, _, name = digest.partition(":")
        return self.folder / "blobs" / algorithm / name

    def read(self, digest):
        content = self.blob_path(digest).read_bytes()
        if of_bytes(content) != digest:
            raise LayoutError(f"{self.blob_path(digest)} holds other bytes than those of its name")
        return content

    def put(self, media_type, content):
        """Returns the descriptor of the blob."""
        digest = of_bytes(content)
        self.blob_path(digest).write_bytes(content)
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def entries(self):
        return json.loads((self.folder / "index.json").read_bytes())["manifests"]

    def list_entries(self, entries):
        (self.folder / "index.json").write_bytes(encode({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}))

    def image(self):
        """The descriptor of the one image, and its tag."""
        images = [entry for entry in self.entries() if NAME in entry.get("annotations", {})]
        if len(images) != 1:
            raise LayoutError(f"{self.folder} holds {len(images)} named images, not one")
        return images[0], images[0]["annotations"][NAME]

    def remove_referrers(self):
        image, _ = self.image()
        for entry in self.entries():
            if entry["digest"] != image["digest"]:
                for blob in json.loads(self.read(entry["digest"]))["layers"]:
                    self.blob_path(blob["digest"]).unlink(missing_ok=True)
                self.blob_path(entry["digest"]).unlink()
        self.list_entries([image])

    def refer(self, artifact_type, content, annotations):
        """Adds a document about the image, in the form in which registries list referrers."""
        image, _ = self.image()
        subject = {key: image[key] for key in ("mediaType", "digest", "size")}
        manifest = encode({"schemaVersion": 2, "mediaType": MANIFEST, "artifactType": artifact_type, "config": self.put(EMPTY, b"{}"),
                           "layers": [self.put(artifact_type, content)], "subject": subject, "annotations": annotations})
        self.list_entries([*self.entries(), {**self.put(MANIFEST, manifest), "artifactType": artifact_type}])
