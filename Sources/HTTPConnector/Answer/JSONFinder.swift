import Plans

/// Finds a value in a JSON document by its path. It looks no closer at what it passes than it must:
/// what is found is read, and checked, by whoever decodes it.
struct JSONFinder {
  /// The document is none.
  struct Fault: Error {
    var position: Int
  }

  private static let depthLimit = 1_024

  private let bytes: [UInt8]
  private var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Where the value stands; nil: it is absent or null. The last of several members of one name
  /// counts.
  mutating func find(_ path: AnswerPath?) throws(Fault) -> Range<Int>? {
    at = 0
    let found = try value(path.map { $0.steps[...] } ?? [])
    skipSpace()
    if at < bytes.count { throw Fault(position: at) }
    return found
  }

  /// The elements of the list that stands there; nil: it is no list.
  mutating func elements(_ range: Range<Int>) throws(Fault) -> [Range<Int>]? {
    at = range.lowerBound
    guard peek == UInt8(ascii: "[") else { return nil }
    var found: [Range<Int>] = []
    try elements { (finder: inout JSONFinder, _: Int) throws(Fault) in
      let start = finder.at
      try finder.skip()
      found.append(start..<finder.at)
    }
    return found
  }

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  private mutating func expect(_ byte: UInt8) throws(Fault) {
    guard peek == byte else { throw Fault(position: at) }
    at += 1
  }

  private mutating func value(_ steps: ArraySlice<AnswerPath.Step>) throws(Fault) -> Range<Int>? {
    skipSpace()
    guard let step = steps.first else {
      let start = at
      try skip()
      return bytes[start..<at].elementsEqual("null".utf8) ? nil : start..<at
    }
    var found: Range<Int>?
    switch (step, peek) {
    case (.member(let name), UInt8(ascii: "{")):
      try members { (finder: inout JSONFinder, member: [UInt8]) throws(Fault) in
        if member.elementsEqual(name.utf8) {
          found = try finder.value(steps.dropFirst())
        } else {
          try finder.skip()
        }
      }
    case (.element(let place), UInt8(ascii: "[")):
      try elements { (finder: inout JSONFinder, number: Int) throws(Fault) in
        if number == place {
          found = try finder.value(steps.dropFirst())
        } else {
          try finder.skip()
        }
      }
    default: try skip()
    }
    return found
  }

  private mutating func members(
    _ take: (inout JSONFinder, [UInt8]) throws(Fault) -> Void
  ) throws(Fault) {
    try expect(UInt8(ascii: "{"))
    skipSpace()
    if peek == UInt8(ascii: "}") { return at += 1 }
    while true {
      skipSpace()
      let name = try text()
      skipSpace()
      try expect(UInt8(ascii: ":"))
      skipSpace()
      try take(&self, name)
      skipSpace()
      if peek == UInt8(ascii: "}") { return at += 1 }
      try expect(UInt8(ascii: ","))
    }
  }

  private mutating func elements(
    _ take: (inout JSONFinder, Int) throws(Fault) -> Void
  ) throws(Fault) {
    try expect(UInt8(ascii: "["))
    skipSpace()
    if peek == UInt8(ascii: "]") { return at += 1 }
    var number = 0
    while true {
      skipSpace()
      try take(&self, number)
      number += 1
      skipSpace()
      if peek == UInt8(ascii: "]") { return at += 1 }
      try expect(UInt8(ascii: ","))
    }
  }

  /// A quoted text, its escapes resolved.
  private mutating func text() throws(Fault) -> [UInt8] {
    let start = at
    try skipText()
    let inner = bytes[start + 1..<at - 1]
    guard inner.contains(UInt8(ascii: "\\")) else { return Array(inner) }
    guard let text = JSONName.resolved(inner) else { throw Fault(position: start) }
    return text
  }

  private mutating func skipText() throws(Fault) {
    try expect(UInt8(ascii: "\""))
    while let byte = peek {
      at += 1
      if byte == UInt8(ascii: "\"") { return }
      if byte == UInt8(ascii: "\\") { at += 1 }
      if byte < 0x20 { throw Fault(position: at - 1) }
    }
    throw Fault(position: min(at, bytes.count))
  }

  /// Any value: what is open is closed again, and texts end.
  private mutating func skip() throws(Fault) {
    var depth = 0
    repeat {
      guard let byte = peek else { throw Fault(position: at) }
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        at += 1
        if depth > Self.depthLimit { throw Fault(position: at) }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        at += 1
        if depth < 0 { throw Fault(position: at) }
      case UInt8(ascii: "\""): try skipText()
      case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0A, 0x0D, 0x09:
        if depth == 0 { throw Fault(position: at) }
        at += 1
      default: try skipWord()
      }
    } while depth > 0
  }

  /// A number or one of the three words.
  private mutating func skipWord() throws(Fault) {
    let start = at
    while let byte = peek, Self.isOfWord(byte) { at += 1 }
    if at == start { throw Fault(position: at) }
    let word = bytes[start..<at]
    let isNumber = word.first.map { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) } ?? false
    guard isNumber || ["true", "false", "null"].contains(where: { word.elementsEqual($0.utf8) })
    else { throw Fault(position: start) }
  }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "."):
      true
    default: false
    }
  }
}
