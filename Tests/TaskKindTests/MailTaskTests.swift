import Columns
import Connectors
import Foundation
import MailConnector
import Schemas
import TestKit
import Testing

/// Calls of `task … using smtp`, against a server that is another's work.
@Suite(.serialized)
struct MailTaskTests {
  private static let fields = [Field("message_id", .string), Field("reply", .string)]

  private static func drive(
    _ server: String, _ more: [String: ResolvedValue] = [:], timeout: Int64 = 10_000_000,
    concurrency: Int = 4, secrets: [String] = []
  ) throws -> TaskDrive {
    let options: [String: ResolvedValue] = [
      "server": .text(server), "tls": .bool(false), "from": .text("Shop <news@shop.example>"),
      "to": .list([.key("email")]), "subject": .template([.text("For "), .key("name")]),
      "text": .text("Hello"), "hello": .text("sender.test"),
    ]
    return try TaskDrive(
      MailConnectorFactory(), options.merging(more) { _, new in new }, timeout: timeout,
      concurrency: concurrency, response: fields, secrets: secrets)
  }

  private static func row(_ email: String, _ name: String = "Ana") -> [Cell] {
    [1, .text(email), .text(name), nil]
  }

  @Test func `a mail says what the task says, and is what readers expect`() throws {
    let service = try MailService()
    let text =
      "Querida Ana,\r\n.\n..two\nFrom here = there \t\n" + String(repeating: "ñandú ", count: 40)
    let offers = String(repeating: "oferta número uno ", count: 12)
    let drive = try Self.drive(
      service.url,
      [
        "to": .list([
          .template([.key("name"), .text(" <"), .key("email"), .text(">")]), .text("b@c.example"),
        ]),
        "cc": .list([.text("\"Quoted, Name\" <c@d.example>")]),
        "bcc": .list([.text("hidden@d.example"), .key("doc")]),
        "reply_to": .text("help@shop.example"), "bounce_to": .text("bounce@shop.example"),
        "subject": .template([.text("¡Hola "), .key("name"), .text("! " + offers)]),
        "text": .text(text),
        "html": .list([
          .text("<p class=\"x\">"), .object(["escaped": .key("name")]), .text(" "),
          .object(["raw": .key("name")]), .text("</p>"),
        ]),
        "headers": .object([
          "List-Unsubscribe": .template([.text("<https://x.example/"), .key("id"), .text(">")])
        ]),
      ])
    let answer = drive.call(Self.row("a@b.example", "Ñ <evil@x.example>"), key: "order 1/é")
    #expect(answer.end == .done, "\(answer.reason)")
    #expect(answer.status == 250)
    let mail = try #require(try service.account().mails.first)
    #expect(mail.sender == "bounce@shop.example")
    #expect(mail.receivers == ["a@b.example", "b@c.example", "c@d.example", "hidden@d.example"])
    #expect(mail.defects.isEmpty && mail.isPlain && mail.longest <= 998, "\(mail)")
    #expect(mail.subject.hasPrefix("¡Hola Ñ <evil@x.example>! oferta número uno oferta"))
    #expect(mail.header("From") == "Shop <news@shop.example>")
    #expect(mail.header("To") == "\"Ñ <evil@x.example>\" <a@b.example>, b@c.example")
    #expect(mail.header("Cc") == "\"Quoted, Name\" <c@d.example>")
    #expect(mail.header("Bcc") == nil)
    #expect(mail.header("Reply-To") == "help@shop.example")
    #expect(mail.header("List-Unsubscribe") == "<https://x.example/1>")
    #expect(mail.header("Date") != nil && mail.kind == "multipart/alternative")
    #expect(mail.parts.map(\.type) == ["text/plain", "text/html"])
    let plain = text.replacing("\r\n", with: "\n") + "\n"
    #expect(mail.parts[0].text == plain)
    #expect(
      mail.parts[1].text
        == "<p class=\"x\">Ñ &lt;evil@x.example&gt; Ñ <evil@x.example></p>\n")
    #expect(drive.read(answer, Self.fields)[0] == .text(mail.id))
    #expect(mail.id.hasSuffix(".call.test@shop.example>"), "\(mail.id)")
    drive.client.close()
  }

  @Test func `texts of all scripts and lengths come out as they went in`() throws {
    let service = try MailService()
    let texts = [
      "x", "", "日本語のテキスト\nと改行", String(repeating: "a", count: 5_000), ".", "..\n.\n",
      String(repeating: "=", count: 77), "trailing \nspace\t\n", "🎉🎉", "a\r\rb\n\nc",
    ]
    let drive = try Self.drive(service.url, ["text": .key("name"), "subject": .key("name")])
    for text in texts {
      let line = String(text.map { $0.isNewline ? " " : $0 })
      let subject = try Self.drive(
        service.url, ["text": .key("name"), "subject": .text(line)])
      let answer = subject.call(Self.row("a@b.example", text), key: "k")
      #expect(answer.end == .done, "\(answer.reason)")
      subject.client.close()
    }
    #expect(drive.call(Self.row("a@b.example", "two\nlines")).kind == "invalid")
    let mails = try service.account().mails
    #expect(mails.count == texts.count)
    for (mail, text) in zip(mails, texts) {
      var wanted = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
      if !wanted.isEmpty, !wanted.hasSuffix("\n") { wanted += "\n" }
      #expect(mail.parts.first?.text == wanted)
      #expect(mail.longest <= 998 && mail.isPlain && mail.defects.isEmpty, "\(mail.defects)")
    }
    drive.client.close()
  }

  @Test func `no value of a row adds a header or a receiver`() throws {
    let service = try MailService()
    let drive = try Self.drive(
      service.url, ["headers": .object(["X-Name": .key("name")])])
    for name in ["a\r\nBcc: x@y.example", "a\nb", "a\u{0}b", "a\u{2028}b"] {
      #expect(drive.call(Self.row("a@b.example", name)).kind == "invalid")
    }
    for email in [
      "a@b.example,c@d.example", "a@b.example\r\nRCPT TO:<c@d.example>", "a b@c.example", "no",
      "@x",
      "a@", "<>", "a@b.example>", "ñ@b.example", "a@b..c", "x <a@b.example> y",
      "a@b.example> SIZE=1",
    ] {
      #expect(drive.call(Self.row(email)).kind == "invalid", "\(email)")
    }
    #expect(drive.call([1, nil, "n", nil]).kind == "invalid")
    #expect(try service.account().mails.isEmpty)
    drive.client.close()
  }

  @Test func `one connection carries many mails, and a task's have one id at each attempt`() throws
  {
    let service = try MailService()
    let drive = try Self.drive(service.url, concurrency: 1)
    for number in 0..<50 {
      #expect(drive.call(Self.row("a\(number)@b.example"), key: "\(number % 10)").end == .done)
    }
    let account = try service.account()
    #expect(account.mails.count == 50 && account.connections == 1)
    #expect(account.hellos == ["sender.test"])
    #expect(Set(account.mails.map(\.id)).count == 10)
    let many = try Self.drive(service.url, concurrency: 6)
    let answers = many.call((0..<60).map { (Self.row("slow20@b.example"), "m\($0)") })
    #expect(answers.allSatisfy { $0.end == .done })
    #expect(try service.account().mostOpen <= 7)
    drive.client.close()
    many.client.close()
  }

  @Test func `ends are told apart by what the server said and when`() throws {
    let service = try MailService()
    func call(_ what: String, timeout: Int64 = 5_000_000) throws -> TaskAnswer {
      let drive = try Self.drive(service.url, timeout: timeout)
      defer { drive.client.close() }
      return drive.call(Self.row("\(what)@b.example"))
    }
    let busy = try call("450")
    #expect(busy.kind == "refused" && busy.status == 450 && busy.isFailure == true)
    #expect(busy.reason.contains("450 not now"), "\(busy.reason)")
    let unknown = try call("550")
    #expect(unknown.kind == "refused" && unknown.status == 550 && unknown.isFailure == false)
    let large = try call("data552")
    #expect(large.kind == "refused" && large.status == 552, "\(large)")
    // The mail was handed over whole: it may have been taken, and was once of the two.
    #expect(try call("cut").kind == "broken")
    #expect(try call("lost").kind == "broken")
    #expect(try call("mute", timeout: 1_000_000).kind == "timeout")
    // It was not.
    #expect(try call("hang", timeout: 1_000_000).kind == "connect")
    #expect(try service.account().mails.count == 1)
    let nobody = try Self.drive("smtp://localhost:9").call(Self.row("a@b.example"))
    #expect(nobody.kind == "connect" && nobody.reason.contains("localhost:9"), "\(nobody.reason)")
    let strange = try Self.drive("smtp://no.such.host.invalid").call(Self.row("a@b.example"))
    #expect(strange.kind == "connect")
  }

  @Test func `a secret that a server says back is not told`() throws {
    let service = try MailService()
    let drive = try Self.drive(service.url, secrets: ["not now"])
    let answer = drive.call(Self.row("550@b.example"))
    #expect(answer.status == 550 && answer.reason.contains("550 ***, 550"), "\(answer.reason)")
    drive.client.close()
  }

  @Test func `after a server's restart mails go on over new connections`() throws {
    let first = try MailService()
    let drive = try Self.drive(first.url, concurrency: 1)
    #expect(drive.call(Self.row("a@b.example")).end == .done)
    first.stop()
    #expect(drive.call(Self.row("a@b.example")).kind == "connect")
    let second = try MailService(port: first.port)
    #expect(drive.call(Self.row("a@b.example")).end == .done)
    second.hang()
    let short = try Self.drive(first.url, timeout: 1_000_000)
    #expect(short.call(Self.row("a@b.example")).kind == "connect")
    second.goOn()
    #expect(try second.account().mails.count == 1)
    drive.client.close()
    short.client.close()
  }

  @Test(arguments: [MailService.Encryption.always, .start])
  func `a connection is encrypted, and the server who it says`(
    _ encryption: MailService.Encryption
  ) throws {
    let authority = try Authority("Test")
    let service = try MailService(
      encryption, identity: authority.identity("localhost"), login: ("me", "pass-word"))
    let secure: [String: ResolvedValue] = [
      "tls": .bool(true), "ca": .text(authority.certificate), "user": .text("me"),
      "password": .text("pass-word"),
    ]
    let drive = try Self.drive(service.url, secure)
    let answer = drive.call(Self.row("a@b.example"))
    #expect(answer.end == .done, "\(answer.reason)")
    let another = try Authority("Other")
    let stranger = try Self.drive(
      service.url, secure.merging(["ca": .text(another.certificate)]) { _, new in new })
    #expect(stranger.call(Self.row("a@b.example")).kind == "connect")
    let other = try Self.drive(
      service.url, secure.merging(["password": .text("wrong-word")]) { _, new in new })
    let refused = other.call(Self.row("a@b.example"))
    #expect(refused.kind == "refused" && refused.status == 535, "\(refused)")
    #expect(!refused.reason.contains("wrong-word"))
    #expect(try service.account().mails.count == 1)
    for client in [drive, stranger, other] { client.client.close() }
    // Their files go with them.
    withExtendedLifetime((authority, another)) {}
  }

  @Test func `a server that offers no encryption gets neither password nor mail`() throws {
    let service = try MailService()
    let drive = try Self.drive(
      service.url,
      ["tls": .bool(true), "user": .text("me"), "password": .text("pass-word")])
    let answer = drive.call(Self.row("a@b.example"))
    #expect(answer.kind == "connect", "\(answer)")
    let account = try service.account()
    #expect(account.mails.isEmpty && account.logins == 0)
    drive.client.close()
    #expect(throws: ConnectorError.self) {
      try Self.drive(service.url, ["user": .text("me"), "password": .text("p")])
    }
    #expect(throws: ConnectorError.self) { try Self.drive("http://x") }
    #expect(throws: ConnectorError.self) {
      try Self.drive(service.url, ["headers": .object(["Bcc": .text("x@y.example")])])
    }
  }
}
