extension MailService {
  /// What becomes of a mail is said by the address of its first receiver, before `+` or `@`:
  ///   450, 550…   that reply to the receiver; `450x2`: to the first two of the whole address only
  ///   data552     that reply to the mail
  ///   cut         the connection ends in front of the reply, and the mail was not taken
  ///   lost        the same, but it was taken
  ///   hang        no reply to the receiver
  ///   mute        no reply to the mail
  ///   slow80      taken after 80 ms
  /// All others are taken at once. Mails are read by Python's own reader.
  static let script = #"""
    import asyncio, email, email.policy, json, os, re, ssl, sys, threading
    options = dict(option.split("=", 1) for option in sys.argv[1:])
    sys.path.insert(0, options["tools"])
    from aiosmtpd.smtp import SMTP, AuthResult

    mails, refused, seen = [], [0], {}
    connections, now_open, most_open, hellos, logins = [0], [0], [0], [], [0]

    def parts(message):
        for part in message.walk():
            if not part.is_multipart():
                yield {"type": part.get_content_type(),
                       "text": part.get_content().replace("\r\n", "\n"),
                       "encoding": part["Content-Transfer-Encoding"] or ""}

    def entry(envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        return {
            "sender": envelope.mail_from, "receivers": envelope.rcpt_tos,
            "id": message["Message-ID"] or "", "subject": message["Subject"] or "",
            "headers": [[name, str(value)] for name, value in message.items()],
            "defects": [str(d) for d in message.defects], "kind": message.get_content_type(),
            "parts": list(parts(message)),
            "longest": max(len(line) for line in envelope.content.split(b"\r\n")),
            "isPlain": all(byte < 128 for byte in envelope.content)
                and b"\n" not in envelope.content.replace(b"\r\n", b""),
        }

    class Handler:
        async def handle_EHLO(self, server, session, envelope, hostname, responses):
            session.host_name = hostname
            hellos.append(hostname)
            return responses

        async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
            what = address.split("@")[0].split("+")[0]
            found = re.fullmatch(r"(\d{3})(?:x(\d+))?", what)
            count = seen[address] = seen.get(address, 0) + 1
            if found and (found[2] is None or count <= int(found[2])):
                refused[0] += 1
                return found[1] + " not now, " + what
            if what == "hang": await asyncio.sleep(3600)
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server, session, envelope):
            what = envelope.rcpt_tos[0].split("@")[0].split("+")[0]
            if what.startswith("data"):
                refused[0] += 1
                return what[4:] + " not such a mail"
            if what == "cut":
                server.transport.abort()
                return "250 OK"
            if what == "mute": await asyncio.sleep(3600)
            if what.startswith("slow"): await asyncio.sleep(int(what[4:]) / 1000)
            mails.append(entry(envelope))
            if what == "lost": server.transport.abort()
            return "250 OK queued as %d" % len(mails)

    class Server(SMTP):
        def connection_made(self, transport):
            super().connection_made(transport)
            # STARTTLS makes a second one of the same.
            if getattr(self, "counted", False): return
            self.counted = True
            connections[0] += 1
            now_open[0] += 1
            most_open[0] = max(most_open[0], now_open[0])

        def connection_lost(self, error):
            now_open[0] -= 1
            super().connection_lost(error)

    def let_in(server, session, envelope, mechanism, data):
        logins[0] += 1
        wanted = (options["user"].encode(), options["password"].encode())
        return AuthResult(success=(data.login, data.password) == wanted, handled=False)

    def context():
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(options["certificate"], options["key"])
        return made

    def server():
        more = {"timeout": 60, "hostname": "mail.test"}
        if options["tls"] == "start":
            more.update(tls_context=context(), require_starttls=True)
        if "user" in options:
            more.update(
                authenticator=let_in, auth_required=True,
                auth_require_tls=options["tls"] == "start")
        return Server(Handler(), **more)

    async def tell(reader, writer):
        writer.write(json.dumps({
            "mails": mails, "refused": refused[0], "connections": connections[0],
            "mostOpen": most_open[0], "hellos": hellos, "logins": logins[0]}).encode())
        await writer.drain()
        writer.close()

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: None)
        secure = context() if options["tls"] == "always" else None
        mail = await loop.create_server(
            server, "127.0.0.1", int(options["port"]), ssl=secure, backlog=256)
        account = await asyncio.start_server(tell, "127.0.0.1", 0)
        ports = [each.sockets[0].getsockname()[1] for each in (mail, account)]
        print("%d %d" % tuple(ports), flush=True)
        await asyncio.gather(mail.serve_forever(), account.serve_forever())

    def watch():
        sys.stdin.read()
        os._exit(0)

    import logging
    logging.disable(logging.CRITICAL)
    threading.Thread(target=watch, daemon=True).start()
    asyncio.run(main())
    """#
}
