"""The decision history: a policy rehearsed over 100,000 recorded decisions (history_bench.cpp writes them), and warm reviews while each is kept."""
import json
import re
import statistics
import subprocess
import time

from common import RUNS, Webhook, review, row, write_fixtures
from signed_warm_bench import in_turn
from warm_bench import cpu_per_review, review_url, write_script, wrk

DECISIONS = 100_000
MOST_SECONDS = {"write": 300, "read": 60, "rehearse": 120}    # some times what each takes on the slower machine: more is told as an error
STRICTER = {"apiVersion": "hullwright.dev/v1alpha1", "kind": "ClusterImageAdmissionPolicy", "metadata": {"name": "floor"},
            "spec": {"match": {"images": ["registry.example/**"]}, "enforcement": {"newImages": "Deny"},
                     "rules": {"reference": {"digest": "Pinned"},
                               "vulnerabilities": {"forbid": [{"name": "critical", "severities": ["Critical"]}], "scan": {"maxAgeHours": 240}}}}}
KEPT = re.compile(r'hullwright_history_decisions_total\{result="(\w+)"\} (\S+)')


def timed(program, verb, *arguments, exit_code=0):
    """(seconds from start to end of the process, what it printed as JSON)"""
    started = time.perf_counter()
    try:
        done = subprocess.run([program, verb, *arguments], capture_output=True, text=True, timeout=MOST_SECONDS[verb])
    except subprocess.TimeoutExpired as late:
        raise RuntimeError(f"{program.name} {verb} did not end within {late.timeout} s") from late
    seconds = time.perf_counter() - started
    print(f"  {program.name} {verb}: {seconds:.1f} s", flush=True)
    if done.returncode != exit_code:
        raise RuntimeError(f"{program.name} {verb} ended with {done.returncode}: {done.stderr[-2000:]}")
    return seconds, json.loads(done.stdout)


def rehearsal(build, folder):
    history, policy = folder / "history.db", folder / "stricter.json"
    bench, hullctl = build / "bin" / "history-bench", build / "bin" / "hullctl"
    timed(bench, "write", history, str(DECISIONS))
    policy.write_text(json.dumps(STRICTER))
    seconds, floors = [], []
    for _ in range(RUNS):
        floor, read = timed(bench, "read", history)
        # It denies some of what was admitted, for which the exit code is 1.
        taken, told = timed(hullctl, "rehearse", "--policy", policy, "--history", history, "-o", "json", exit_code=1)
        if read["decisions"] != DECISIONS or told["decisions"] != DECISIONS or told["errorCount"] or not told["counts"]["denied"]:
            raise RuntimeError(f"not every decision was judged again: {read}, {told['counts']}, {told['errors']}")
        seconds.append(taken)
        floors.append(floor)
    return row(f"rehearse over {DECISIONS:,} decisions; their rows through SQLite alone", statistics.median(seconds), "s", "< 10",
               statistics.median(floors))


def decisions(webhook, result):
    """So far: written to the history, or dropped because it could not keep up."""
    text = subprocess.run(["curl", "-s", "-m", "10", f"{webhook.url}/metrics"], check=True, capture_output=True, text=True).stdout
    return float(dict(KEPT.findall(text))[result])


def warm(build, folder):
    """Over plain HTTP, where the history also keeps decisions of clients without a certificate, as wrk is."""
    sides_folder = {name: folder / name for name in ("without", "with")}
    for each in sides_folder.values():
        each.mkdir()
        write_fixtures(each, 100)
    body = review()
    script = write_script(folder, body)
    history = ["--history", sides_folder["with"] / "history.db"]
    with Webhook(build, sides_folder["without"], plain=True) as without, Webhook(build, sides_folder["with"], *history, plain=True) as keeping:
        sides = [(webhook, review_url(webhook, body), script) for webhook in (without, keeping)]
        one_floor, one = in_turn(lambda _, url, lua: wrk(url, 1, lua)[0], sides)
        many_floor, many = in_turn(lambda _, url, lua: wrk(url, 16, lua)[1], sides)
        cpu_floor, cpu = in_turn(cpu_per_review, sides)
        written, dropped = decisions(keeping, "written"), decisions(keeping, "dropped")
    return [row("warm review with --history, p50; without", one, "ms", "none set", one_floor),
            row("warm reviews with --history, 16 connections; without", many, "1/s", "none set", many_floor),
            row("CPU time per review with --history; without", cpu, "ms", "none set", cpu_floor),
            row("decisions of all these reviews that the history kept", 100 * written / (written + dropped), "%", "none set")]


def measure(build, folder):
    return [rehearsal(build, folder), *warm(build, folder)]
