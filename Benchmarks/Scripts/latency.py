"""Latency of filter and enrich, Kafka to Kafka, at 20,000 events/s, beside a raw relay.

From the time in the event, which the generator writes in milliseconds, to an independent reader of
the output. The relay filters too, by a search for the words, so that both write the same rows.

Four processes share the machine's cores, and when it stands still for a moment everything that is
under way is late, on either side: a few such moments decide the p99 of a run. So there is also the
p99 of each second, of which the median second counts.
"""

import os
import subprocess
import time

from common import BIN, ROUNDS, SINK, broker, create_topics, definition, folder, running, spread
from delays import figures_of, measure

RATE, SECONDS, WARM = 20_000, 12, 4
WINDOW = "  | window tumbling 10s by campaign_id { views = count() }\n"


def one(work, brokers, side, turn):
    source, target = f"in-{side}-{turn}", f"out-{side}-{turn}"
    create_topics(brokers, [source, target])
    sink = f'to kafka {{ topic: "{target}", format: json, delivery: at_least_once }}'
    path = definition(
        work, "relay", a=(SINK, sink), b=(WINDOW, ""), c=('"ad-events"', f'"{source}"'))
    engine = [BIN / "raudal", "run", path, "--fresh", "--state", work / "state"]
    raw = [BIN / "KafkaBenchmark", "relay", brokers, source, target, "4"]
    generator = [
        BIN / "raudal", "generate", "ad-events", "--without-cost", "--rate", RATE, "--seconds",
        SECONDS, "--to", "kafka", "--topic", source, "--ads", work / "ads.csv"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([BIN / "raudal", "generate", "ad-events", "--count", "0", "--to", "stdout",
                    "--ads", work / "ads.csv"], check=True, **quiet)
    with running(engine if side == "engine" else raw, **quiet), running(generator, **quiet):
        now = time.time()
        return measure(brokers, target, now + SECONDS - 1, now + WARM)


with folder() as work, broker(work) as brokers:
    os.environ["KAFKA_BROKERS"] = brokers
    names = ["p50", "p99", "p99 of a second"]
    figures = {side: {name: [] for name in names} for side in ("raw", "engine")}
    for turn in range(ROUNDS):
        for side, rows in figures.items():
            found = one(work, brokers, side, turn)
            if len(found) < RATE * (SECONDS - WARM - 2) / 3:
                print(f"{side}: only {len(found)} rows arrived; the machine did not keep up")
            for name, value in figures_of(found).items():
                rows[name].append(value)
    for side, rows in figures.items():
        print(f"{side:8} " + "  ".join(f"{name} {spread(rows[name])} ms" for name in names))
    for name in names:
        pairs = zip(figures["engine"][name], figures["raw"][name])
        print(f"{name}: engine − raw {spread([e - r for e, r in pairs])} ms, of {ROUNDS} pairs")
