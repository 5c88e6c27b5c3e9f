import Columns

/// `concat`: all arguments one after the other.
struct Concat: TextFunction {
  private var texts: [TextReader] = []

  mutating func prepare(_ arguments: [Column]) { texts = arguments.compactMap(TextReader.init) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    for text in texts { buffer.append(text[row]) }
    return true
  }
}

/// `concat_ws`: the arguments that are not null with the first between them.
struct ConcatSeparated: TextFunction {
  private var separator: TextReader?
  private var texts: [(reader: TextReader, validity: UnsafePointer<UInt8>?)] = []

  mutating func prepare(_ arguments: [Column]) {
    separator = arguments.first.flatMap(TextReader.init)
    texts = arguments.dropFirst().compactMap { column in
      TextReader(column).map { ($0, column.validity.map { UnsafePointer($0) }) }
    }
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let separator else { return false }
    var isFirst = true
    for text in texts where text.validity.map({ $0[row] != 0 }) ?? true {
      if !isFirst { buffer.append(separator[row]) }
      buffer.append(text.reader[row])
      isFirst = false
    }
    return true
  }
}

/// `substring`, `left` and `right`, in code points.
struct Slice: TextFunction {
  enum Kind { case substring, left, right }

  private let kind: Kind
  private var texts: TextReader?
  private var first: UnsafePointer<Int64>?
  private var lengths: UnsafePointer<Int64>?

  init(_ kind: Kind) { self.kind = kind }

  mutating func prepare(_ arguments: [Column]) {
    texts = TextReader(arguments[0])
    first = UnsafePointer(arguments[1].ints)
    lengths = arguments.count > 2 ? UnsafePointer(arguments[2].ints) : nil
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts, let first else { return false }
    let text = texts[row]
    let number = first[row]
    let range: Range<Int64>
    switch kind {
    case .left: range = 0..<max(0, number)
    case .right:
      let count = Int64(CodePoints.count(text))
      range = max(0, count - max(0, number))..<count
    case .substring: range = substring(text, from: number, length: lengths.map { $0[row] })
    }
    let start = CodePoints.offset(text, of: Int(range.lowerBound))
    let rest = UnsafeBufferPointer(rebasing: text[start...])
    let end = start + CodePoints.offset(rest, of: Int(range.upperBound - range.lowerBound))
    buffer.append(text, start..<end)
    return true
  }

  /// Code points counted from 0. A position of 0 counts as 1; one before the start of the text, as
  /// Flink has it, gives nothing.
  private func substring(
    _ text: UnsafeBufferPointer<UInt8>, from number: Int64, length: Int64?
  ) -> Range<Int64> {
    let start: Int64
    if number > 0 {
      start = number - 1
    } else if number == 0 {
      start = 0
    } else {
      let count = Int64(CodePoints.count(text))
      guard number >= -count else { return 0..<0 }
      start = count + number
    }
    let length = max(0, length ?? .max)
    let (end, over) = start.addingReportingOverflow(length)
    return start..<(over ? .max : end)
  }
}

/// `split_index`: the piece of that index between separators.
struct SplitIndex: TextFunction {
  private var texts: TextReader?
  private var separators: TextReader?
  private var indexes: UnsafePointer<Int64>?

  mutating func prepare(_ arguments: [Column]) {
    texts = TextReader(arguments[0])
    separators = TextReader(arguments[1])
    indexes = UnsafePointer(arguments[2].ints)
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let texts, let separators, let indexes, indexes[row] >= 0 else { return false }
    let text = texts[row]
    let separator = separators[row]
    var left = indexes[row]
    var start = 0
    while true {
      let end = separator.count > 0 ? CodePoints.find(separator, in: text, from: start) : nil
      if left == 0 {
        buffer.append(text, start..<(end ?? text.count))
        return true
      }
      guard let end else { return false }
      start = end + separator.count
      left -= 1
    }
  }
}
