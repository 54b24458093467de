"""Pods created as dry runs at a steady rate, as a cluster's users do it, and what became of each call."""
import http.client
import json
import ssl
import threading
import time

from . import network

SENDERS = 16


class Load:
    """`with Load(cluster, namespace, pod) as load:` sends until the end of the block, or load.stop(). Every call is counted in `answers`."""

    def __init__(self, cluster, namespace: str, pod: dict, a_second: int = 100):
        self.path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All&fieldManager=load"
        self.body = json.dumps(pod)
        self.context = ssl.create_default_context(cafile=str(cluster.certificates.crt("ca")))
        self.context.load_cert_chain(cluster.certificates.crt("admin"), cluster.certificates.key("admin"))
        self.interval = 1 / a_second
        self.lock = threading.Lock()
        self.next_at = 0.0
        self.answers: list[tuple[float, float, str]] = []    # (when, seconds, "" or what was wrong)
        self.ended = threading.Event()
        self.senders = [threading.Thread(target=self.send, daemon=True) for _ in range(SENDERS)]

    def __enter__(self) -> "Load":
        self.next_at = time.monotonic()
        for sender in self.senders:
            sender.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.ended.set()
        for sender in self.senders:
            if sender.ident:
                sender.join(60)

    def turn(self) -> None:
        with self.lock:
            at = self.next_at
            # What a busy machine could not send in its second is not made up for.
            self.next_at = max(self.next_at + self.interval, time.monotonic() - 1)
        time.sleep(max(0.0, at - time.monotonic()))

    def send(self) -> None:
        connection = None
        while not self.ended.is_set():
            self.turn()
            if self.ended.is_set():
                break
            started = time.monotonic()
            connection = connection or http.client.HTTPSConnection(network.NODE, 6443, context=self.context, timeout=60)
            try:
                connection.request("POST", self.path, self.body, {"Content-Type": "application/json"})
                reply = connection.getresponse()
                text = reply.read().decode(errors="replace")
                wrong = "" if reply.status == 201 else f"{reply.status}: {json.loads(text).get('message', text)[:300]}"
            except (OSError, http.client.HTTPException, ValueError) as error:
                connection.close()
                connection, wrong = None, f"no answer: {error!r}"
            self.answers.append((started, time.monotonic() - started, wrong))
        if connection:
            connection.close()

    def failures(self, since: float = 0.0) -> list[str]:
        return [wrong for at, _, wrong in list(self.answers) if wrong and at >= since]

    def count(self) -> int:
        return len(self.answers)

    def wait_for_calls(self, more: int, seconds: float = 300) -> None:
        wanted, deadline = self.count() + more, time.monotonic() + seconds
        while self.count() < wanted:
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.count()} calls instead of {wanted} within {seconds:.0f} s")
            time.sleep(0.1)
