"""Ten images against 10 and 1,000 policies of which 10 match: the engine alone, in process (engine_bench.cpp)."""
import json
import subprocess

from common import row


def measure(build, _):
    text = subprocess.run([build / "bin" / "engine-bench"], check=True, capture_output=True, text=True, timeout=120).stdout
    figures = json.loads(text)
    return [row("10 images, 1,000 policies of which 10 match", figures["thousand_policies_ms"], "ms", "< 1", figures["ten_policies_ms"]),
            row("growth of that time from 10 to 1,000 policies (x100)", figures["thousand_policies_ms"] / figures["ten_policies_ms"], "x", "sub-linear: < 100")]
