"""From the command to the first record, and memory at full speed with 16 partitions."""

import os
import pathlib
import subprocess
import time

from common import BIN, ROUNDS, SINK, definition, fetch_server, folder, generate, running, spread

PARTITIONS, EVENTS = 16, 160_000
WINDOW = "  | window tumbling 10s by campaign_id { views = count() }\n"


def first_line(command):
    began = time.monotonic()
    with running(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        took = time.monotonic() - began
        # Nobody reads on, so it could not stop by itself.
        process.kill()
        return took * 1000


def peak(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


with folder() as work:
    events = generate(work, EVENTS)
    prints = definition(work, "print", a=(SINK, "to print { format: json }"), b=(WINDOW, ""))
    counts = definition(work, "count", a=(SINK, "to print { format: json }"))
    run = [BIN / "raudal", "run", "--state", work / "state", "--fresh"]
    times = [first_line(run + ["--bind", f"events=file:{events}", prints]) for _ in range(ROUNDS)]
    print(f"first record printed, from a file: {spread(times, 0)} ms")
    with fetch_server(work, "ad-events", PARTITIONS, events, 100_000) as brokers:
        os.environ["KAFKA_BROKERS"] = brokers
        times = [first_line(run + [prints]) for _ in range(ROUNDS)]
        print(f"first record printed, from Kafka: {spread(times, 0)} ms")
        peaks = []
        for workers in (1, 2):
            command = run + ["--parallelism", workers, counts]
            with running(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                time.sleep(12)
                peaks.append(peak(process))
                ticks = pathlib.Path(f"/proc/{process.pid}/stat").read_text().split()[13:15]
                busy = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
            print(
                f"memory at full speed, {PARTITIONS} partitions, {workers} workers, 12 s:"
                f" {peaks[-1]:.0f} MB at most ({busy:.1f} s of processor)")
