extension TaskServer {
  /// `POST /do/WHAT`, where WHAT is one of these, with `xN` behind it for the first N calls of a
  /// key only (further ones are `ok`):
  ///   ok          200 and `{"id": "KEY", "n": calls of the key}`
  ///   ok50        the same after 50 ms; also `ok3-17`: 3 to 17 ms, by the key
  ///   room10-20   the same after 20 ms, where no more than 10 calls are under way; else 503 at once
  ///   500, 429…   that status; `429-2`: with `Retry-After: 2`
  ///   hang        no answer
  ///   reset       the connection ends
  ///   cut         it ends in the middle of the answer, behind which the task counts as done
  ///   html        200 and no JSON
  ///   late50      the task counts as done at once, and is answered with 200 after 50 ms
  /// `GET /asked` says of a key whether it counts as done, by 200 with the same body, or 404.
  /// `GET /account` says what was called, `GET /count` how often.
  static let script = #"""
    import asyncio, json, os, re, sys, threading, time, zlib

    calls, done, times, turns, lines = {}, {}, {}, {}, {}
    under_way, most = [0], [0]
    total = [0]
    asked = [0]

    def account():
        busiest = {}
        for tenant, at in times.items():
            low = best = 0
            for high in range(len(at)):
                while at[high] - at[low] >= 1: low += 1
                best = max(best, high - low + 1)
            busiest[tenant] = best
        return {"calls": total[0], "keys": len(calls), "done": done,
                "asked": asked[0],
                "again": {k: n for k, n in calls.items() if n > 1},
                "busiest": busiest, "turns": turns, "lines": lines, "most": most[0]}

    def response(status, body, headers=b""):
        return (b"HTTP/1.1 %d x\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
                % (status, headers, len(body))) + body

    class Call(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport, self.buffer, self.open = transport, bytearray(), 0

        def connection_lost(self, reason):
            under_way[0] -= self.open
            self.open = 0

        def data_received(self, data):
            self.buffer += data
            while True:
                end = self.buffer.find(b"\r\n\r\n")
                if end < 0: return
                head = self.buffer[:end].decode("latin-1").split("\r\n")
                headers = {}
                for line in head[1:]:
                    name, _, value = line.partition(":")
                    headers[name.lower()] = value.strip()
                length = int(headers.get("content-length", "0"))
                if len(self.buffer) < end + 4 + length: return
                body = bytes(self.buffer[end + 4:end + 4 + length])
                del self.buffer[:end + 4 + length]
                self.handle(head[0].split(" ")[1], headers, body)

        def handle(self, path, headers, body):
            if path == "/count":
                return self.transport.write(response(200, b"%12d" % total[0]))
            if path == "/account":
                return self.transport.write(response(200, json.dumps(account()).encode()))
            key, now = headers.get("idempotency-key", ""), time.monotonic()
            if path.startswith("/asked"):
                asked[0] += 1
                found = key in done
                said = {"id": key, "n": done.get(key, 0), "auth": headers.get("authorization")}
                return self.transport.write(
                    response(200 if found else 404, json.dumps(said).encode()))
            total[0] += 1
            count = calls[key] = calls.get(key, 0) + 1
            times.setdefault(headers.get("x-tenant", ""), []).append(now)
            turns.setdefault(headers.get("x-tenant", ""), [total[0]] * 2)[1] = total[0]
            under_way[0] += 1
            self.open += 1
            most[0] = max(most[0], under_way[0])
            what = path.split("/")[2].split("?")[0]
            found = re.fullmatch(r"(.*?)x(\d+)", what)
            if found: what = found[1] if count <= int(found[2]) else "ok"
            late = re.fullmatch(r"late(\d+)", what)
            if late:
                done[key] = done.get(key, 0) + 1
                return asyncio.get_running_loop().call_later(
                    int(late[1]) / 1000, self.end, "done", key, count, headers)
            room = re.fullmatch(r"room(\d+)-(\d+)", what)
            if room: what = "ok" + room[2] if under_way[0] <= int(room[1]) else "503"
            wait = re.fullmatch(r"ok(\d+)(?:-(\d+))?", what)
            if wait:
                low, high = int(wait[1]), int(wait[2] or wait[1])
                delay = low + zlib.crc32(key.encode()) % (high - low + 1)
                asyncio.get_running_loop().call_later(
                    delay / 1000, self.end, "ok", key, count, headers)
            else:
                self.end(what, key, count, headers)

        def end(self, what, key, count, headers):
            if what != "hang" and self.open > 0:
                under_way[0] -= 1
                self.open -= 1
            if what in ("ok", "html", "cut"):
                done[key] = done.get(key, 0) + 1
                if "x-line" in headers: lines.setdefault(headers["x-line"], []).append(key)
            answer = response(200, json.dumps({"id": key, "n": count}).encode())
            if what in ("ok", "done"): self.transport.write(answer)
            elif what == "html": self.transport.write(response(200, b"<html>no</html>"))
            elif what == "hang": pass
            elif what == "reset": self.transport.abort()
            elif what == "cut":
                self.transport.write(answer[:-4])
                self.transport.close()
            else:
                status, _, after = what.partition("-")
                more = b"Retry-After: %s\r\n" % after.encode() if after else b""
                self.transport.write(response(int(status), b'{"error": "no"}', more))

    async def main():
        server = await asyncio.get_running_loop().create_server(
            Call, "127.0.0.1", 0, backlog=1024)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    def watch():
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    asyncio.run(main())
    """#
}
