"""A table in Redis asked for each row: nine of ten keys in the cache, none of them, and no table at
all; beside what redis-benchmark gets with as many keys a round trip."""

import contextlib
import os
import random
import socket
import subprocess
import time

from common import BIN, ROUNDS, folder, free_port, median, running, spread, timed

ROWS = int(os.environ.get("BENCH_EVENTS", "2000000"))
HOT, BATCH = 5_000, 256

DEFINITION = """
pipeline lookups
type Event {{ id: int, user: int, at: timestamp }}
type User {{ user: int, tier: string, level: int }}
source events: Event from file {{
  path: "events.jsonl", format: json, event_time: at, on_error: skip
}}
table users: User key user from redis {{
  address: "127.0.0.1:{port}", prefix: "user:", connections: 4
  batch: {batch} within 1ms, concurrency: 16{cache}
}}
stream counts = events{stage} | window tumbling 1d {{ n = count() }}
sink counts to print {{ format: json }}
"""


@contextlib.contextmanager
def redis(work):
    port = free_port()
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", work]
    with running(command, stdout=subprocess.DEVNULL):
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port


def fill(port, count):
    def command(*words):
        return f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)

    commands = "".join(
        command("SET", f"user:{user}", f'{{"tier":"t{user % 7}","level":{user % 100}}}')
        for user in range(count))
    subprocess.run(
        ["redis-cli", "-p", str(port), "--pipe"], input=commands.encode(), check=True,
        stdout=subprocess.DEVNULL)


def write(path):
    """One row in ten has a user who comes once."""
    luck = random.Random(1)
    with open(path, "w") as file:
        for row in range(ROWS):
            user = HOT + row // 10 if row % 10 == 0 else luck.randrange(HOT)
            file.write(f'{{"id":{row},"user":{user},"at":"2026-01-01T00:00:00Z"}}\n')


def run(work, name, port, stage, cache):
    path = work / f"{name}.raudal"
    path.write_text(DEFINITION.format(port=port, batch=BATCH, stage=stage, cache=cache))
    state = work / f"{name}.state"
    return timed(
        [BIN / "raudal", "run", "--stop-at-end", "--fresh", "--parallelism", 1, "--state", state, path],
        stdout=subprocess.DEVNULL)


def pipelined(port):
    """Keys a second of redis-benchmark, by MGET of as many keys as a call has."""
    keys = [f"user:{user}" for user in range(BATCH)]
    out = subprocess.run(
        ["redis-benchmark", "-p", str(port), "-c", "4", "-n", str(max(ROWS // BATCH, 1_000)), "-q",
         "--csv", "MGET", *keys], check=True, capture_output=True, text=True).stdout
    return float(out.strip().splitlines()[-1].split(",")[-7].strip('"')) * BATCH


with folder() as work, redis(work) as port:
    fill(port, HOT + ROWS // 10 + 1)
    write(work / "events.jsonl")
    asked = " | enrich users on user"
    cases = [("none", "", ""), ("cached", asked, "\n  cache: 1h"), ("uncached", asked, "")]
    found = {name: [] for name, _, _ in cases}
    rates = []
    for _ in range(ROUNDS):
        for name, stage, cache in cases:
            found[name].append(run(work, name, port, stage, cache))
        rates.append(pipelined(port))
    base = median([wall for wall, _, _ in found["none"]])
    print(f"redis-benchmark, {BATCH} keys a call: {spread([r / 1e6 for r in rates], 2)} M keys/s")
    for name, _, _ in cases:
        wall = [ROWS / seconds / 1e6 for seconds, _, _ in found[name]]
        cpu = [seconds / ROWS * 1e9 for _, seconds, _ in found[name]]
        print(f"{name}: {spread(wall, 2)} M rows/s, {spread(cpu, 0)} ns of processor a row")
    for name in ("cached", "uncached"):
        own = max(median([wall for wall, _, _ in found[name]]) - base, 1e-9)
        print(f"{name}: {ROWS / own / 1e6:.2f} M rows/s of the stage alone"
              f" ({ROWS / own / median(rates):.0%} of redis-benchmark)")
