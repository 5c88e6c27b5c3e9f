"""How long events are under way, from the time that they hold to an independent reader of a topic."""

import datetime
import re
import statistics
import time

EVENT_TIME = re.compile(rb'"event_time":"([^"]+)"')


def sent(value):
    text = EVENT_TIME.search(value)[1].decode().replace("Z", "+00:00")
    return datetime.datetime.fromisoformat(text).timestamp()


def measure(brokers, topic, until, warm):
    """The second, from `warm` on, and the milliseconds of each row that comes after `warm`."""
    from confluent_kafka import Consumer, TopicPartition

    reader = Consumer({
        "bootstrap.servers": brokers, "group.id": f"latency-{topic}", "enable.auto.commit": False,
        "receive.message.max.bytes": 1_000_000_000})
    reader.assign([TopicPartition(topic, number, 0) for number in range(4)])
    found = []
    while (now := time.time()) < until:
        message = reader.poll(0.05)
        if message is None or message.error() or now < warm:
            continue
        found.append((int(now - warm), (time.time() - sent(message.value())) * 1000))
    reader.close()
    return found


def part(times, share):
    return sorted(times)[int(len(times) * share)] if times else float("nan")


def figures_of(found):
    seconds = {}
    for second, milliseconds in found:
        seconds.setdefault(second, []).append(milliseconds)
    times = [milliseconds for _, milliseconds in found]
    typical = statistics.median([part(row, 0.99) for row in seconds.values()] or [float("nan")])
    return {"p50": part(times, 0.5), "p99": part(times, 0.99), "p99 of a second": typical}
