import Columns
import Schemas

/// `lower`, `upper` and `initcap`, by Unicode's simple mappings.
struct CaseFunction: TextFunction {
  enum Kind { case lower, upper, initcap }

  private let kind: Kind
  private var texts: TextReader?

  init(_ kind: Kind) { self.kind = kind }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts else { return false }
    let text = texts[row]
    if !writeASCII(text, to: buffer) { writeUnicode(text, to: buffer) }
    return true
  }

  /// Text of ASCII alone, byte by byte; false, with nothing written, for any other.
  private func writeASCII(_ text: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) -> Bool {
    let target = buffer.reserve(text.count)
    var high: UInt8 = 0
    switch kind {
    case .lower:
      for (i, byte) in text.enumerated() {
        high |= byte
        target[i] = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
      }
    case .upper:
      for (i, byte) in text.enumerated() {
        high |= byte
        target[i] = byte &- UInt8(ascii: "a") < 26 ? byte & 0xDF : byte
      }
    case .initcap:
      var inWord = false
      for (i, byte) in text.enumerated() {
        high |= byte
        let isLetter = (byte | 0x20) &- UInt8(ascii: "a") < 26
        target[i] = isLetter ? (inWord ? byte | 0x20 : byte & 0xDF) : byte
        inWord = isLetter || byte &- UInt8(ascii: "0") < 10
      }
    }
    guard high < 0x80 else { return false }
    buffer.commit(text.count)
    return true
  }

  private func writeUnicode(_ text: UnsafeBufferPointer<UInt8>, to buffer: ByteBuffer) {
    var at = 0
    var inWord = false
    while at < text.count {
      let (scalar, count) = CodePoints.decode(text, at: at)
      at += count
      switch kind {
      case .lower: buffer.append(mapped(scalar, scalar.properties.lowercaseMapping))
      case .upper: buffer.append(mapped(scalar, scalar.properties.uppercaseMapping))
      case .initcap:
        let properties = scalar.properties
        let mapping = inWord ? properties.lowercaseMapping : properties.titlecaseMapping
        buffer.append(mapped(scalar, mapping))
        inWord = properties.isAlphabetic || properties.numericType == .decimal
      }
    }
  }

  /// The simple mapping keeps one code point for one: where the full one has several, it is the
  /// code point itself.
  private func mapped(_ scalar: Unicode.Scalar, _ mapping: String) -> Unicode.Scalar {
    let scalars = mapping.unicodeScalars
    guard let first = scalars.first, scalars.count == 1 else { return scalar }
    return first
  }
}

/// `trim`, `ltrim` and `rtrim`: without the code points of a set at the ends.
struct Trim: TextFunction {
  private let atStart: Bool
  private let atEnd: Bool
  private var texts: TextReader?
  private var sets: TextReader?

  init(start: Bool, end: Bool) {
    atStart = start
    atEnd = end
  }

  mutating func prepare(_ arguments: [Column]) {
    texts = TextReader(arguments[0])
    sets = arguments.count > 1 ? TextReader(arguments[1]) : nil
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts else { return false }
    let text = texts[row]
    let set = sets.map { $0[row] }
    var start = 0
    var end = text.count
    while atStart, start < end, let count = member(text, start, set) { start += count }
    while atEnd, end > start {
      var last = end - 1
      while last > start, !CodePoints.isFirst(text[last]) { last -= 1 }
      guard member(text, last, set) != nil else { break }
      end = last
    }
    buffer.append(text, start..<end)
    return true
  }

  /// The length of the code point at a byte if it is one of the set; nil otherwise.
  private func member(
    _ text: UnsafeBufferPointer<UInt8>, _ at: Int, _ set: UnsafeBufferPointer<UInt8>?
  ) -> Int? {
    guard let set else { return text[at] == 0x20 ? 1 : nil }
    let (scalar, count) = CodePoints.decode(text, at: at)
    var from = 0
    while from < set.count {
      let (candidate, length) = CodePoints.decode(set, at: from)
      if candidate == scalar { return count }
      from += length
    }
    return nil
  }
}

/// `lpad` and `rpad`: padded or cut to a number of code points.
struct Pad: TextFunction {
  private let atStart: Bool
  private var texts: TextReader?
  private var lengths: UnsafePointer<Int64>?
  private var pads: TextReader?

  init(start: Bool) { atStart = start }

  mutating func prepare(_ arguments: [Column]) {
    texts = TextReader(arguments[0])
    lengths = UnsafePointer(arguments[1].ints)
    pads = TextReader(arguments[2])
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts, let lengths, let pads, lengths[row] >= 0 else { return false }
    let text = texts[row]
    let length = lengths[row]
    let count = Int64(CodePoints.count(text))
    if length <= count {
      buffer.append(text, 0..<CodePoints.offset(text, of: Int(length)))
      return true
    }
    let pad = pads[row]
    // Nothing to pad with: as Flink has it, null.
    guard pad.count > 0 else { return false }
    guard length <= Limits.textBytes / 4 else {
      frame.fail(row, .textTooLong(operation: atStart ? "lpad" : "rpad"))
      return false
    }
    if !atStart { buffer.append(text) }
    var left = Int(length - count)
    let padCount = CodePoints.count(pad)
    while left >= padCount {
      buffer.append(pad)
      left -= padCount
    }
    buffer.append(pad, 0..<CodePoints.offset(pad, of: left))
    if atStart { buffer.append(text) }
    return true
  }
}

/// `repeat`: the text several times.
struct Repeat: TextFunction {
  private var texts: TextReader?
  private var counts: UnsafePointer<Int64>?

  mutating func prepare(_ arguments: [Column]) {
    texts = TextReader(arguments[0])
    counts = UnsafePointer(arguments[1].ints)
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts, let counts else { return false }
    let text = texts[row]
    guard counts[row] > 0, text.count > 0 else { return true }
    guard counts[row] <= Int64(Limits.textBytes / text.count) else {
      frame.fail(row, .textTooLong(operation: "repeat"))
      return false
    }
    for _ in 0..<counts[row] { buffer.append(text) }
    return true
  }
}

/// `reverse`: the code points backwards.
struct Reverse: TextFunction {
  private var texts: TextReader?

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts else { return false }
    let text = texts[row]
    var end = text.count
    while end > 0 {
      var start = end - 1
      while start > 0, !CodePoints.isFirst(text[start]) { start -= 1 }
      buffer.append(text, start..<end)
      end = start
    }
    return true
  }
}

/// `replace`: each occurrence of a text by another.
struct Replace: TextFunction {
  private var texts: TextReader?
  private var needles: TextReader?
  private var replacements: TextReader?

  mutating func prepare(_ arguments: [Column]) {
    texts = TextReader(arguments[0])
    needles = TextReader(arguments[1])
    replacements = TextReader(arguments[2])
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts, let needles, let replacements else { return false }
    let text = texts[row]
    let needle = needles[row]
    let began = buffer.count
    var start = 0
    while needle.count > 0, let found = CodePoints.find(needle, in: text, from: start) {
      buffer.append(text, start..<found)
      buffer.append(replacements[row])
      start = found + needle.count
      if buffer.count - began > Limits.textBytes {
        frame.fail(row, .textTooLong(operation: "replace"))
        return false
      }
    }
    buffer.append(text, start..<text.count)
    return true
  }
}
