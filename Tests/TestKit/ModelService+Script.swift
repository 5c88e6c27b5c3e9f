extension ModelService {
  /// What a model does is its name. Chats: the tone of a text hangs on its length, modulo three.
  /// Embeddings: a text's length and its first letter. KServe: `sum` of its inputs.
  static let script = #"""
    import collections, http.server, json, os, sys, threading, time
    counts, lock, seen = collections.Counter(), threading.Lock(), collections.Counter()
    gate = threading.Condition(lock)
    TONES = ["positive", "neutral", "negative"]

    def tensor(name, datatype, *shape):
        return {"name": name, "datatype": datatype, "shape": list(shape)}

    MODELS = {
        "sum": ([tensor("a", "FP32", -1, 1), tensor("n", "INT64", -1)],
                [tensor("total", "FP64", -1, 1), tensor("parts", "FP64", -1, 2),
                 tensor("label", "BYTES", -1)]),
        "packed": ([tensor("features", "FP32", -1, 2)], [tensor("total", "FP32", -1)]),
        "single": ([tensor("a", "FP32", 1), tensor("n", "INT64", 1, 1)],
                   [tensor("total", "FP64", 1)]),
        "picky": ([tensor("a", "FP32", -1), tensor("n", "INT64", -1)],
                  [tensor("total", "FP64", -1)]),
        "narrow": ([tensor("a", "FP16", -1), tensor("n", "INT8", -1)],
                   [tensor("total", "FP64", -1)]),
        "lists": ([tensor("v", "FP64", -1, -1)], [tensor("total", "FP64", -1)]),
        "silent": ([], []),
    }
    for name in ["short", "nameless", "typed", "nested", "busy"]: MODELS[name] = MODELS["sum"]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *_): pass

        def answer(self, value, status=200, kind="application/json", **headers):
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            for name, text in headers.items(): self.send_header(name.replace("_", "-"), text)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            if self.path == "/counts": return self.answer(dict(counts))
            parts = self.path.split("/")
            if self.path.startswith("/v2/models/") and parts[3] in MODELS:
                inputs, outputs = MODELS[parts[3]]
                return self.answer({"name": parts[3], "platform": "test", "versions": ["1"],
                                    "inputs": inputs, "outputs": outputs})
            if self.path == "/web/v2/models/sum":
                return self.answer(b"<html>welcome</html>", kind="text/html")
            self.answer({"error": "unknown model"}, 404)

        def do_POST(self):
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            body = json.loads(raw)
            if self.path.startswith("/v2/models/"):
                return self.infer(self.path.split("/"), body)
            model = body["model"]
            with lock: counts[model] += 1
            if self.path.endswith("/embeddings"): return self.embed(model, body)
            self.chat(model, body, raw.decode())

        def chat(self, model, body, raw):
            said = [m["content"] for m in body["messages"]]
            text = [m["content"] for m in body["messages"] if m["role"] == "user"][0]
            text = text.split(": ", 1)[-1]
            mended = any(m["role"] == "assistant" for m in body["messages"])
            with lock:
                seen[model, text] += 1
                number = seen[model, text]
            right = json.dumps({"tone": TONES[len(text) % 3], "score": len(text) / 2})
            wrong = json.dumps({"tone": "angry", "score": 1})
            end, refusal, content = "stop", None, right
            if model == "locked" and self.headers.get("Authorization") != "Bearer sk-test":
                return self.answer({"error": {"message": "Incorrect API key provided"}}, 401)
            if model == "counter":
                with lock:
                    counts["given"] += 1
                    content = json.dumps({"tone": "neutral", "score": counts["given"]})
            elif model == "mends": content = right if mended else wrong
            elif model == "stubborn": content = wrong
            elif model == "fenced": content = "```json\n" + right + "\n```"
            elif model == "prose": content = right if mended else "It sounds positive to me."
            elif model == "cut": content, end = right[:9], "length"
            elif model == "refuses": content, refusal = None, "I can't help with that."
            elif model == "echo": content = json.dumps({"body": raw})
            elif model == "html": return self.answer(b"<html>hello</html>", kind="text/html")
            elif model == "empty": return self.answer({"choices": []})
            elif model == "busy" and number == 1:
                return self.answer({"error": "slow down"}, 429, Retry_After="0")
            elif model == "flaky":
                way = sum(text.encode()) % 4 if number == 1 else 3
                if way == 0: return self.answer(b"", 503)
                if way == 1: self.close_connection = True; return
                if way == 2: time.sleep(0.3)
            elif model == "strict" and "bad" in text:
                return self.answer({"error": "bad text"}, 400)
            elif model == "slow": time.sleep(5)
            usage = {"prompt_tokens": 10 * len(said), "completion_tokens": 5}
            if model == "untold": usage = None
            elif model == "below": usage = {"prompt_tokens": -5, "completion_tokens": -(2 ** 63)}
            elif model == "most": usage = {"prompt_tokens": 2 ** 63 - 1, "completion_tokens": 1e300}
            elif model == "beyond": usage = {"prompt_tokens": 10 ** 400, "completion_tokens": "5"}
            self.answer({
                "id": "c", "object": "chat.completion", "model": model + "-2026",
                "choices": [{"index": 0, "finish_reason": end, "message": {
                    "role": "assistant", "content": content, "refusal": refusal}}],
                "usage": usage})

        def embed(self, model, body):
            texts = body["input"]
            if model == "strict" and any("bad" in t for t in texts):
                return self.answer({"error": "bad text"}, 400)
            if model == "partly" and any("late" in t for t in texts):
                return self.answer({"error": "later"}, 503)
            if model == "gather": self.gather(int(texts[0]))
            if model == "most": return self.answer({"data": [
                {"index": 0, "embedding": [counts["at once"]]}], "model": model})
            data = [{"object": "embedding", "index": i,
                     "embedding": [len(t), ord(t[0]) / 2 if t else 0]}
                    for i, t in enumerate(texts)]
            data.reverse()
            if model == "short": data.pop()
            self.answer({"object": "list", "data": data, "model": model,
                         "usage": {"prompt_tokens": 10 * len(texts), "total_tokens": 10}})

        # Waits until so many requests are under way, and keeps how many were at most.
        def gather(self, number):
            with gate:
                counts["under way"] += 1
                counts["at once"] = max(counts["at once"], counts["under way"])
                gate.notify_all()
                gate.wait_for(lambda: counts["at once"] >= number, 10)
                counts["under way"] -= 1

        def infer(self, parts, body):
            model = parts[3]
            with lock:
                counts[model] += 1
                number = counts[model]
            inputs = {i["name"]: i for i in body["inputs"]}
            if model == "busy" and number == 1: return self.answer({"error": "busy"}, 503)
            if model == "packed":
                rows, width = inputs["features"]["shape"]
                data = inputs["features"]["data"]
                totals = [sum(data[r * width:(r + 1) * width]) for r in range(rows)]
            elif model == "lists":
                rows, width = inputs["v"]["shape"]
                data = inputs["v"]["data"]
                totals = [sum(data[r * width:(r + 1) * width]) for r in range(rows)]
            else:
                a, n = inputs["a"], inputs["n"]
                if model == "single" and a["shape"] != [1]:
                    return self.answer({"error": "unexpected shape for input 'a'"}, 400)
                if model == "picky" and any(x < 0 for x in a["data"]):
                    return self.answer({"error": "a is below zero"}, 400)
                rows = a["shape"][0]
                totals = [x + y for x, y in zip(a["data"], n["data"])]
            total = {"name": "total", "datatype": "FP64", "shape": [rows, 1], "data": totals}
            if model == "short": total["data"] = totals[1:]
            if model == "typed": total["datatype"] = "BYTES"
            if model == "nested": total["data"] = [[t] for t in totals]
            outputs = [] if model == "nameless" else [total]
            if model in ("sum", "silent", "nested"):
                halves = [v for t in totals for v in (t / 2, t * 2)]
                outputs += [
                    {"name": "parts", "datatype": "FP64", "shape": [rows, 2], "data": halves},
                    {"name": "label", "datatype": "BYTES", "shape": [rows],
                     "data": ["é\"%d" % t for t in totals]}]
            answer = {"model_name": model, "outputs": outputs}
            if "versions" in parts: answer["model_version"] = parts[parts.index("versions") + 1]
            self.answer(answer)

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads, request_queue_size = True, 512

    server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)
    """#
}
