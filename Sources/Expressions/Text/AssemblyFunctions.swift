import Columns

/// `translate`: characters replaced one for one.
struct Translate: TextFunction {
  private var texts: TextReader?
  private var sources: TextReader?
  private var targets: TextReader?

  mutating func prepare(_ arguments: [Column]) {
    texts = TextReader(arguments[0])
    sources = TextReader(arguments[1])
    targets = TextReader(arguments[2])
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts, let sources, let targets else { return false }
    let text = texts[row]
    let (source, target) = (sources[row], targets[row])
    var at = 0
    while at < text.count {
      let (scalar, count) = CodePoints.decode(text, at: at)
      if let place = place(of: scalar, in: source) {
        let start = CodePoints.offset(target, of: place)
        if start < target.count { buffer.append(CodePoints.decode(target, at: start).scalar) }
      } else {
        buffer.append(text, at..<(at + count))
      }
      at += count
    }
    return true
  }

  /// Which code point of the set it is, from 0; of equal ones the first counts.
  private func place(
    of scalar: Unicode.Scalar, in set: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    var at = 0
    var number = 0
    while at < set.count {
      let (candidate, count) = CodePoints.decode(set, at: at)
      if candidate == scalar { return number }
      at += count
      number += 1
    }
    return nil
  }
}

/// `overlay`: a text over a part of another. As Flink has it, a position outside of the text leaves
/// it as it is.
struct Overlay: TextFunction {
  private var texts: TextReader?
  private var covers: TextReader?
  private var positions: UnsafePointer<Int64>?
  private var lengths: UnsafePointer<Int64>?

  mutating func prepare(_ arguments: [Column]) {
    texts = TextReader(arguments[0])
    covers = TextReader(arguments[1])
    positions = UnsafePointer(arguments[2].ints)
    lengths = arguments.count > 3 ? UnsafePointer(arguments[3].ints) : nil
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts, let covers, let positions else { return false }
    let (text, cover) = (texts[row], covers[row])
    let position = positions[row]
    let count = Int64(CodePoints.count(text))
    guard position >= 1, position <= count else {
      buffer.append(text)
      return true
    }
    let length = max(0, lengths.map { $0[row] } ?? Int64(CodePoints.count(cover)))
    let start = CodePoints.offset(text, of: Int(position - 1))
    let end = min(count, (position - 1).addingReportingOverflow(length).partialValue)
    buffer.append(text, 0..<start)
    buffer.append(cover)
    let rest = length >= count ? text.count : CodePoints.offset(text, of: Int(end))
    buffer.append(text, rest..<text.count)
    return true
  }
}

/// `elt`: the text of a number, from 1.
struct Choose: TextFunction {
  private var numbers: UnsafePointer<Int64>?
  private var texts: [(reader: TextReader, validity: UnsafePointer<UInt8>?)] = []

  mutating func prepare(_ arguments: [Column]) {
    numbers = UnsafePointer(arguments[0].ints)
    texts = arguments.dropFirst().compactMap { column in
      TextReader(column).map { ($0, column.validity.map { UnsafePointer($0) }) }
    }
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let numbers, numbers[row] >= 1, numbers[row] <= Int64(texts.count) else { return false }
    let chosen = texts[Int(numbers[row]) - 1]
    guard chosen.validity.map({ $0[row] != 0 }) ?? true else { return false }
    buffer.append(chosen.reader[row])
    return true
  }
}

/// `space`: so many spaces.
struct Spaces: TextFunction {
  private var counts: UnsafePointer<Int64>?

  mutating func prepare(_ arguments: [Column]) { counts = UnsafePointer(arguments[0].ints) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let counts else { return false }
    let count = max(0, counts[row])
    guard count <= Int64(Limits.textBytes) else {
      frame.fail(row, .textTooLong(operation: "space"))
      return false
    }
    buffer.reserve(Int(count)).update(repeating: UInt8(ascii: " "), count: Int(count))
    buffer.commit(Int(count))
    return true
  }
}
