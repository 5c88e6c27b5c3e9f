import CPlatform

/// Reads a JSON document by RFC 8259 from front to back, checking all of it but the UTF-8 (which is
/// checked before). The exact way that everything falls back to.
///
/// 64 bytes behind `end` must be readable; they are never taken for content.
struct JSONWalker {
  /// Levels of nesting, as simdjson's default.
  static let depthLimit = 1024

  let base: UnsafePointer<UInt8>
  /// Where the record begins, for positions in messages.
  let start: Int
  let end: Int
  var at: Int
  var fault = JSONFault()

  init(_ base: UnsafePointer<UInt8>, start: Int, end: Int) {
    self.base = base
    self.start = start
    self.end = end
    at = start
  }

  /// A value's place, as slots hold it.
  struct Value {
    var start: UInt32
    var size: UInt32
  }

  @inline(__always)
  mutating func fail(_ kind: JSONFault.Kind) {
    if fault.isNone {
      fault = JSONFault(kind: at >= end ? .endOfRecord : kind, position: at - start)
    }
  }

  @inline(__always)
  mutating func skipSpace() {
    while at < end {
      let c = base[at]
      guard c == 0x20 || c == 0x0A || c == 0x0D || c == 0x09 else { return }
      at &+= 1
    }
  }

  @inline(__always)
  mutating func take(_ byte: UInt8) -> Bool {
    guard at < end, base[at] == byte else { return false }
    at &+= 1
    return true
  }

  /// Stands behind an opening quote; goes behind the closing one. Whether there were escapes; nil
  /// for a fault.
  mutating func skipText() -> Bool? {
    var hasEscape = false
    while true {
      at = raudal_find_special(base + at, base + end) - base
      guard at < end else {
        fail(.endOfRecord)
        return nil
      }
      switch base[at] {
      case UInt8(ascii: "\""):
        at &+= 1
        return hasEscape
      case UInt8(ascii: "\\"):
        hasEscape = true
        guard skipEscape() else { return nil }
      default:
        fail(.control)
        return nil
      }
    }
  }

  private mutating func skipEscape() -> Bool {
    at &+= 1
    guard at < end else {
      fail(.endOfRecord)
      return false
    }
    switch base[at] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      at &+= 1
      return true
    case UInt8(ascii: "u"):
      return skipCodePoint()
    default:
      fail(.escape)
      return false
    }
  }

  /// Stands at the `u` of an escape.
  private mutating func skipCodePoint() -> Bool {
    guard let unit = JSONEscape.unit(base, at &+ 1, end) else {
      fail(.escape)
      return false
    }
    if unit & 0xF800 == 0xD800 {
      guard unit < 0xDC00, at &+ 6 < end, base[at &+ 5] == UInt8(ascii: "\\"),
        base[at &+ 6] == UInt8(ascii: "u"), let low = JSONEscape.unit(base, at &+ 7, end),
        low & 0xFC00 == 0xDC00
      else {
        fail(.surrogate)
        return false
      }
      at &+= 6
    }
    at &+= 5
    return true
  }

  /// Goes behind the number that begins here; false for a fault.
  @inline(__always)
  mutating func skipNumber() -> Bool {
    let stop = raudal_json_number_end(base, at, end)
    guard stop >= 0 else {
      fail(.number)
      return false
    }
    at = stop
    return true
  }

  /// Reads the value that begins here, whatever it is; nil for a fault. `depth`: levels around it.
  mutating func takeValue(depth: Int) -> Value? {
    guard at < end else {
      fail(.endOfRecord)
      return nil
    }
    let from = at
    let c = base[at]
    if c == UInt8(ascii: "\"") {
      at &+= 1
      guard let hasEscape = skipText() else { return nil }
      return value(from &+ 1, at &- 1, hasEscape ? CellSlots.Kind.escaped : CellSlots.Kind.text)
    }
    if c == UInt8(ascii: "-") || c &- 0x30 < 10 {
      return skipNumber() ? value(from, at, CellSlots.Kind.number) : nil
    }
    if c == UInt8(ascii: "{") || c == UInt8(ascii: "[") {
      return skipNested(depth: depth) ? value(from, at, CellSlots.Kind.nested) : nil
    }
    return takeWord(c)
  }

  private mutating func takeWord(_ first: UInt8) -> Value? {
    let size = raudal_json_plain_value(base, at, end)
    guard size > 0 else {
      fail(first | 0x20 >= 0x61 && first | 0x20 <= 0x7A ? .literal : .value)
      return nil
    }
    let from = UInt32(truncatingIfNeeded: at)
    at &+= Int(size &>> 3)
    return Value(start: from, size: size)
  }

  @inline(__always)
  private func value(_ from: Int, _ to: Int, _ kind: UInt32) -> Value {
    Value(
      start: UInt32(truncatingIfNeeded: from),
      size: UInt32(truncatingIfNeeded: (to &- from) &<< 3) | kind)
  }
}

extension JSONWalker {
  private enum Step { case open, element, after }

  /// Goes behind the object or array that begins here. Iterative: its depth is the document's.
  mutating func skipNested(depth outer: Int) -> Bool {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.depthLimit) { closers in
      var depth = 0
      var step = Step.open
      while true {
        switch step {
        case .open:
          guard outer + depth < Self.depthLimit else {
            fail(.depth)
            return false
          }
          // `}` is `{` + 2 and `]` is `[` + 2.
          closers[depth] = base[at] &+ 2
          depth += 1
          at &+= 1
          skipSpace()
          if take(closers[depth - 1]) {
            depth -= 1
            step = .after
          } else {
            step = .element
          }
        case .element:
          if closers[depth - 1] == UInt8(ascii: "}") { guard skipKey() else { return false } }
          if at < end, base[at] == UInt8(ascii: "{") || base[at] == UInt8(ascii: "[") {
            step = .open
          } else {
            guard takeValue(depth: 0) != nil else { return false }
            step = .after
          }
        case .after:
          if depth == 0 { return true }
          skipSpace()
          if take(UInt8(ascii: ",")) {
            skipSpace()
            step = .element
          } else if take(closers[depth - 1]) {
            depth -= 1
          } else {
            fail(.comma)
            return false
          }
        }
      }
    }
  }

  /// A name, the colon and the space around it.
  private mutating func skipKey() -> Bool {
    guard take(UInt8(ascii: "\"")) else {
      fail(.key)
      return false
    }
    guard skipText() != nil else { return false }
    return takeColon()
  }

  mutating func takeColon() -> Bool {
    skipSpace()
    guard take(UInt8(ascii: ":")) else {
      fail(.colon)
      return false
    }
    skipSpace()
    return true
  }

  /// Whether the whole range is one JSON document of any kind; UTF-8 included.
  static func validate(_ bytes: UnsafeBufferPointer<UInt8>) -> JSONFault {
    guard let base = bytes.baseAddress else { return JSONFault(kind: .endOfRecord, position: 0) }
    guard raudal_valid_utf8(base, bytes.count) != 0 else { return JSONFault(kind: .utf8) }
    var walker = JSONWalker(base, start: 0, end: bytes.count)
    walker.skipSpace()
    guard walker.takeValue(depth: 0) != nil else { return walker.fault }
    walker.skipSpace()
    if walker.at != bytes.count { walker.fail(.trailing) }
    return walker.fault
  }
}
