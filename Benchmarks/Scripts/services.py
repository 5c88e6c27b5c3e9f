"""An HTTP service that is asked for each row, one key a request, beside wrk with as many connections
against the same nginx; and no table at all."""

import contextlib
import os
import re
import socket
import subprocess
import time

from common import BIN, ROUNDS, folder, free_port, median, running, spread, timed

ROWS = int(os.environ.get("BENCH_EVENTS", "300000"))
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "64"))

DEFINITION = r"""
pipeline services
type Event {{ id: int, at: timestamp }}
type Price {{ id: int, price: float, stock: int }}
source events: Event from file {{
  path: "events.jsonl", format: json, event_time: at, on_error: skip
}}
table prices: Price key id from http {{
  url: "http://127.0.0.1:{port}/prices/\(id)"
  connections: {connections}, concurrency: {connections}
}}
stream counts = events{stage} | window tumbling 1d {{ n = count() }}
sink counts to print {{ format: json }}
"""

NGINX = r"""
daemon off; master_process off; pid {work}/pid; error_log {work}/errors crit;
events {{ worker_connections 2048; }}
http {{
  access_log off; keepalive_requests 100000000; default_type application/json;
  client_body_temp_path {work}/a; proxy_temp_path {work}/b; fastcgi_temp_path {work}/c;
  uwsgi_temp_path {work}/d; scgi_temp_path {work}/e;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location /prices/ {{ return 200 '{{"price":19.5,"stock":7}}'; }}
  }}
}}
"""


@contextlib.contextmanager
def nginx(work):
    port = free_port()
    (work / "nginx.conf").write_text(NGINX.format(work=work, port=port))
    environment = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin")
    command = ["nginx", "-p", work, "-c", work / "nginx.conf"]
    with running(command, env=environment, stderr=subprocess.DEVNULL):
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port


def run(work, name, port, stage):
    path = work / f"{name}.raudal"
    path.write_text(DEFINITION.format(port=port, connections=CONNECTIONS, stage=stage))
    state = work / f"{name}.state"
    return timed(
        [BIN / "raudal", "run", "--stop-at-end", "--fresh", "--parallelism", 1, "--state", state, path],
        stdout=subprocess.DEVNULL)


def wrk(port):
    out = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", "-d4s", f"http://127.0.0.1:{port}/prices/1"], check=True,
        capture_output=True, text=True).stdout
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


with folder() as work, nginx(work) as port:
    with open(work / "events.jsonl", "w") as file:
        for row in range(ROWS):
            file.write(f'{{"id":{row},"at":"2026-01-01T00:00:00Z"}}\n')
    cases = [("none", ""), ("asked", " | enrich prices on id")]
    found = {name: [] for name, _ in cases}
    rates = []
    for _ in range(ROUNDS):
        for name, stage in cases:
            found[name].append(run(work, name, port, stage))
        rates.append(wrk(port))
    base, base_cpu, _ = (median(part) for part in zip(*found["none"]))
    own = [ROWS / max(wall - base, 1e-9) for wall, _, _ in found["asked"]]
    cpu = [(seconds - base_cpu) / ROWS * 1e6 for _, seconds, _ in found["asked"]]
    print(f"wrk, {CONNECTIONS} connections: {spread([r / 1e3 for r in rates])} k requests/s")
    print(f"asked: {spread([r / 1e3 for r in own])} k requests/s"
          f" ({median(own) / median(rates):.0%} of wrk),"
          f" {spread(cpu)} µs of processor a request")
