"""What the measurements of scripts/bench share: processes, a broker, inputs, medians."""

import contextlib
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ["RAUDAL_BIN"])
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
sys.path.insert(0, str(ROOT / ".tools/python"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="raudal-bench."))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(command, **options):
    """A process that is ended, by its own id, when the block is left."""
    process = subprocess.Popen([str(part) for part in command], **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def broker(work):
    port = free_port()
    with open(work / "broker.log", "wb") as log:
        command = [ROOT / "scripts/broker", port, work / "broker"]
        with running(command, stdout=log, stderr=log):
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def fetch_server(work, topic, partitions, events, repeats):
    port = free_port()
    command = [BIN / "FetchServer", port, topic, partitions, events, repeats]
    with running(command, stdout=subprocess.PIPE) as server:
        if b"ready" not in server.stdout.readline():
            sys.exit("the fetch server did not start")
        yield f"127.0.0.1:{port}"


def create_topics(brokers, topics, partitions=4):
    from confluent_kafka.admin import AdminClient, NewTopic

    # Its own thread says at level 6 that it ends, on standard error.
    admin = AdminClient({"bootstrap.servers": brokers, "log_level": 5})
    made = admin.create_topics(
        [NewTopic(t, partitions, 1, config={"retention.ms": "-1"}) for t in topics])
    for future in made.values():
        future.result(20)


def generate(work, count):
    """Ad events and their table. The times span less than the lateness: no repeat makes them late."""
    subprocess.run(
        [BIN / "raudal", "generate", "ad-events", "--without-cost", "--count", str(count),
         "--start", "1767225600000", "--rate", str(max(count * 2, 1)), "--to", "file",
         "--path", work / "events.jsonl", "--ads", work / "ads.csv"],
        check=True, stderr=subprocess.DEVNULL)
    return work / "events.jsonl"


def definition(work, name, **replacements):
    """The benchmark's definition with some of its lines replaced, beside its table of ads."""
    text = (ROOT / "Benchmarks/yahoo.raudal").read_text()
    for old, new in replacements.values():
        if old not in text:
            sys.exit(f"Benchmarks/yahoo.raudal has no {old!r} any more")
        text = text.replace(old, new)
    path = work / f"{name}.raudal"
    path.write_text(text)
    return path


SINK = 'to kafka { topic: "campaign-views", format: json, key: campaign_id }'


def timed(command, **options):
    """Runs a command to its end: seconds, processor seconds, largest memory in megabytes."""
    with tempfile.TemporaryFile() as errors:
        began = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], stderr=errors, **options)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            sys.exit(f"{command[0]} ended with {process.returncode}: {errors.read().decode()}")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def median(values):
    return statistics.median(values)


def spread(values, digits=1):
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"
