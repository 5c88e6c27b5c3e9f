"""A call for each row, `execute` over HTTP with its journal, checkpoints and outcomes in files,
beside wrk with as many connections against the same nginx; and the same pipeline without calls."""

import os
import subprocess

from common import BIN, ROUNDS, folder, median, spread, timed
from web import nginx, wrk

ROWS = int(os.environ.get("BENCH_EVENTS", "300000"))
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "64"))
WORKERS = int(os.environ.get("BENCH_WORKERS", "1"))

DEFINITION = r"""
pipeline tasks
type Request {{ id: int }}
checkpoint {{ every: 10s }}
source requests: Request from file {{ path: "requests.jsonl", event_time: arrival, on_error: skip }}
task call using http {{
  url: "http://127.0.0.1:{port}/tasks/\(id)"
  body: {{ id: id }}
  idempotency_key: id
  concurrency: {connections}
}}
stream outcomes = requests{stage}
sink outcomes to file {{ path: "{name}", format: json }}
"""


def run(work, name, port, stage):
    path = work / f"{name}.raudal"
    path.write_text(
        DEFINITION.format(port=port, connections=CONNECTIONS, stage=stage, name=name))
    return timed(
        [BIN / "raudal", "run", "--stop-at-end", "--fresh", "--parallelism", WORKERS,
         "--state", work / f"{name}.state", path],
        stdout=subprocess.DEVNULL)


with folder() as work, nginx(work, '{"ok":true}') as port:
    with open(work / "requests.jsonl", "w") as file:
        for row in range(ROWS):
            file.write(f'{{"id":{row}}}\n')
    cases = [("none", ""), ("called", " | execute call as r")]
    found = {name: [] for name, _ in cases}
    rates = []
    for _ in range(ROUNDS):
        for name, stage in cases:
            found[name].append(run(work, name, port, stage))
        rates.append(wrk(work, f"http://127.0.0.1:{port}/tasks/1", CONNECTIONS, posts=True))
    base, base_cpu, _ = (median(part) for part in zip(*found["none"]))
    own = [ROWS / max(wall - base, 1e-9) for wall, _, _ in found["called"]]
    cpu = [(seconds - base_cpu) / ROWS * 1e6 for _, seconds, _ in found["called"]]
    print(f"wrk, {CONNECTIONS} connections: {spread([r / 1e3 for r in rates])} k requests/s")
    print(f"called: {spread([r / 1e3 for r in own])} k tasks/s"
          f" ({median(own) / median(rates):.0%} of wrk),"
          f" {spread(cpu)} µs of processor a task")
