import Columns
import Connectors
import Glibc

/// A mail, whole: who sends it to whom, and what is sent.
struct MailMessage: Sendable {
  /// The envelope: where it comes back to, and who gets it.
  var sender: String
  var receivers: [String]
  /// `<…>`, of a task at each attempt the same.
  var id: String
  var bytes: [UInt8]
}

/// What a mail says, before it is put into its form.
struct MailContent {
  /// Stands in no part: those are encoded, and an encoded text has no `=_`.
  private static let boundary = "=_raudal_alternative"

  var from: MailAddress
  var to: [MailAddress]
  var cc: [MailAddress] = []
  var bcc: [MailAddress] = []
  var replyTo: MailAddress?
  var bounceTo: MailAddress?
  var subject: String
  var text: String?
  var html: String?
  /// Sound, and none of those that are written from the rest.
  var headers: [(name: String, value: String)] = []
  var id: String

  /// `now`: seconds since 1970.
  func message(now: Int) -> MailMessage {
    var head = HeaderText.line("Date", Self.date(now))
    head += HeaderText.line("From", items: [from.headerText])
    head += HeaderText.line("To", items: to.map(\.headerText))
    if !cc.isEmpty { head += HeaderText.line("Cc", items: cc.map(\.headerText)) }
    if let replyTo { head += HeaderText.line("Reply-To", items: [replyTo.headerText]) }
    head += HeaderText.line("Subject", subject)
    head += HeaderText.line("Message-ID", id)
    for (name, value) in headers { head += HeaderText.line(name, value) }
    head += "MIME-Version: 1.0\r\n"
    var receivers: [String] = []
    for address in to + cc + bcc where !receivers.contains(address.address) {
      receivers.append(address.address)
    }
    return MailMessage(
      sender: (bounceTo ?? from).address, receivers: receivers, id: id,
      bytes: Array((head + body).utf8))
  }

  private var body: String {
    let parts = [
      text.map { MailBody(type: "text/plain", text: $0) },
      html.map { MailBody(type: "text/html", text: $0) },
    ].compactMap { $0?.part }
    guard parts.count > 1 else { return parts.first ?? "\r\n" }
    // The best comes last.
    return "Content-Type: multipart/alternative; boundary=\"\(Self.boundary)\"\r\n\r\n"
      + parts.map { "--\(Self.boundary)\r\n\($0)\r\n" }.joined() + "--\(Self.boundary)--\r\n"
  }

  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// By RFC 5322, in UTC; whatever the language of the machine is.
  static func date(_ seconds: Int) -> String {
    var (time, parts) = (time_t(seconds), tm())
    gmtime_r(&time, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(days[Int(parts.tm_wday)]), \(parts.tm_mday) \(months[Int(parts.tm_mon)])"
      + " \(1900 + parts.tm_year) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
      + " +0000"
  }

  /// Characters of a key that stand in an id as they are.
  private static let longestID = 160

  /// Says which task of which pipeline it is, so that a mail that is sent again is known for the
  /// same. Readable, as far as it is no longer than lines are.
  static func id(_ parts: [String], at domain: Substring) -> String {
    var text: [UInt8] = []
    for part in parts {
      if !text.isEmpty { text.append(UInt8(ascii: ".")) }
      for byte in part.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: text.append(byte)
        default: text += Array("=\(String(byte, radix: 16))=".utf8)
        }
      }
    }
    let all = String(decoding: text, as: UTF8.self)
    guard text.count > longestID else { return "<\(all)@\(domain)>" }
    let hash = text.withUnsafeBufferPointer { KeyHasher.hash(text: $0) }
    return "<\(all.prefix(longestID)).\(String(hash, radix: 16))@\(domain)>"
  }
}
