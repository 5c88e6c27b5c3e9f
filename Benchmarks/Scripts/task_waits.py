"""How long tasks wait inside the engine before their calls, when they come half as fast as it can
call: `raudal_task_wait_seconds`, beside an nginx that answers at once."""

import os
import subprocess
import time

from common import BIN, ROUNDS, folder, free_port, running, spread, timed
from metrics import page, quantile
from web import nginx

ROWS = int(os.environ.get("BENCH_EVENTS", "300000"))
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "64"))
SECONDS = 10

DEFINITION = r"""
pipeline waits
type Request {{ id: int }}
checkpoint {{ every: 1s }}
source requests: Request from file {{ path: "requests.jsonl", event_time: arrival, on_error: fail }}
task call using http {{
  url: "http://127.0.0.1:{port}/tasks/\(id)"
  idempotency_key: id
  concurrency: {connections}
}}
stream outcomes = requests {throttle} | execute call as r
sink outcomes to file {{ path: "outcomes-{name}", format: json }}
"""


def prepared(work, name, port, throttle):
    path = work / f"{name}.raudal"
    path.write_text(
        DEFINITION.format(port=port, connections=CONNECTIONS, throttle=throttle, name=name))
    return [BIN / "raudal", "run", "--stop-at-end", "--fresh", "--state", work / f"{name}.state",
            path]


def p99(command):
    """Of the last look at a run's metrics, in milliseconds."""
    port, seen = free_port(), ""
    with running(command + ["--metrics", port], stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            seen = page(port) or seen
            time.sleep(0.2)
    return quantile(seen, "raudal_task_wait_seconds", 0.99) * 1e3


def write(work, rows):
    with open(work / "requests.jsonl", "w") as file:
        file.writelines(f'{{"id":{row}}}\n' for row in range(rows))


with folder() as work, nginx(work, '{"ok":true}') as port:
    write(work, ROWS)
    wall, _, _ = timed(prepared(work, "full", port, ""), stdout=subprocess.DEVNULL)
    half = int(ROWS / wall / 2)
    write(work, half * SECONDS)
    found = [
        p99(prepared(work, f"half{turn}", port, f"| throttle {half}/s")) for turn in range(ROUNDS)]
    print(f"{half} tasks/s, half of what is called: p99 of the wait {spread(found)} ms")
