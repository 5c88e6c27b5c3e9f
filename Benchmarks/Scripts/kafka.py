"""Reading Kafka: the engine's source beside a raw librdkafka consumer, from prebuilt fetches."""

import subprocess

from common import BIN, ROUNDS, fetch_server, folder, generate, median, spread

PARTITIONS, EVENTS, REPEATS = 4, 100_000, 30

with folder() as work:
    events = generate(work, EVENTS)
    with fetch_server(work, "ad-events", PARTITIONS, events, REPEATS) as brokers:
        command = [BIN / "KafkaBenchmark", brokers, "ad-events", str(PARTITIONS), str(ROUNDS + 1)]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
sides = {"raw": [], "engine": []}
for line in lines.splitlines():
    words = line.split()
    sides[words[0]].append((int(words[5]), int(words[7])))
# The first round warms up and does not count.
raw, engine = sides["raw"][1:], sides["engine"][1:]
for name, side in (("raw", raw), ("engine", engine)):
    rates = [rate / 1e6 for rate, _ in side]
    costs = [cost for _, cost in side]
    print(f"{name:8} {spread(rates, 2)} M records/s  {spread(costs, 0)} ns of processor a record")
pairs = list(zip(engine, raw))
print(f"rate     {spread([100 * e[0] / r[0] for e, r in pairs])} % of raw")
print(f"cost     raw {median([e[1] - r[1] for e, r in pairs]):+.0f} ns a record, of {len(pairs)} pairs")
