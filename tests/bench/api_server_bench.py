"""Creating Pods at the real API server as dry run, 100 a second over 100 connections, with and without the webhook."""
import asyncio
import base64
import json
import ssl
import statistics
import subprocess
import time
import urllib.request

from common import RUNS, Webhook, make_certificate, pod, row, write_fixtures

RATE, CONNECTIONS, SECONDS = 100, 100, 6


class ApiServer:
    """The tests' own API server (tests/support/api_server.h), run by a small program until its standard input closes."""

    def __init__(self, build):
        self.process = subprocess.Popen([build / "bin" / "test-api-server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.access = json.loads(self.process.stdout.readline())
        self.tls = ssl.create_default_context(cafile=self.access["ca_file"])

    def call(self, method, path, body):
        request = urllib.request.Request(self.access["url"] + path, method=method, data=json.dumps(body).encode(), headers={
            "Authorization": "Bearer " + self.access["token"], "Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, context=self.tls, timeout=20))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)


def configuration(folder, port):
    bundle = base64.b64encode((folder / "tls.crt").read_bytes()).decode()
    return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "bench"}, "webhooks": [{
        "name": "bench.hullwright.dev", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail", "timeoutSeconds": 5,
        "clientConfig": {"url": f"https://127.0.0.1:{port}/v1/validate", "caBundle": bundle},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]}]}


def p99_of_creates(server):
    """Open loop: request i is due at i/RATE whatever the others do; latency counts from when it was due."""
    host, port = server.access["url"].removeprefix("https://").split(":")
    body = json.dumps({**pod(), "metadata": {"generateName": "bench-", "namespace": "bench"}}).encode()
    head = (f"POST /api/v1/namespaces/bench/pods?dryRun=All HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {server.access['token']}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    latencies = []

    async def connection(number):
        context = ssl.create_default_context(cafile=server.access["ca_file"])
        context.set_alpn_protocols(["http/1.1"])
        reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
        await barrier.wait()
        for turn in range(RATE * SECONDS // CONNECTIONS):
            due = barrier.started + (turn * CONNECTIONS + number) / RATE
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            writer.write(head + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            lower = answer.lower()
            if b"content-length: " in lower:
                await reader.readexactly(int(lower.split(b"content-length: ")[1].split(b"\r\n")[0]))
            else:
                while (size := int(await reader.readline(), 16)) > 0:
                    await reader.readexactly(size + 2)
                await reader.readline()
            if not answer.startswith(b"HTTP/1.1 201"):
                raise RuntimeError(f"a create failed: {answer[:200]!r}")
            if turn > 0:    # the first turn warms the connections
                latencies.append(time.monotonic() - due)
        writer.close()

    class Barrier:
        def __init__(self):
            self.waiting, self.event, self.started = 0, asyncio.Event(), 0.0

        async def wait(self):
            self.waiting += 1
            if self.waiting == CONNECTIONS:
                self.started = time.monotonic() + 0.05
                self.event.set()
            await self.event.wait()

    async def everything():
        nonlocal barrier
        barrier = Barrier()
        await asyncio.gather(*(connection(n) for n in range(CONNECTIONS)))
    barrier = None
    asyncio.run(everything())
    return statistics.quantiles(latencies, n=100)[98] * 1000


def measure(build, folder):
    make_certificate(folder)
    write_fixtures(folder, 100)
    hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    with ApiServer(build) as server, Webhook(build, folder) as webhook:
        server.call("POST", "/api/v1/namespaces", {"metadata": {"name": "bench"}})
        without, with_hook = [], []
        p99_of_creates(server)
        for _ in range(RUNS):
            without.append(p99_of_creates(server))
            server.call("POST", hooks, configuration(folder, webhook.port))
            time.sleep(1)    # the API server takes up a webhook configuration within a second
            with_hook.append(p99_of_creates(server))
            server.call("DELETE", hooks + "/bench", {})
            time.sleep(1)
        reviewed = (folder / "webhook.log").read_text().count("request decided")
    if reviewed < RUNS * RATE * SECONDS:
        raise RuntimeError(f"only {reviewed} creates reached the webhook")
    middle = statistics.median(with_hook)
    floor = statistics.median(without)
    return [row("Pod create as dry run, 100/s, p99 with the webhook; without", middle, "ms", "<= floor + 5", floor),
            row("p99 added by the webhook to a Pod create", statistics.median(a - b for a, b in zip(with_hook, without)), "ms", "<= 5, none failed")]
