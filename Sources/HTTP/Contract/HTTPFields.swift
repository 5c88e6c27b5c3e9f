import Glibc

/// The header fields of a response, looked through when one is asked for: most are never read.
package struct HTTPFields: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  /// `name: value` and a line end each; `\r` before it, and space around a value, may be there.
  private var lines: [UInt8]

  /// Lines as they came, without the status line.
  init(lines: [UInt8]) { self.lines = lines }

  package init(dictionaryLiteral elements: (String, String)...) {
    lines = []
    for (name, value) in elements { add(name, value) }
  }

  mutating func add(_ name: String, _ value: String) {
    lines += Array("\(name): \(value)\r\n".utf8)
  }

  /// The first of that name, in capitals or not.
  package subscript(name: String) -> String? {
    var name = name
    return name.withUTF8 { name in
      lines.withUnsafeBytes { all in
        HeaderLine.first(in: all) { $0.isNamed(name) }.map {
          String(decoding: $0.value, as: UTF8.self)
        }
      }
    }
  }

  /// Whether any name begins with one of the words, in capitals or not: one look instead of one for
  /// each of many names that are seldom there.
  package func hasName(beginningWith words: [StaticString]) -> Bool {
    lines.withUnsafeBytes { all in
      HeaderLine.first(in: all) { line in words.contains { line.nameBegins($0) } } != nil
    }
  }
}

/// One line of a head, without its end.
struct HeaderLine {
  let name: UnsafeRawBufferPointer
  let value: UnsafeRawBufferPointer

  /// nil: there is no name with a colon behind it.
  init?(_ line: UnsafeRawBufferPointer) {
    let mark = Int32(UInt8(ascii: ":"))
    guard let base = line.baseAddress, let colon = memchr(base, mark, line.count) else {
      return nil
    }
    let place = UnsafeRawPointer(colon) - base
    guard place > 0 else { return nil }
    name = UnsafeRawBufferPointer(rebasing: line[..<place])
    var (first, end) = (place + 1, line.count)
    while first < end, Self.isSpace(line[first]) { first += 1 }
    while end > first, Self.isSpace(line[end - 1]) { end -= 1 }
    value = UnsafeRawBufferPointer(rebasing: line[first..<end])
  }

  /// Calls for each line, until one is taken.
  static func first(
    in lines: UnsafeRawBufferPointer, where isTaken: (HeaderLine) -> Bool
  ) -> HeaderLine? {
    var rest = lines[...]
    while let line = nextLine(&rest) {
      if let header = HeaderLine(line), isTaken(header) { return header }
    }
    return nil
  }

  /// The next line without its end, taken off; nil where no line is whole.
  static func nextLine(_ rest: inout Slice<UnsafeRawBufferPointer>) -> UnsafeRawBufferPointer? {
    let bytes = UnsafeRawBufferPointer(rebasing: rest)
    guard let base = bytes.baseAddress, let end = memchr(base, 0x0A, bytes.count) else {
      return nil
    }
    var count = UnsafeRawPointer(end) - base
    rest = rest.dropFirst(count + 1)
    if count > 0, bytes[count - 1] == 0x0D { count -= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[..<count])
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// Whether it has that name, in capitals or not.
  func isNamed(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
    name.count == other.count && Self.isEqual(name, UnsafeRawBufferPointer(other))
  }

  func isNamed(_ other: StaticString) -> Bool {
    Self.isEqual(
      name, UnsafeRawBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
  }

  func nameBegins(_ word: StaticString) -> Bool {
    name.count >= word.utf8CodeUnitCount
      && Self.isEqual(UnsafeRawBufferPointer(rebasing: name[..<word.utf8CodeUnitCount]), word)
  }

  /// The elements of a list with commas between, empty ones passed over.
  func elements(_ body: (UnsafeRawBufferPointer) -> Void) {
    for part in value.split(separator: UInt8(ascii: ",")) {
      var part = part.drop(while: Self.isSpace)
      while let last = part.last, Self.isSpace(last) { part = part.dropLast() }
      if !part.isEmpty { body(UnsafeRawBufferPointer(rebasing: part)) }
    }
  }

  /// Bytes that mean the same where capitals count for nothing.
  static func isEqual(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    isEqual(bytes, UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  private static func isEqual(
    _ bytes: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer
  ) -> Bool {
    guard bytes.count == other.count else { return false }
    for place in 0..<bytes.count where lower(bytes[place]) != lower(other[place]) { return false }
    return true
  }

  private static func lower(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }
}
