"""Tasks through Kafka exactly once, done when they are called, beside librdkafka's consumer and
producer in a loop: processor time a record."""

import os
import subprocess
import sys

from common import BIN, ROOT, ROUNDS, broker, create_topics, folder

RECORDS = int(os.environ.get("BENCH_EVENTS", "1000000"))


def fill(brokers, topic):
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": brokers, "linger.ms": 20,
                         "queue.buffering.max.messages": 1_000_000, "log_level": 5})
    for record in range(RECORDS):
        producer.produce(topic, f'{{"id":{record},"line":{record % 1000},"work":0}}')
        if record % 10_000 == 0:
            producer.flush()
    if producer.flush(60):
        sys.exit("not all records were written")


with folder() as work, broker(work) as brokers:
    os.environ["KAFKA_BROKERS"] = brokers
    outcomes = [f"outcomes-{turn}" for turn in range(ROUNDS)]
    create_topics(brokers, ["requests", "copies"] + outcomes, 1)
    fill(brokers, "requests")
    raw = [BIN / "KafkaBenchmark", "copy", brokers, "requests", "copies", RECORDS, ROUNDS]
    subprocess.run([str(part) for part in raw], check=True)
    engine = [BIN / "PipelineBenchmark", ROOT / "Benchmarks/Tasks", "kafka", RECORDS, ROUNDS,
              "requests", "outcomes"]
    subprocess.run([str(part) for part in engine], check=True)
