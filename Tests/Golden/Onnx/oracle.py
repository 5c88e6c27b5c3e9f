"""ONNX Runtime's own Python over a model: oracle.py MODEL BATCH OUTPUT…

Reads `{"INPUT": [ROW, …], …}` from standard input and writes `{"OUTPUT": [ROW, …], …}`; numbers of
32-bit outputs as their bits, so that nothing is lost on the way.
"""
import json
import sys

import numpy as np
import onnxruntime

model, batch, *outputs = sys.argv[1:]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
types = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(string)": object}
given = json.load(sys.stdin)
feeds = {i.name: np.array(given[i.name], dtype=types[i.type]) for i in session.get_inputs()}
count = len(next(iter(feeds.values())))
parts = []
for start in range(0, count, int(batch)):
    part = {name: rows[start : start + int(batch)] for name, rows in feeds.items()}
    parts.append(session.run(outputs, part))
answers = {}
for index, name in enumerate(outputs):
    values = np.concatenate([part[index] for part in parts])
    answers[name] = (values.view(np.uint32) if values.dtype == np.float32 else values).tolist()
json.dump(answers, sys.stdout)
