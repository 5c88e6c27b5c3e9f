"""Tasks that wait for their time: bytes of memory each, and how long a start from a checkpoint takes
until calls are made again. One task fails and is tried again and again: its calls tell."""

import http.server
import os
import pathlib
import subprocess
import threading
import time

from common import BIN, folder, free_port, running
from metrics import metric

TASKS = int(os.environ.get("BENCH_TASKS", "10000000"))
WORKERS = int(os.environ.get("BENCH_WORKERS", "2"))

DEFINITION = r"""
pipeline waiting
type Request {{ id: int, at: timestamp }}
checkpoint {{ every: 5s }}
source requests: Request from file {{ path: "requests.jsonl", event_time: arrival, on_error: fail }}
task call using http {{
  url: "http://127.0.0.1:{port}/"
  idempotency_key: id
  at: at
  retry: {{ attempts: 1000, backoff: 100ms }}
}}
stream outcomes = requests | execute call as r
sink outcomes to file {{ path: "outcomes", format: json }}
"""


class Busy(http.server.BaseHTTPRequestHandler):
    """Refuses, and remembers when."""

    last = 0.0

    def do_POST(self):
        Busy.last = time.monotonic()
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def resident(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def wait_until(holds):
    while not holds():
        time.sleep(0.2)


def write(work, tasks):
    with open(work / "requests.jsonl", "w") as file:
        file.write('{"id":0,"at":"2020-01-01T00:00:00Z"}\n')
        for task in range(1, tasks):
            file.write(f'{{"id":{task},"at":"2099-01-01T00:00:00Z"}}\n')


def filled(work, command, port, tasks):
    """Bytes of a process that has taken all tasks and a checkpoint with them; then it is killed."""
    write(work, tasks)
    with running(command, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: (metric(port, "raudal_rows_absorbed_total") or 0) >= tasks)
        known = metric(port, "raudal_checkpoints_total")
        wait_until(lambda: metric(port, "raudal_checkpoints_total") >= known + 2)
        size = resident(process)
        process.kill()
    return size


with folder() as work:
    server = http.server.HTTPServer(("127.0.0.1", 0), Busy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = work / "waiting.raudal"
    path.write_text(DEFINITION.format(port=server.server_port))
    port = free_port()
    command = [BIN / "raudal", "run", "--parallelism", WORKERS, "--metrics", port, path]
    few = filled(work, command + ["--state", work / "few"], port, 1_000)
    many = filled(work, command + ["--state", work / "many"], port, TASKS)
    print(f"{TASKS} tasks that wait, {WORKERS} workers: {(many - few) / TASKS:.0f} bytes each")
    stored = sum(file.stat().st_size for file in (work / "many").rglob("*") if file.is_file())
    began = time.monotonic()
    with running(command + ["--state", work / "many"], stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: Busy.last > began)
        print(f"start: {Busy.last - began:.1f} s until calls are made,"
              f" {resident(process) / TASKS:.0f} bytes of memory each,"
              f" {stored / TASKS:.0f} bytes each on disk with all that is kept")
        process.kill()
