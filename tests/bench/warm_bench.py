"""A warm review over TLS against nginx serving a static file over TLS, both asked by wrk; and the CPU time of a review."""
import json
import pathlib
import re
import subprocess

from common import RUNS, Webhook, free_port, make_certificate, median_of, review, row, write_fixtures

SECONDS = 3


def wrk(url, connections, script=None):
    """(p50 in ms, requests per second); every reply must have been 2xx."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", *(["-s", script] if script else []), url]
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS + 30).stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"wrk saw failures at {url}:\n{text}")
    value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 1e-3, "ms": 1, "s": 1000}[unit], float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def start_nginx(folder):
    port = free_port()
    (folder / "static").mkdir()
    (folder / "static" / "index.html").write_text("x" * 300)    # about the size of an admission reply
    (folder / "nginx.conf").write_text(f"""
worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log; daemon off;
events {{ worker_connections 256; }}
http {{ access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/tls.crt; ssl_certificate_key {folder}/tls.key; root {folder}/static; }} }}
""")
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
    process = subprocess.Popen(["nginx", "-c", folder / "nginx.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        if subprocess.run(["curl", "-sk", "-o", "/dev/null", f"https://127.0.0.1:{port}/"]).returncode == 0:
            return process, f"https://127.0.0.1:{port}/index.html"
        subprocess.run(["sleep", "0.02"])
    raise RuntimeError("nginx did not start: " + pathlib.Path(folder / "nginx-error.log").read_text())


def write_script(folder, body):
    """What wrk sends: the review, again and again."""
    script = folder / "review.lua"
    script.write_text(f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = {json.dumps(body)}\n')
    return script


def review_url(webhook, body):
    """Where the webhook admits this review, which is warm from then on."""
    url = f"{webhook.url}/v1/validate?timeout=10s"
    answer = subprocess.run(["curl", "-sk", "-m", "10", "-H", "Content-Type: application/json", "-d", "@-", url], input=body, capture_output=True, text=True).stdout
    if json.loads(answer)["response"]["allowed"] is not True:
        raise RuntimeError("the measured review is not admitted: " + answer)
    return url


def cpu_per_review(webhook, url, script):
    """Milliseconds of the webhook's processor time."""
    before = webhook.cpu_seconds()
    _, rate = wrk(url, 4, script)
    return (webhook.cpu_seconds() - before) * 1000 / (rate * SECONDS)


def measure(build, folder):
    make_certificate(folder)
    write_fixtures(folder, 100)
    body = review()
    script = write_script(folder, body)
    nginx, static = start_nginx(folder)
    try:
        with Webhook(build, folder) as webhook:
            url = review_url(webhook, body)
            pairs = [(wrk(url, 1, script), wrk(static, 1)) for _ in range(RUNS)]
            one, one_floor = (sorted(p[i][0] for p in pairs)[RUNS // 2] for i in (0, 1))
            pairs = [(wrk(url, 16, script), wrk(static, 16)) for _ in range(RUNS)]
            many, many_floor = (sorted(p[i][1] for p in pairs)[RUNS // 2] for i in (0, 1))
            cpu = median_of(lambda: cpu_per_review(webhook, url, script))
    finally:
        nginx.terminate()
        nginx.wait(10)
    return [row("warm review over TLS, 1 connection, p50; nginx static", one, "ms", "ratio <= 1.5", one_floor),
            row("warm reviews over TLS, 16 connections; nginx static", many, "1/s", "ratio >= 0.33", many_floor),
            row(f"CPU time of the webhook per reviewed Pod ({len(body)} bytes)", cpu, "ms", "<= 0.15")]
