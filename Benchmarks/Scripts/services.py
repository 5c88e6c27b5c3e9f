"""An HTTP service that is asked for each row, one key a request, beside wrk with as many connections
against the same nginx; and no table at all."""

import os
import subprocess

from common import BIN, ROUNDS, folder, median, spread, timed
from web import nginx, wrk

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

def run(work, name, port, stage):
    path = work / f"{name}.raudal"
    path.write_text(DEFINITION.format(port=port, connections=CONNECTIONS, stage=stage))
    state = work / f"{name}.state"
    return timed(
        [BIN / "raudal", "run", "--stop-at-end", "--fresh", "--parallelism", 1, "--state", state, path],
        stdout=subprocess.DEVNULL)


with folder() as work, nginx(work, '{"price":19.5,"stock":7}') as port:
    with open(work / "events.jsonl", "w") as file:
        for row in range(ROWS):
            file.write(f'{{"id":{row},"at":"2026-01-01T00:00:00Z"}}\n')
    cases = [("none", ""), ("asked", " | enrich prices on id")]
    found = {name: [] for name, _ in cases}
    rates = []
    for _ in range(ROUNDS):
        for name, stage in cases:
            found[name].append(run(work, name, port, stage))
        rates.append(wrk(work, f"http://127.0.0.1:{port}/prices/1", CONNECTIONS))
    base, base_cpu, _ = (median(part) for part in zip(*found["none"]))
    own = [ROWS / max(wall - base, 1e-9) for wall, _, _ in found["asked"]]
    cpu = [(seconds - base_cpu) / ROWS * 1e6 for _, seconds, _ in found["asked"]]
    print(f"wrk, {CONNECTIONS} connections: {spread([r / 1e3 for r in rates])} k requests/s")
    print(f"asked: {spread([r / 1e3 for r in own])} k requests/s"
          f" ({median(own) / median(rates):.0%} of wrk),"
          f" {spread(cpu)} µs of processor a request")
