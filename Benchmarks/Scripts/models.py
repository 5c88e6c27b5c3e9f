"""Models that a server runs, asked for each row, one row a request, beside wrk with as many
connections that posts as much to the same nginx; and no model at all. nginx answers at once, so what
is measured is what asking costs: the prompt or the tensors, the request, and reading the answer."""

import json
import os
import subprocess

from common import BIN, ROUNDS, folder, median, spread, timed
from web import nginx, wrk

ROWS = int(os.environ.get("BENCH_EVENTS", "200000"))
CONNECTIONS = int(os.environ.get("BENCH_CONNECTIONS", "64"))

DEFINITION = r"""
pipeline models
type Event {{ id: int, at: timestamp }}
source events: Event from file {{
  path: "events.jsonl", format: json, event_time: at, on_error: skip
}}
model tone using openai {{
  url: "http://127.0.0.1:{port}/v1", model: "m", prompt: "Which tone has this message: \(id)"
  input: {{ id: int }}, output: {{ tone: string in ["good", "bad"] }}
  connections: {connections}, concurrency: {connections}, stable: false
}}
model risk using http {{
  url: "http://127.0.0.1:{port}", model: "m", input: {{ id: int }}, output: {{ risk: float }}
  batch: 1, connections: {connections}, concurrency: {connections}, stable: false
}}
stream counts = events{stage} | window tumbling 1d {{ n = count() }}
sink counts to print {{ format: json }}
"""

CHAT = {
    "id": "1", "object": "chat.completion", "model": "m",
    "choices": [{
        "index": 0, "finish_reason": "stop",
        "message": {"role": "assistant", "content": '{"tone":"good"}'}}],
    "usage": {"prompt_tokens": 40, "completion_tokens": 6, "total_tokens": 46}}
SIGNATURE = {
    "name": "m", "versions": ["1"], "platform": "none",
    "inputs": [{"name": "id", "datatype": "INT64", "shape": [-1]}],
    "outputs": [{"name": "risk", "datatype": "FP64", "shape": [-1]}]}
TENSORS = {
    "model_name": "m", "model_version": "1",
    "outputs": [{"name": "risk", "datatype": "FP64", "shape": [1], "data": [0.25]}]}

# By kind: where it is asked, about what a request says, and the stage whose answer is read.
KINDS = {
    "openai": ("/v1/chat/completions", {
        "model": "m", "temperature": 0,
        "messages": [{"role": "user", "content": "Which tone has this message: 123456"}],
        "response_format": {"type": "json_schema", "json_schema": {
            "name": "answer", "strict": True, "schema": {
                "type": "object", "properties": {"tone": {"type": "string", "enum": ["good", "bad"]}},
                "required": ["tone"], "additionalProperties": False}}}},
        ' | infer tone(id) as t | where t.tone == "good"'),
    "http": ("/v2/models/m/infer", {
        "inputs": [{"name": "id", "datatype": "INT64", "shape": [1], "data": [123456]}],
        "outputs": [{"name": "risk"}]},
        " | infer risk(id) as r | where r.risk > 0"),
}


def run(work, name, port, stage):
    path = work / f"{name}.raudal"
    path.write_text(DEFINITION.format(port=port, connections=CONNECTIONS, stage=stage))
    state = work / f"{name}.state"
    return timed(
        [BIN / "raudal", "run", "--stop-at-end", "--fresh", "--parallelism", 1, "--state", state, path],
        stdout=subprocess.DEVNULL)


answers = {
    "/v1/chat/completions": json.dumps(CHAT), "= /v2/models/m": json.dumps(SIGNATURE),
    "/v2/models/m/infer": json.dumps(TENSORS)}
with folder() as work, nginx(work, "{}", answers) as port:
    with open(work / "events.jsonl", "w") as file:
        for row in range(ROWS):
            file.write(f'{{"id":{row},"at":"2026-01-01T00:00:00Z"}}\n')
    found = {name: [] for name in ["none", *KINDS]}
    rates = {name: [] for name in KINDS}
    for _ in range(ROUNDS):
        found["none"].append(run(work, "none", port, ""))
        for name, (path, body, stage) in KINDS.items():
            found[name].append(run(work, name, port, stage))
            rates[name].append(wrk(
                work, f"http://127.0.0.1:{port}{path}", CONNECTIONS, posts=True,
                body=json.dumps(body)))
    base, base_cpu, _ = (median(part) for part in zip(*found["none"]))
    for name in KINDS:
        own = [ROWS / max(wall - base, 1e-9) for wall, _, _ in found[name]]
        cpu = [(seconds - base_cpu) / ROWS * 1e6 for _, seconds, _ in found[name]]
        print(f"{name}: wrk, {CONNECTIONS} connections: {spread([r / 1e3 for r in rates[name]])} k requests/s;"
              f" asked: {spread([r / 1e3 for r in own])} k rows/s"
              f" ({median(own) / median(rates[name]):.0%} of wrk),"
              f" {spread(cpu)} µs of processor a row")
