"""One signature verified from its bytes: the verifier alone, in process (verify_bench.cpp)."""
import json
import subprocess

from common import row


def measure(build, _):
    text = subprocess.run([build / "bin" / "verify-bench"], check=True, capture_output=True, text=True, timeout=120).stdout
    figures = json.loads(text)
    return [row("keyless bundle from bytes, Rekor v1; its five signatures alone", figures["keyless_ms"], "ms", "< 1", figures["keyless_floor_ms"]),
            row("keyless bundle from bytes, Rekor v2 and a time stamp", figures["keyless_rekor2_ms"], "ms", "< 1"),
            row("bundle by a key from bytes", figures["key_ms"], "ms", "< 1")]
