import CCurl
import Columns
import Glibc
import Synchronization

/// One connection to a mail server, which carries one mail after the other and is made anew where
/// it has ended. One thread at a time uses it, and waits.
final class MailConnection: @unchecked Sendable {
  /// How a mail ended, as far as the server has said it.
  struct Ending {
    var code: CURLcode
    /// The last reply: its number, and its text.
    var status: Int
    var reply: String
    var message: String
    /// Whether the whole mail was handed over, so that the server may have taken it.
    var isWhole: Bool
  }

  /// Seconds that a server is waited for to say good-bye.
  private static let farewell = 1
  /// Lines of a reply that are kept, and bytes of each.
  private static let mostLines = 8
  private static let lineBytes = 512

  private let easy: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>
  private let isStopped: @Sendable () -> Bool
  private var bytes: [UInt8] = []
  private var sent = 0
  private var isWhole = false
  private var lines: [String] = []

  /// Nil where there is no memory. `isStopped`: whether nobody waits any more.
  init?(_ server: MailServer, isStopped: @escaping @Sendable () -> Bool) {
    guard let easy = curl_easy_init() else { return nil }
    self.easy = easy
    self.isStopped = isStopped
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    setUp(server)
    connectCallbacks()
  }

  deinit {
    raudal_curl_set_long(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, Self.farewell)
    curl_easy_cleanup(easy)
    errorText.deallocate()
  }

  private func setUp(_ server: MailServer) {
    raudal_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
    raudal_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    raudal_curl_set_long(easy, CURLOPT_QUICK_EXIT, 1)
    raudal_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    raudal_curl_set_text(easy, CURLOPT_PROXY, "")
    raudal_curl_set_text(easy, CURLOPT_URL, server.url)
    let mode = server.isEncrypted ? CURLUSESSL_ALL : CURLUSESSL_NONE
    raudal_curl_set_long(easy, CURLOPT_USE_SSL, Int(mode.rawValue))
    raudal_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
    raudal_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
    if let ca = server.ca { raudal_curl_set_text(easy, CURLOPT_CAINFO, ca) }
    if let user = server.user { raudal_curl_set_text(easy, CURLOPT_USERNAME, user) }
    if let password = server.password { raudal_curl_set_text(easy, CURLOPT_PASSWORD, password) }
    raudal_curl_set_long(easy, CURLOPT_UPLOAD, 1)
    raudal_curl_set_long(easy, CURLOPT_NOPROGRESS, 0)
  }

  private func connectCallbacks() {
    let own = Unmanaged.passUnretained(self).toOpaque()
    raudal_curl_set_pointer(easy, CURLOPT_READDATA, own)
    raudal_curl_set_sink(easy, CURLOPT_READFUNCTION) { target, size, count, context in
      guard let context, let target else { return 0 }
      return Unmanaged<MailConnection>.fromOpaque(context).takeUnretainedValue()
        .give(target, size * count)
    }
    raudal_curl_set_pointer(easy, CURLOPT_HEADERDATA, own)
    raudal_curl_set_sink(easy, CURLOPT_HEADERFUNCTION) { line, size, count, context in
      guard let context, let line else { return size * count }
      Unmanaged<MailConnection>.fromOpaque(context).takeUnretainedValue()
        .take(UnsafeRawBufferPointer(start: line, count: size * count))
      return size * count
    }
    // What a server says beside its replies is nobody's.
    raudal_curl_set_sink(easy, CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count }
    raudal_curl_set_pointer(easy, CURLOPT_XFERINFODATA, own)
    raudal_curl_set_pulse(easy) { context, _, _, _, _ in
      guard let context else { return 0 }
      return Unmanaged<MailConnection>.fromOpaque(context).takeUnretainedValue().isStopped() ? 1 : 0
    }
  }

  /// `milliseconds` for all of it.
  func send(_ mail: MailMessage, within milliseconds: Int) -> Ending {
    (bytes, sent, isWhole, lines) = (mail.bytes, 0, false, [])
    errorText[0] = 0
    var receivers: UnsafeMutablePointer<curl_slist>?
    for receiver in mail.receivers { receivers = curl_slist_append(receivers, "<\(receiver)>") }
    defer {
      raudal_curl_set_pointer(easy, CURLOPT_MAIL_RCPT, nil)
      curl_slist_free_all(receivers)
      bytes = []
    }
    raudal_curl_set_text(easy, CURLOPT_MAIL_FROM, "<\(mail.sender)>")
    raudal_curl_set_pointer(easy, CURLOPT_MAIL_RCPT, receivers)
    raudal_curl_set_size(easy, CURLOPT_INFILESIZE_LARGE, bytes.count)
    raudal_curl_set_long(easy, CURLOPT_TIMEOUT_MS, max(milliseconds, 1))
    raudal_curl_set_long(
      easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, max((milliseconds + 999) / 1_000, 1))
    let code = curl_easy_perform(easy)
    let own = String(cString: errorText)
    let status = raudal_curl_long(easy, CURLINFO_RESPONSE_CODE)
    return Ending(
      code: code, status: status, reply: reply(status),
      message: own.isEmpty ? String(cString: curl_easy_strerror(code)) : own, isWhole: isWhole)
  }

  /// From its last byte on the mail counts as handed over: libcurl ends it without a word to us.
  private func give(_ target: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
    let count = min(room, bytes.count - sent)
    bytes.withUnsafeBytes { all in
      UnsafeMutableRawBufferPointer(start: target, count: count)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: all[sent..<(sent + count)]))
    }
    sent += count
    isWhole = sent == bytes.count
    return count
  }

  private func take(_ line: UnsafeRawBufferPointer) {
    let text = String(decoding: line.prefix(Self.lineBytes), as: UTF8.self)
    let kept = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
    lines.append(String(String.UnicodeScalarView(kept)))
    if lines.count > Self.mostLines { lines.removeFirst() }
  }

  /// The lines of the last reply with this number: `250-…` goes on, `250 …` ends it. Behind a
  /// refusal there is the server's good-bye.
  private func reply(_ status: Int) -> String {
    guard let end = lines.lastIndex(where: { $0.hasPrefix("\(status)") }) else { return "" }
    var first = end
    while first > 0, lines[first - 1].hasPrefix("\(status)-") { first -= 1 }
    let texts = lines[first...end].map { $0.dropFirst(4) }
    return "\(status) \(texts.joined(separator: " "))"
  }
}
