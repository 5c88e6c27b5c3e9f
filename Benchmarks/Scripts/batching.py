"""The latency that `batch: 64 within 2ms` of a model adds, Kafka to Kafka, at 20,000 events/s.

The same filter and enrich with `infer` behind it and without, in turns. A third of the events pass
the filter, so few rows come at a time and most wait for their 2 ms.
"""

import os
import shutil
import subprocess
import time

from common import (
    BIN, ROOT, ROUNDS, SINK, broker, create_topics, definition, folder, running, spread)
from delays import figures_of, measure

RATE, SECONDS, WARM = 20_000, 12, 4
WINDOW = "  | window tumbling 10s by campaign_id { views = count() }\n"
MODEL = """
model churn using onnx {
  path: "churn.onnx", batch: 64 within 2ms
  input: { recency: float, frequency: float, monetary: float }
  output: { probability: float }
}
"""
INFER = "  | infer churn(length(ad_id) * 3, 2, 40) as churn\n"


def one(work, brokers, side, turn):
    source, target = f"in-{side}-{turn}", f"out-{side}-{turn}"
    create_topics(brokers, [source, target])
    sink = f'to kafka {{ topic: "{target}", format: json, delivery: at_least_once }}'
    stage = INFER if side == "infer" else ""
    path = definition(
        work, side, a=(SINK, sink), b=(WINDOW, stage), c=('"ad-events"', f'"{source}"'))
    if side == "infer":
        path.write_text(path.read_text() + MODEL)
    engine = [BIN / "raudal", "run", path, "--fresh", "--state", work / f"state-{side}"]
    generator = [
        BIN / "raudal", "generate", "ad-events", "--without-cost", "--rate", RATE, "--seconds",
        SECONDS, "--to", "kafka", "--topic", source, "--ads", work / "ads.csv"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([BIN / "raudal", "generate", "ad-events", "--count", "0", "--to", "stdout",
                    "--ads", work / "ads.csv"], check=True, **quiet)
    with running(engine, **quiet), running(generator, **quiet):
        now = time.time()
        return measure(brokers, target, now + SECONDS - 1, now + WARM)


with folder() as work, broker(work) as brokers:
    os.environ["KAFKA_BROKERS"] = brokers
    shutil.copy(ROOT / "Pipelines/models/churn.onnx", work)
    names = ["p50", "p99", "p99 of a second"]
    figures = {side: {name: [] for name in names} for side in ("plain", "infer")}
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
        pairs = zip(figures["infer"][name], figures["plain"][name])
        print(f"{name}: infer − plain {spread([e - r for e, r in pairs])} ms, of {ROUNDS} pairs")
