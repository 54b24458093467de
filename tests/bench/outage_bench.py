"""1,000 warm reviews with the registry really stopped and the clock set on ten minutes, against 1,000 before (outage_bench.cpp)."""
import json
import subprocess

from common import row
from registry import tools


def measure(build, _):
    tools("olareg", "cosign", "crane")
    text = subprocess.run([build / "bin" / "outage-bench"], check=True, capture_output=True, text=True, timeout=300).stdout
    figures = json.loads(text)
    return [row("registry stopped 10 minutes ago: reviews of 5,000 answered as before", figures["same"], "", "5,000"),
            row("registry stopped: slowest of 1,000 warm reviews; before", figures["after_max_ms"], "ms", "ratio <= 2", figures["before_max_ms"]),
            row("registry stopped: p50 of 1,000 warm reviews; before", figures["after_p50_ms"], "ms", "ratio <= 2", figures["before_p50_ms"])]
