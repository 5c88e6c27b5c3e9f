"""What a checkpoint every second costs: file in, Kafka out exactly once, beside one at the end alone."""

import os

from common import (
    BIN, ROUNDS, SINK, broker, create_topics, definition, folder, generate, spread, timed)

EVENTS, LINKS = 1_000_000, int(os.environ.get("BENCH_LINKS", "40"))

with folder() as work, broker(work) as brokers:
    os.environ["KAFKA_BROKERS"] = brokers
    create_topics(brokers, ["campaign-views"])
    events = generate(work, EVENTS)
    for number in range(LINKS):
        os.link(events, work / f"part-{number:03}.jsonl")
    sink = 'to kafka { topic: "campaign-views", format: json, key: campaign_id, delivery: exactly_once }'
    names = {"every second": "1s", "none": "5m"}
    costs = {name: [] for name in names}

    for turn in range(ROUNDS + 1):
        for name, every in names.items():
            path = definition(
                work, "every", a=(SINK, f"{sink}\n\ncheckpoint {{ every: {every}, keep: 3 }}"))
            command = [
                BIN / "raudal", "run", path, "--stop-at-end", "--fresh", "--parallelism", 1,
                "--state", work / "state", "--bind", f"events=file:{work}/part-*.jsonl"]
            cost = timed(command)
            # The first turn warms up and does not count.
            if turn > 0:
                costs[name].append(cost)
    for name, runs in costs.items():
        print(
            f"{name:13} {spread([EVENTS * LINKS / wall / 1e6 for wall, _, _ in runs], 2)} M events/s"
            f"  {spread([cpu for _, cpu, _ in runs], 2)} s of processor")
    pairs = list(zip(costs["every second"], costs["none"]))
    print(f"throughput lost {spread([100 * (1 - n[0] / e[0]) for e, n in pairs])} %")
    print(f"processor added {spread([100 * (e[1] / n[1] - 1) for e, n in pairs])} %")
