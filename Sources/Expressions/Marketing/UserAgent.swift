import Columns

/// What a `User-Agent` header says, by `UserAgentRules`. Looks only for what is asked.
struct UserAgent {
  typealias Text = UnsafeBufferPointer<UInt8>

  private let text: Text

  init(_ text: Text) { self.text = text }

  /// Where the name of a program without a person behind it lies: the word that gives it away.
  var bot: Range<Int>? {
    let lower = text.map { $0 &- UInt8(ascii: "A") < 26 ? $0 | 0x20 : $0 }
    return lower.withUnsafeBufferPointer { lower in
      for token in UserAgentRules.bots {
        guard let at = Self.find(token, in: lower) else { continue }
        let word = self.word(around: at)
        let isDevice = UserAgentRules.noBots.contains { name in
          Self.find(name, in: Text(rebasing: lower[word])) != nil
        }
        if !isDevice { return word }
      }
      return nil
    }
  }

  enum Browser {
    case known(StaticString)
    /// As the header has it.
    case named(Text)

    func write(to buffer: ByteBuffer) -> Bool {
      switch self {
      case .known(let name): buffer.append(name)
      case .named(let name): buffer.append(name)
      }
      return true
    }
  }

  var browser: Browser? {
    if let bot { return .named(Text(rebasing: text[bot])) }
    return browserRule.map { .known($0.name) }
  }

  private var browserRule: UserAgentRules.Browser? {
    UserAgentRules.browsers.first { has($0.token) }
  }

  private var browserVersion: Range<Int>? {
    if let bot {
      guard bot.upperBound < text.count, text[bot.upperBound] == UInt8(ascii: "/") else {
        return nil
      }
      return version(at: bot.upperBound + 1)
    }
    return browserRule.flatMap { version(behind: $0.version ?? $0.token) }
  }

  var system: UserAgentRules.System? {
    UserAgentRules.systems.first { has($0.token) }
  }

  /// Writes the version with dots; false where it is not said.
  func writeSystemVersion(to buffer: ByteBuffer) -> Bool {
    guard let system, let range = version(behind: system.version ?? system.token) else {
      return false
    }
    let found = Text(rebasing: text[range])
    if system.token.description == "Windows NT" {
      for (kernel, name) in UserAgentRules.windows where found.elementsEqual(Self.bytes(kernel)) {
        buffer.append(name)
        return true
      }
    }
    write(range, to: buffer)
    return true
  }

  /// False where it is not said.
  func writeBrowserVersion(to buffer: ByteBuffer) -> Bool {
    guard let range = browserVersion else { return false }
    write(range, to: buffer)
    return true
  }

  /// A version with dots, also where the header has underscores.
  private func write(_ version: Range<Int>, to buffer: ByteBuffer) {
    for byte in text[version] {
      buffer.append(byte == UInt8(ascii: "_") ? UInt8(ascii: ".") : byte)
    }
  }

  var device: StaticString? {
    if bot != nil { return "bot" }
    if UserAgentRules.televisions.contains(where: has) { return "tv" }
    if UserAgentRules.consoles.contains(where: has) { return "console" }
    if UserAgentRules.tablets.contains(where: has) { return "tablet" }
    if UserAgentRules.mobiles.contains(where: has) { return "mobile" }
    // Tablets with Android leave out the word.
    if has("Android") { return "tablet" }
    return UserAgentRules.desktops.contains(where: has) ? "desktop" : nil
  }

  private func has(_ token: StaticString) -> Bool { Self.find(token, in: text) != nil }

  private static func bytes(_ token: StaticString) -> Text {
    Text(start: token.utf8Start, count: token.utf8CodeUnitCount)
  }

  private static func find(_ token: StaticString, in text: Text) -> Int? {
    token.utf8CodeUnitCount == 0 ? nil : CodePoints.find(bytes(token), in: text)
  }

  private func version(behind token: StaticString) -> Range<Int>? {
    guard let at = Self.find(token, in: text) else { return nil }
    var start = at + token.utf8CodeUnitCount
    if start < text.count, text[start] == UInt8(ascii: "/") || text[start] == UInt8(ascii: " ") {
      start += 1
    }
    return version(at: start)
  }

  /// Digits, with dots or underscores between them.
  private func version(at start: Int) -> Range<Int>? {
    guard start < text.count, isDigit(text[start]) else { return nil }
    var end = start
    while end < text.count,
      isDigit(text[end])
        || (text[end] == UInt8(ascii: ".") || text[end] == UInt8(ascii: "_"))
          && end + 1 < text.count && isDigit(text[end + 1])
    {
      end += 1
    }
    return start..<end
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  /// The product's name around a place: letters, digits, `-`, `_` and `.`.
  private func word(around at: Int) -> Range<Int> {
    func isOfWord(_ byte: UInt8) -> Bool {
      let letter = byte | 0x20
      return letter >= 0x61 && letter <= 0x7A || isDigit(byte) || "-_.".utf8.contains(byte)
    }
    var start = at
    while start > 0, isOfWord(text[start - 1]) { start -= 1 }
    var end = at
    while end < text.count, isOfWord(text[end]) { end += 1 }
    return start..<end
  }
}
