extension FaultyService {
  /// `/item/K`: an object of the key; `/items?ids=A,B`: several, `/graphql`: the same by variables.
  /// `/flaky/K`: the first time 503, 429, a reset or half an answer. `/counts`: how often each path
  /// was asked for. `/echo`: the request itself. `/token`: OAuth; `/locked/K`: needs its token.
  static let script = #"""
    import base64, gzip, json, os, socket, struct, sys, threading, time, urllib.parse
    counts, lock, tokens, refused = {}, threading.Lock(), {}, set()
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
    life = int(sys.argv[2])

    def item(key):
        return {"sku": key, "price": len(key) + 0.5, "stock": None if key.startswith("n") else 3}

    class Peer:
        def __init__(self, s):
            self.s, self.f = s, s.makefile("rb")

        def request(self):
            line = self.f.readline()
            if not line.strip():
                return False
            self.method, self.target, _ = line.decode().split(" ", 2)
            self.headers = {}
            while (line := self.f.readline().strip()):
                name, value = line.decode().split(":", 1)
                self.headers[name.lower()] = value.strip()
            self.body = self.f.read(int(self.headers.get("content-length", 0)))
            return True

        def raw(self, data):
            self.s.sendall(data)

        def answer(self, value, status=200, kind="application/json", **headers):
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            head = "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n" % (
                status, kind, len(body))
            for name, text in headers.items():
                head += "%s: %s\r\n" % (name.replace("_", "-"), text)
            self.raw(head.encode() + b"\r\n" + body)

        def reset(self):
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise EOFError

        def cut(self):
            self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"sku\": \"a")
            raise EOFError

        def flaky(self, key, number):
            if number > 1:
                return self.answer(item(key))
            way = sum(key.encode()) % 6
            if way == 0: self.answer(b"busy", 503, "text/plain")
            elif way == 1: self.answer(b"", 429, Retry_After="0")
            elif way == 2: self.reset()
            elif way == 3: self.cut()
            elif way == 4: time.sleep(0.4); self.answer(item(key))
            else: self.answer(item(key))

        def token(self):
            form = urllib.parse.parse_qs(self.body.decode())
            login = self.headers.get("authorization", "")
            known = base64.b64encode(b"me:let%20me%20in").decode()
            if login != "Basic " + known or form.get("grant_type") != ["client_credentials"]:
                return self.answer({"error": "invalid_client"}, 401)
            time.sleep(float(self.target.partition("?wait=")[2] or "0.05"))
            token = "t%d" % counts["/token"]
            tokens[token] = time.time() + life
            self.answer({"access_token": token, "token_type": "Bearer", "expires_in": life,
                         "scope": form.get("scope", [""])[0]})

        def locked(self, key):
            token = self.headers.get("authorization", "").removeprefix("Bearer ")
            if tokens.get(token, 0) < time.time():
                return self.answer({"error": "no"}, 401)
            self.answer(item(key))

        def serve(self):
            url = urllib.parse.urlsplit(self.target)
            parts = [urllib.parse.unquote(p) for p in url.path.split("/")[1:]]
            query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
            with lock:
                number = counts[url.path] = counts.get(url.path, 0) + 1
            what, key = parts[0], "/".join(parts[1:])
            if what == "item":
                missing = key.startswith("x")
                self.answer({} if missing else {"data": {"items": [item(key)]}},
                            404 if missing else 200)
            elif what == "items":
                keys = query["ids"][0].split(",")
                found = [item(k) for k in reversed(keys) if not k.startswith("x")]
                self.answer({"data": {"items": found}})
            elif what == "graphql":
                asked = json.loads(self.body)
                found = [item(k) for k in asked["variables"]["skus"]]
                self.answer({"data": {"items": found}})
            elif what == "echo":
                self.answer({"method": self.method, "target": self.target,
                             "headers": self.headers, "body": self.body.decode()})
            elif what == "counts": self.answer(counts)
            elif what == "flaky": self.flaky(key, number)
            elif what == "token": self.token()
            elif what == "forget": tokens.clear(); self.answer({})
            elif what == "locked": self.locked(key)
            elif what == "status":
                after = {"Retry_After": query["after"][0]} if "after" in query else {}
                self.answer(b"<p>no</p>", int(key), "text/html", **after)
            elif what == "once":
                if number == 1: self.answer(b"", 429, Retry_After=query["after"][0])
                else: self.answer(item(key))
            elif what == "slow": time.sleep(float(key)); self.answer(item("slow"))
            elif what == "hang": self.s.recv(1)
            elif what == "reset": self.reset()
            elif what == "cut": self.cut()
            elif what == "garbage": self.raw(b"\x00\x01 what? \r\n\r\n"); raise EOFError
            elif what == "html": self.answer(b"<html>welcome</html>", 200, "text/html")
            elif what == "long": self.answer({"id": "x" * int(key)})
            elif what == "words": self.answer(key.encode())
            elif what == "headers": self.answer({}, X_Long="x" * 100_000)
            elif what == "huge":
                self.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in range(10_000): self.raw(b"100000\r\n" + b" " * (1 << 20) + b"\r\n")
            elif what == "told":
                self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
                for _ in range(10_000): self.raw(b" " * (1 << 20))
            elif what == "gzip":
                self.answer(gzip.compress(json.dumps(item(key)).encode()), Content_Encoding="gzip")
            elif what == "bomb":
                self.answer(gzip.compress(b" " * (100 << 20)), Content_Encoding="gzip")
            elif what == "chunked":
                body = json.dumps(item(key)).encode()
                self.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for byte in body: self.raw(b"1\r\n" + bytes([byte]) + b"\r\n")
                self.raw(b"0\r\n\r\n")
            elif what == "moved":
                self.answer(b"", 302, Location="/item/" + key)
            elif what == "last":
                self.answer(item(key)); raise EOFError
            else: self.answer({"what": what}, 404)

    def connection(s):
        peer = Peer(s)
        try:
            while peer.request():
                peer.serve()
        except (EOFError, OSError):
            pass
        finally:
            peer.f.close()
            s.close()

    def accept():
        while True:
            s, _ = listener.accept()
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=connection, args=(s,), daemon=True).start()

    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    os._exit(0)
    """#
}
