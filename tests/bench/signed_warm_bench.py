"""The warm figures with a policy that also asks who signed, against the same policy without: two webhooks, asked in turn."""
import copy
import statistics

from common import POLICY, RUNS, Webhook, make_certificate, review, row, scan, write_objects
from registry import REPOSITORY, Registry, signature_objects
from warm_bench import cpu_per_review, review_url, write_script, wrk


def policy(host, **rules):
    changed = copy.deepcopy(POLICY)
    changed["spec"]["match"]["images"] = [f"{host}/**"]
    changed["spec"]["rules"].update(rules)
    return changed


def in_turn(measure, sides):
    """Medians of both sides, (without, with)."""
    pairs = [[measure(*side) for side in sides] for _ in range(RUNS)]
    return [statistics.median(pair[i] for pair in pairs) for i in (0, 1)]


def measure(build, folder):
    with Registry(folder) as registry:
        key = registry.key("key")
        digest = registry.push_image(0)
        registry.sign(digest, key)
        body = review([f"{registry.host}/{REPOSITORY}@{digest}"])
        scans = [scan(number) for number in range(99)] + [scan(99, digest=digest)]
        asked = {"without": [policy(registry.host)],
                 "with": [policy(registry.host, publishers={"refs": [{"name": "acme"}]}), *signature_objects(registry.host, [key])]}
        for name, objects in asked.items():
            (folder / name).mkdir()
            make_certificate(folder / name)
            write_objects(folder / name, objects, scans)
        script = write_script(folder, body)
        with Webhook(build, folder / "without") as without, Webhook(build, folder / "with") as signed:
            sides = [(webhook, review_url(webhook, body), script) for webhook in (without, signed)]
            one_floor, one = in_turn(lambda _, url, lua: wrk(url, 1, lua)[0], sides)
            many_floor, many = in_turn(lambda _, url, lua: wrk(url, 16, lua)[1], sides)
            cpu_floor, cpu = in_turn(cpu_per_review, sides)
    return [row("warm review with a signature wanted, p50; without", one, "ms", "ratio <= 1.1", one_floor),
            row("warm reviews with a signature wanted, 16 connections; without", many, "1/s", "ratio >= 0.9", many_floor),
            row("CPU time per review with a signature wanted; without", cpu, "ms", "ratio <= 1.1", cpu_floor)]
