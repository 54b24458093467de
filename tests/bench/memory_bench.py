"""Resident memory with 10,000 ImageScans of 40 findings, and the time from start to ready with them in files."""
import statistics

from common import RUNS, Webhook, make_certificate, row, write_fixtures


def measure(build, folder):
    make_certificate(folder)
    empty = folder / "empty"
    empty.mkdir()
    make_certificate(empty)
    write_fixtures(empty, 0)
    write_fixtures(folder, 10_000)
    seconds, resident, seconds_empty, resident_empty = [], [], [], []
    for _ in range(RUNS):
        with Webhook(build, folder) as webhook:
            seconds.append(webhook.seconds_to_ready)
            resident.append(webhook.resident_mib())
        with Webhook(build, empty) as webhook:
            seconds_empty.append(webhook.seconds_to_ready)
            resident_empty.append(webhook.resident_mib())
    middle = statistics.median
    return [row("resident memory, 10,000 ImageScans of 40 findings; none", middle(resident), "MiB", "<= 128", middle(resident_empty)),
            row("start to ready, 10,000 ImageScans in files; none", middle(seconds), "s", "< 2", middle(seconds_empty))]
