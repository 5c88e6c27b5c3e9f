extension SecureProxy {
  /// Kafka's framing, ApiVersions (18), SaslHandshake (17) and SaslAuthenticate (36); SCRAM by
  /// RFC 5802. What follows a login passes through, with the proxy's address for the broker's.
  static let script = #"""
    import base64, hashlib, hmac, os, socket, ssl, struct, sys, threading
    options = dict(a.split("=", 1) for a in sys.argv[1:])
    broker = int(options["port"])
    mechanisms = options.get("mechanisms", "").split(",") if "mechanisms" in options else None
    context = None
    if "certificate" in options:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["certificate"], options["key"])
        if "client_ca" in options:
            context.load_verify_locations(options["client_ca"])
            context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    port = listener.getsockname()[1]

    def exactly(s, n):
        data = b""
        while len(data) < n:
            more = s.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def frame(s):
        return exactly(s, struct.unpack(">i", exactly(s, 4))[0])

    def send(s, body):
        s.sendall(struct.pack(">i", len(body)) + body)

    def text(t):
        return struct.pack(">h", len(t)) + t.encode()

    def with_sasl(body, version):
        # The broker's answer to ApiVersions, with the two calls that a login takes.
        if struct.unpack(">h", body[4:6])[0] != 0 and version > 0:
            return body
        extra = struct.pack(">hhh", 17, 0, 1), struct.pack(">hhh", 36, 0, 1)
        if version < 3:
            count = struct.unpack(">i", body[6:10])[0]
            return body[:6] + struct.pack(">i", count + 2) + b"".join(extra) + body[10:]
        count, shift, at = 0, 0, 6
        while True:
            byte = body[at]
            count |= (byte & 127) << shift
            shift, at = shift + 7, at + 1
            if byte < 128:
                break
        count, size = count + 2, b""
        while count > 127:
            size, count = size + bytes([count & 127 | 128]), count >> 7
        return body[:6] + size + bytes([count]) + b"".join(e + b"\0" for e in extra) + body[at:]

    class Login:
        def __init__(self, mechanism):
            self.mechanism, self.done = mechanism, False
            self.hash = "sha512" if mechanism.endswith("512") else "sha256"
            self.first = None

        def step(self, token):
            if self.mechanism == "PLAIN":
                _, user, password = token.decode().split("\0")
                self.done = (user, password) == (options["user"], options["password"])
                return b"" if self.done else None
            if self.first is None:
                self.first = token.decode()[3:]
                fields = dict(f.split("=", 1) for f in self.first.split(","))
                self.user = fields["n"].replace("=2C", ",").replace("=3D", "=")
                self.salt = os.urandom(16)
                nonce = fields["r"] + base64.b64encode(os.urandom(12)).decode()
                salt = base64.b64encode(self.salt).decode()
                self.answer = "r=%s,s=%s,i=4096" % (nonce, salt)
                return self.answer.encode()
            last, proof = token.decode().rsplit(",p=", 1)
            password = options["password"].encode()
            salted = hashlib.pbkdf2_hmac(self.hash, password, self.salt, 4096)
            mac = lambda key, what: hmac.new(key, what, self.hash).digest()
            everything = ",".join([self.first, self.answer, last]).encode()
            stored = hashlib.new(self.hash, mac(salted, b"Client Key")).digest()
            pairs = zip(base64.b64decode(proof), mac(stored, everything))
            key = bytes(a ^ b for a, b in pairs)
            known = hashlib.new(self.hash, key).digest() == stored
            self.done = known and self.user == options["user"]
            server = mac(mac(salted, b"Server Key"), everything)
            return b"v=" + base64.b64encode(server) if self.done else None

    def log_in(client, server):
        login = None
        while login is None or not login.done:
            request = frame(client)
            api, version, number = struct.unpack(">hhi", request[:8])
            name = struct.unpack(">h", request[8:10])[0]
            rest = request[10 + max(name, 0):]
            head = struct.pack(">i", number)
            if api == 18:
                send(server, request)
                send(client, with_sasl(frame(server), version))
            elif api == 17:
                wanted = rest[2:2 + struct.unpack(">h", rest[:2])[0]].decode()
                known = struct.pack(">i", len(mechanisms)) + b"".join(map(text, mechanisms))
                code = 0 if wanted in mechanisms else 33
                send(client, head + struct.pack(">h", code) + known)
                if code:
                    raise EOFError
                login = Login(wanted)
            elif api == 36 and login:
                answer = login.step(rest[4:])
                lifetime = struct.pack(">q", 0) if version > 0 else b""
                if answer is None:
                    why = "Authentication failed: the name or the password is wrong"
                    send(client, head + struct.pack(">h", 58) + text(why) + b"\0\0\0\0" + lifetime)
                    raise EOFError
                send(client, head + struct.pack(">hhi", 0, -1, len(answer)) + answer + lifetime)
            else:
                raise EOFError

    def answers(server, client):
        old = b"127.0.0.1" + struct.pack(">i", broker)
        new = b"localhost" + struct.pack(">i", port)
        while True:
            body = frame(server)
            send(client, body.replace(old, new) if len(body) < 65536 else body)

    def serve(raw):
        server, client = None, raw
        try:
            if context:
                client = context.wrap_socket(raw, server_side=True)
            server = socket.create_connection(("127.0.0.1", broker))
            if mechanisms:
                log_in(client, server)
            threading.Thread(target=quietly, args=(answers, server, client), daemon=True).start()
            while True:
                send(server, frame(client))
        except (EOFError, OSError):
            pass
        finally:
            for s in (client, server):
                quietly(lambda: s.shutdown(socket.SHUT_RDWR) if s else None)

    def quietly(body, *arguments):
        try:
            body(*arguments)
        except (EOFError, OSError):
            for s in arguments:
                try: s.shutdown(socket.SHUT_RDWR)
                except OSError: pass

    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print(port, flush=True)
    sys.stdin.read()
    os._exit(0)
    """#
}
