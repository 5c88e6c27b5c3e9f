/// Reads Thrift's compact protocol, as far as Parquet's structures need it. Every length is held
/// against the bytes that are there; an empty structure is one of them and takes more memory, so
/// that those in lists are counted.
///
/// Source: "Thrift Compact protocol encoding" of the Apache Thrift specification.
struct ThriftReader {
  /// What a field's header says.
  struct Field {
    var id: Int
    var type: UInt8
  }

  private enum Code {
    static let yes: UInt8 = 1
    static let no: UInt8 = 2
    static let byte: UInt8 = 3
    static let integers: ClosedRange<UInt8> = 4...6
    static let double: UInt8 = 7
    static let binary: UInt8 = 8
    static let lists: ClosedRange<UInt8> = 9...10
    static let map: UInt8 = 11
    static let structure: UInt8 = 12
  }

  private static let deepest = 64
  /// Structures at most, in all lists together.
  private static let mostStructures = 4_000_000

  private let bytes: [UInt8]
  /// The byte that comes next.
  private(set) var at: Int
  private var listed = 0

  init(_ bytes: [UInt8], at start: Int = 0) {
    self.bytes = bytes
    at = start
  }

  private var left: Int { bytes.count - at }

  private mutating func byte() throws(ParquetFault) -> UInt8 {
    guard at < bytes.count else { throw .ended }
    at += 1
    return bytes[at - 1]
  }

  private mutating func skip(bytes count: UInt64) throws(ParquetFault) {
    guard count <= UInt64(left) else { throw .ended }
    at += Int(count)
  }

  private mutating func varint() throws(ParquetFault) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      let byte = try byte()
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw ParquetFault("a number has more than ten bytes")
  }

  private mutating func zigzag() throws(ParquetFault) -> Int64 {
    let value = try varint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// The next field of a structure; nil at its end.
  mutating func field(after last: inout Int) throws(ParquetFault) -> Field? {
    let header = try byte()
    guard header != 0 else { return nil }
    last = header >> 4 == 0 ? Int(try zigzag()) : last &+ Int(header >> 4)
    return Field(id: last, type: header & 15)
  }

  mutating func int(_ field: Field) throws(ParquetFault) -> Int64 {
    if field.type == Code.byte { return Int64(Int8(bitPattern: try byte())) }
    guard Code.integers.contains(field.type) else { throw wrong(field, "a number") }
    return try zigzag()
  }

  func bool(_ field: Field) throws(ParquetFault) -> Bool {
    guard field.type == Code.yes || field.type == Code.no else { throw wrong(field, "a bool") }
    return field.type == Code.yes
  }

  mutating func text(_ field: Field) throws(ParquetFault) -> String {
    guard field.type == Code.binary else { throw wrong(field, "a text") }
    let count = try varint()
    let start = at
    try skip(bytes: count)
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  /// Begins a structure, which is read to its end by `field(after:)`.
  func expectStructure(_ field: Field) throws(ParquetFault) {
    guard field.type == Code.structure else { throw wrong(field, "a structure") }
  }

  /// How many structures a list has; each is read to its end by `field(after:)`.
  mutating func structures(_ field: Field) throws(ParquetFault) -> Int {
    guard Code.lists.contains(field.type) else { throw wrong(field, "a list") }
    let (count, type) = try list()
    guard type == Code.structure || count == 0 else { throw wrong(field, "a list of structures") }
    listed += count
    guard listed <= Self.mostStructures else {
      throw ParquetFault("it lists more than \(Self.mostStructures) columns and parts of them")
    }
    return count
  }

  private mutating func list() throws(ParquetFault) -> (count: Int, type: UInt8) {
    let header = try byte()
    let count = header >> 4 == 15 ? try varint() : UInt64(header >> 4)
    // Each element has a byte at least.
    guard count <= UInt64(left) else { throw .ended }
    return (Int(count), header & 15)
  }

  /// Goes behind a field that nobody reads.
  mutating func skip(_ field: Field) throws(ParquetFault) {
    guard field.type != Code.yes, field.type != Code.no else { return }
    try skip(field.type, depth: 0)
  }

  private mutating func skip(_ type: UInt8, depth: Int) throws(ParquetFault) {
    guard depth < Self.deepest else { throw ParquetFault("its structures are nested too deep") }
    switch type {
    // In a list a bool is a byte.
    case Code.yes, Code.no, Code.byte: _ = try byte()
    case Code.integers: _ = try varint()
    case Code.double: try skip(bytes: 8)
    case Code.binary: try skip(bytes: try varint())
    case Code.lists:
      let (count, element) = try list()
      for _ in 0..<count { try skip(element, depth: depth + 1) }
    case Code.map: try skipMap(depth)
    case Code.structure:
      var last = 0
      while let field = try field(after: &last) {
        if field.type != Code.yes, field.type != Code.no {
          try skip(field.type, depth: depth + 1)
        }
      }
    default: throw ParquetFault("it has a field of type \(type), which Thrift does not know")
    }
  }

  private mutating func skipMap(_ depth: Int) throws(ParquetFault) {
    let count = try varint()
    guard count > 0 else { return }
    let types = try byte()
    guard count <= UInt64(left) else { throw .ended }
    for _ in 0..<count {
      try skip(types >> 4, depth: depth + 1)
      try skip(types & 15, depth: depth + 1)
    }
  }

  private func wrong(_ field: Field, _ wanted: String) -> ParquetFault {
    ParquetFault("its field \(field.id) is not \(wanted)")
  }
}
