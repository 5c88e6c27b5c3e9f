import Columns

/// A text made of one text: `body` writes it, or says false for null. For functions that cost more
/// than the call of a closure.
struct TextMapping: TextFunction {
  typealias Body = @Sendable (UnsafeBufferPointer<UInt8>, ByteBuffer) -> Bool

  private let body: Body
  private var texts: TextReader?

  init(_ body: @escaping Body) { self.body = body }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    texts.map { body($0[row], buffer) } ?? false
  }
}

/// A text made of two texts.
struct TextPairMapping: TextFunction {
  typealias Text = UnsafeBufferPointer<UInt8>
  typealias Body = @Sendable (Text, Text, ByteBuffer) -> Bool

  private let body: Body
  private var first: TextReader?
  private var second: TextReader?

  init(_ body: @escaping Body) { self.body = body }

  mutating func prepare(_ arguments: [Column]) {
    first = TextReader(arguments[0])
    second = TextReader(arguments[1])
  }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    guard let first, let second else { return false }
    return body(first[row], second[row], buffer)
  }
}

/// A text made of an int.
struct IntToText: TextFunction {
  typealias Body = @Sendable (Int64, ByteBuffer) -> Bool

  private let body: Body
  private var values: UnsafePointer<Int64>?

  init(_ body: @escaping Body) { self.body = body }

  mutating func prepare(_ arguments: [Column]) { values = UnsafePointer(arguments[0].ints) }

  func write(_ row: Int, to buffer: ByteBuffer, _ frame: Frame) -> Bool {
    values.map { body($0[row], buffer) } ?? false
  }
}

/// A value of fixed width made of one text; nil for null.
struct TextReading<Value: BitwiseCopyable>: ValueFunction {
  typealias Body = @Sendable (UnsafeBufferPointer<UInt8>) -> Value?

  private let body: Body
  private var texts: TextReader?

  init(_ body: @escaping Body) { self.body = body }

  mutating func prepare(_ arguments: [Column]) { texts = TextReader(arguments[0]) }

  func value(_ row: Int, _ frame: Frame) -> Value? { texts.flatMap { body($0[row]) } }
}

/// A value of fixed width made of two texts.
struct TextPairReading<Value: BitwiseCopyable>: ValueFunction {
  typealias Text = UnsafeBufferPointer<UInt8>
  typealias Body = @Sendable (Text, Text) -> Value?

  private let body: Body
  private var first: TextReader?
  private var second: TextReader?

  init(_ body: @escaping Body) { self.body = body }

  mutating func prepare(_ arguments: [Column]) {
    first = TextReader(arguments[0])
    second = TextReader(arguments[1])
  }

  func value(_ row: Int, _ frame: Frame) -> Value? {
    guard let first, let second else { return nil }
    return body(first[row], second[row])
  }
}

/// A value made of one or two values of fixed width.
struct ValueMapping<Source: BitwiseCopyable, Value: BitwiseCopyable>: ValueFunction {
  typealias Body = @Sendable (Source, Source) -> Value?

  private let body: Body
  private var first: UnsafePointer<Source>?
  private var second: UnsafePointer<Source>?

  init(_ body: @escaping Body) { self.body = body }

  /// Of one value alone.
  init(of one: @escaping @Sendable (Source) -> Value?) { body = { first, _ in one(first) } }

  mutating func prepare(_ arguments: [Column]) {
    first = UnsafePointer(arguments[0].values.assumingMemoryBound(to: Source.self))
    let last = arguments[min(1, arguments.count - 1)]
    second = UnsafePointer(last.values.assumingMemoryBound(to: Source.self))
  }

  func value(_ row: Int, _ frame: Frame) -> Value? {
    guard let first, let second else { return nil }
    return body(first[row], second[row])
  }
}

/// A test of a text that null fails: false for null, never null itself.
struct TextTest: ValueFunction {
  typealias Body = @Sendable (UnsafeBufferPointer<UInt8>) -> Bool

  private let body: Body
  private var texts: TextReader?
  private var validity: UnsafePointer<UInt8>?

  init(_ body: @escaping Body) { self.body = body }

  mutating func prepare(_ arguments: [Column]) {
    texts = TextReader(arguments[0])
    validity = arguments[0].validity.map { UnsafePointer($0) }
  }

  func value(_ row: Int, _ frame: Frame) -> UInt8? {
    guard let texts, validity.map({ $0[row] != 0 }) ?? true else { return 0 }
    return body(texts[row]) ? 1 : 0
  }
}
