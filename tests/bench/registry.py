"""A real registry (olareg) with images that the real cosign signed, and a proxy before it that counts what is asked."""
import collections
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import subprocess
import threading
import time
import urllib.request

from common import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
REPOSITORY = "bench/app"
EMPTY_CONFIG = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}, "config": {}}).encode()


def tools(*names):
    return pathlib.Path(subprocess.run([ROOT / "tests/tools/build", *names], check=True, capture_output=True, text=True).stdout.strip())


def digest_of_bytes(text):
    return "sha256:" + hashlib.sha256(text).hexdigest()


class Registry:
    """olareg on loopback, over plain HTTP."""

    def __init__(self, folder):
        self.folder = folder
        self.tools = tools("olareg", "cosign")
        self.host = f"127.0.0.1:{free_port()}"
        self.environment = {**os.environ, "HOME": str(folder), "COSIGN_PASSWORD": "", "NO_PROXY": "127.0.0.1"}
        port = self.host.split(":")[1]
        self.process = subprocess.Popen([self.tools / "olareg", "serve", "--addr", "127.0.0.1", "--port", port, "--dir", folder / "registry", "--gc-frequency", "-1s"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not self.answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError("the registry does not serve")
            time.sleep(0.02)
        self.cosign("signing-config", "create", "--out", folder / "signing-config.json")
        self.cosign("trusted-root", "create", "--out", folder / "trusted-root.json")

    def answers(self):
        try:
            return urllib.request.urlopen(f"http://{self.host}/v2/", timeout=2).status == 200
        except OSError:
            return False

    def cosign(self, *arguments):
        done = subprocess.run([self.tools / "cosign", *arguments], env=self.environment, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"cosign {arguments}: {done.stderr[-2000:]}")
        return done

    def key(self, name):
        """A key pair on P-256: the prefix of its files .key and .pub."""
        pem, prefix = self.folder / f"{name}.pem", self.folder / name
        subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", pem], check=True)
        self.cosign("import-key-pair", "--yes", "--key", pem, "--output-key-prefix", prefix)
        return prefix

    def request(self, method, path, body=None, content_type=None):
        connection = http.client.HTTPConnection(self.host, timeout=10)
        connection.request(method, path, body, {"Content-Type": content_type} if content_type else {})
        response = connection.getresponse()
        response.read()
        connection.close()
        return response

    def push_blob(self, blob):
        started = self.request("POST", f"/v2/{REPOSITORY}/blobs/uploads/")
        location = started.headers["Location"].removeprefix(f"http://{self.host}")
        joint = "&" if "?" in location else "?"
        if self.request("PUT", f"{location}{joint}digest={digest_of_bytes(blob)}", blob, "application/octet-stream").status != 201:
            raise RuntimeError("the registry does not take a blob")

    def push_image(self, number):
        """An image of its own digest, under the tag v<number>; returns the digest."""
        layer = b"layer"
        for blob in (EMPTY_CONFIG, layer):
            self.push_blob(blob)
        descriptor = lambda kind, blob: {"mediaType": kind, "digest": digest_of_bytes(blob), "size": len(blob)}
        manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor("application/vnd.oci.image.config.v1+json", EMPTY_CONFIG),
                               "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", layer)], "annotations": {"number": str(number)}}).encode()
        if self.request("PUT", f"/v2/{REPOSITORY}/manifests/v{number}", manifest, MANIFEST).status != 201:
            raise RuntimeError("the registry does not take a manifest")
        return digest_of_bytes(manifest)

    def sign(self, digest, key):
        self.cosign("sign", "--yes", "--allow-http-registry", "--trusted-root", self.folder / "trusted-root.json", "--signing-config",
                    self.folder / "signing-config.json", "--key", f"{key}.key", f"{self.host}/{REPOSITORY}@{digest}")

    def verify_arguments(self, digest, key):
        return [self.tools / "cosign", "verify", "--allow-http-registry", "--trusted-root", self.folder / "trusted-root.json", "--key", f"{key}.pub",
                "--insecure-ignore-tlog", f"{self.host}/{REPOSITORY}@{digest}"]

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class CountingProxy:
    """Hands each GET and HEAD on to a registry and counts it by its path."""

    def __init__(self, registry):
        self.counts = collections.Counter()
        lock = threading.Lock()
        counts = self.counts

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with lock:
                    counts[self.path] += 1
                connection = http.client.HTTPConnection(registry.host, timeout=10)
                connection.request(self.command, self.path, headers={k: v for k, v in self.headers.items() if k.lower() == "accept"})
                response = connection.getresponse()
                body = response.read()
                self.send_response(response.status)
                for name, value in response.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                        self.send_header(name, value)
                self.send_header("Content-Length", response.headers["Content-Length"] if self.command == "HEAD" else str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                connection.close()

            do_HEAD = do_GET

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = "127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def signature_objects(host, keys):
    """Objects by which images of this registry must be signed by any of these keys."""
    authorities = [{"name": f"key-{i}", "type": "Key", "key": {"transparencyLog": "Ignore", "pem": pathlib.Path(f"{key}.pub").read_text()}}
                   for i, key in enumerate(keys)]
    kind = lambda name, metadata, spec: {"apiVersion": "hullwright.dev/v1alpha1", "kind": name, "metadata": {"name": metadata}, "spec": spec}
    return [kind("Registry", "local", {"host": host, "plainHTTP": True}),
            kind("TrustedPublisher", "acme", {"displayName": "Acme", "repositories": [f"{host}/**"], "verification": "Signature",
                                              "authorities": authorities})]
