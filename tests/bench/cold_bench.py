"""Cold images: the time from a Pod with a tag to the verdict on its signature, and what a registry is asked for it."""
import json
import socket
import ssl
import statistics
import subprocess
import threading
import time
import urllib.request

from common import RUNS, Webhook, make_certificate, review, row, write_objects
from registry import MANIFEST, REPOSITORY, CountingProxy, Registry, signature_objects

IMAGES_PER_RUN = 6
PODS = 100
KEYS, SIGNATURES = 15, 3
BUNDLES = "application/vnd.dev.sigstore.bundle"


class Connection:
    """A kept connection that sends prepared bytes, so that the measuring side costs as little as it can."""

    def __init__(self, port, tls=False):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)

    def exchange(self, request):
        """(status, body, seconds)."""
        started = time.perf_counter()
        self.socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.receive()
        head, body = answer.split(b"\r\n\r\n", 1)
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        while len(body) < length:
            body += self.receive()
        return int(head.split(b" ", 2)[1]), body, time.perf_counter() - started

    def receive(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise RuntimeError("the connection was closed")
        return piece


def get(path, accept="*/*"):
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n\r\n".encode()


def post(image):
    body = review([image]).encode()
    return b"POST /v1/validate?timeout=10s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def requests_for(connection, number, digest):
    """What has to be asked for this image, one after the other: tag, listing, the signature's manifest and blob, cosign's older tag."""
    base = f"/v2/{REPOSITORY}"
    _, listing, _ = connection.exchange(get(f"{base}/referrers/{digest}"))
    entry = next(e for e in json.loads(listing)["manifests"] if e.get("artifactType", "").startswith(BUNDLES))
    _, manifest, _ = connection.exchange(get(f"{base}/manifests/{entry['digest']}", MANIFEST))
    blob = json.loads(manifest)["layers"][0]["digest"]
    return [get(f"{base}/manifests/v{number}", MANIFEST), get(f"{base}/referrers/{digest}"), get(f"{base}/manifests/{entry['digest']}", MANIFEST),
            get(f"{base}/blobs/{blob}"), get(f"{base}/manifests/{digest.replace(':', '-')}.sig", MANIFEST)]


POLICY = {"apiVersion": "hullwright.dev/v1alpha1", "kind": "ClusterImageAdmissionPolicy", "metadata": {"name": "signed"},
          "spec": {"enforcement": {"newImages": "Deny"}, "rules": {"reference": {"digest": "NotRequired"}, "publishers": {"refs": [{"name": "acme"}]}}}}


def started(build, folder, host, keys):
    folder.mkdir()
    make_certificate(folder)
    write_objects(folder, [POLICY, *signature_objects(host, keys)])
    return Webhook(build, folder)


def admitted(connection, image):
    """Seconds of the review, which must admit."""
    _, body, seconds = connection.exchange(post(image))
    if json.loads(body)["response"]["allowed"] is not True:
        raise RuntimeError(f"{image} is not admitted: {body[:2000]!r}")
    return seconds


def registry_requests(webhook):
    context = ssl._create_unverified_context()
    text = urllib.request.urlopen(f"https://127.0.0.1:{webhook.port}/metrics", context=context, timeout=5).read().decode()
    return int(float(next(line.split()[-1] for line in text.splitlines() if line.startswith("hullwright_registry_requests_total"))))


def latency(build, folder, registry, key):
    """Medians of the runs: (review, sum of the round trips it needs). Half of the images are asked for by hand first, half by the review."""
    cold, floors = [], []
    by_hand = Connection(int(registry.host.split(":")[1]))
    with started(build, folder, registry.host, [key]) as webhook:
        hook = Connection(webhook.port, tls=True)
        for run in range(RUNS + 1):
            reviews, sums = [], []
            for i in range(IMAGES_PER_RUN):
                number = run * IMAGES_PER_RUN + i
                digest = registry.push_image(number)
                registry.sign(digest, key)
                needed = requests_for(by_hand, number, digest)
                round_trips = lambda: sums.append(sum(by_hand.exchange(request)[2] for request in needed))
                if i % 2:
                    round_trips()
                before = registry_requests(webhook)
                reviews.append(admitted(hook, f"{registry.host}/{REPOSITORY}:v{number}"))
                if registry_requests(webhook) - before != len(needed):
                    raise RuntimeError(f"a cold image took {registry_requests(webhook) - before} requests, not the {len(needed)} it is held against")
                if not i % 2:
                    round_trips()
            if run:    # the first one warms both connections
                cold.append(statistics.median(reviews))
                floors.append(statistics.median(sums))
    return statistics.median(cold) * 1000, statistics.median(floors) * 1000


def cosign_seconds(registry, key, digest):
    """`cosign verify` without the start of its process."""
    def seconds(command):
        begun = time.perf_counter()
        subprocess.run(command, env=registry.environment, check=True, capture_output=True, timeout=60)
        return time.perf_counter() - begun
    verify = registry.verify_arguments(digest, key)
    return statistics.median(seconds(verify) - seconds([verify[0], "version"]) for _ in range(RUNS))


def at_once(build, folder, registry, key):
    """The counts of what was asked while many Pods with one cold image were reviewed."""
    digest = registry.push_image("at-once")
    registry.sign(digest, key)
    with CountingProxy(registry) as proxy, started(build, folder, proxy.host, [key]) as webhook:
        barrier, failures = threading.Barrier(PODS), []

        def one():
            try:
                connection = Connection(webhook.port, tls=True)
                barrier.wait(30)
                admitted(connection, f"{proxy.host}/{REPOSITORY}:vat-once")
            except Exception as problem:    # told below, in the thread that can end the run
                failures.append(problem)
        threads = [threading.Thread(target=one) for _ in range(PODS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise RuntimeError(f"{len(failures)} of {PODS} Pods were not admitted: {failures[0]}")
        return dict(proxy.counts)


def requests_by_keys(build, folder, registry, keys):
    """Requests for one image with several signatures, judged by one key and by many."""
    digest = registry.push_image("many")
    for key in keys[:SIGNATURES]:
        registry.sign(digest, key)
    counts = []
    for judges in (keys[:1], keys):
        with CountingProxy(registry) as proxy, started(build, folder / str(len(judges)), proxy.host, judges) as webhook:
            admitted(Connection(webhook.port, tls=True), f"{proxy.host}/{REPOSITORY}:vmany")
            counts.append(sum(proxy.counts.values()))
    return counts


def measure(build, folder):
    (folder / "keys").mkdir()
    with Registry(folder) as registry:
        keys = [registry.key(f"key-{i}") for i in range(KEYS)]
        cold, floor = latency(build, folder / "latency", registry, keys[0])
        verified = registry.push_image("cosign")
        registry.sign(verified, keys[0])
        cosign = cosign_seconds(registry, keys[0], verified) * 1000
        counts = at_once(build, folder / "at-once", registry, keys[0])
        one_key, all_keys = requests_by_keys(build, folder / "keys", registry, keys)
    resolutions = counts[f"/v2/{REPOSITORY}/manifests/vat-once"]
    return [row("cold image: tag, digest, key signature, verdict; its round trips", cold, "ms", "ratio <= 1.3", floor),
            row("the same by cosign verify, without process start; ours", cosign, "ms", "ratio >= 5", cold),
            row(f"{PODS} Pods at once, one cold image: times its tag was resolved", resolutions, "", "1"),
            row(f"{PODS} Pods at once: most often that anything was fetched", max(counts.values()), "", "1"),
            row(f"requests: {KEYS} keys, {SIGNATURES} signatures; 1 key", all_keys, "", "ratio 1", one_key)]
