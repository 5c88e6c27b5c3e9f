import KeyedState
import Schemas

/// How schemas, states and partitions are written. A tag once given keeps its meaning for ever.
extension ByteWriter {
  mutating func put(_ schema: Schema) {
    put(count: schema.count)
    for field in schema.fields { put(field) }
  }

  private mutating func put(_ field: Field) {
    put(field.name)
    put(UInt8((field.isNullable ? 1 : 0) | (field.isHidden ? 2 : 0)))
    put(field.type)
  }

  private mutating func put(_ type: DataType) {
    switch type {
    case .bool: put(UInt8(1))
    case .int: put(UInt8(2))
    case .float: put(UInt8(3))
    case .decimal(let precision, let scale):
      put(UInt8(4))
      put(UInt8(truncatingIfNeeded: precision))
      put(UInt8(truncatingIfNeeded: scale))
    case .string: put(UInt8(5))
    case .bytes: put(UInt8(6))
    case .timestamp: put(UInt8(7))
    case .date: put(UInt8(8))
    case .duration: put(UInt8(9))
    case .json: put(UInt8(10))
    case .list(let element):
      put(UInt8(11))
      put(element)
    case .map(let value):
      put(UInt8(12))
      put(value)
    case .structure(let fields):
      put(UInt8(13))
      put(count: fields.count)
      for field in fields { put(field) }
    case .unknown: put(UInt8(0))
    }
  }

  private mutating func put(_ fieldType: FieldType) {
    put(UInt8(fieldType.isNullable ? 1 : 0))
    put(fieldType.type)
  }

  mutating func put(_ state: StateDeclaration) {
    put(state.name)
    put(state.kind.tag)
    put(state.schema)
    put(count: state.keyColumns)
    put(count: state.version)
    put(state.parameters)
  }

  mutating func put(_ partition: PartitionID) {
    put(partition.source)
    put(partition.topic)
    put(UInt32(bitPattern: partition.number))
  }

  mutating func put(_ position: Position) {
    put(position.offset)
    put(position.detail)
  }

  mutating func put(_ scope: StateScope) {
    switch scope {
    case .whole: put(UInt8(0))
    case .keyGroup(let group):
      put(UInt8(1))
      put(UInt32(group.number))
    case .partition(let partition):
      put(UInt8(2))
      put(partition)
    }
  }
}

extension ByteReader {
  mutating func schema() throws(CheckpointError) -> Schema {
    var fields: [Field] = []
    for _ in 0..<(try count(of: 6)) { fields.append(try field()) }
    return Schema(fields)
  }

  /// Levels of types inside types at most; a definition has fewer.
  private static var typeDepth: Int { 256 }

  private mutating func field(depth: Int = 0) throws(CheckpointError) -> Field {
    let name = try text()
    let flags = try byte()
    guard flags < 4 else { throw damaged("unknown properties of column `\(name)`") }
    let type = try type(depth: depth)
    return Field(name, type, nullable: flags & 1 != 0, hidden: flags & 2 != 0)
  }

  private mutating func fieldType(depth: Int) throws(CheckpointError) -> FieldType {
    let flags = try byte()
    guard flags < 2 else { throw damaged("unknown properties of a type") }
    return FieldType(try type(depth: depth), nullable: flags == 1)
  }

  private mutating func type(depth: Int) throws(CheckpointError) -> DataType {
    guard depth < Self.typeDepth else { throw damaged("types inside types without end") }
    switch try byte() {
    case 1: return .bool
    case 2: return .int
    case 3: return .float
    case 4:
      let precision = Int(try byte())
      let scale = Int(try byte())
      guard (1...DataType.maximumPrecision).contains(precision), scale <= precision else {
        throw damaged("there is no decimal(\(precision), \(scale))")
      }
      return .decimal(precision: precision, scale: scale)
    case 5: return .string
    case 6: return .bytes
    case 7: return .timestamp
    case 8: return .date
    case 9: return .duration
    case 10: return .json
    case 11: return .list(try fieldType(depth: depth + 1))
    case 12: return .map(try fieldType(depth: depth + 1))
    case 13:
      var fields: [Field] = []
      for _ in 0..<(try count(of: 6)) { fields.append(try field(depth: depth + 1)) }
      return .structure(fields)
    case let tag: throw damaged("unknown column type \(tag)")
    }
  }

  mutating func state() throws(CheckpointError) -> StateDeclaration {
    let name = try text()
    let tag = try byte()
    guard let kind = StateKind.allTagged.first(where: { $0.tag == tag }) else {
      throw damaged("unknown kind \(tag) of state `\(name)`")
    }
    let schema = try schema()
    let keyColumns = Int(try uint32())
    guard keyColumns <= schema.count else {
      throw damaged("state `\(name)` has more key columns than columns")
    }
    let version = Int(try uint32())
    return StateDeclaration(
      name: name, kind: kind, schema: schema, keyColumns: keyColumns, version: version,
      parameters: try text())
  }

  mutating func partition() throws(CheckpointError) -> PartitionID {
    let source = try text()
    let topic = try text()
    return PartitionID(
      source: source, topic: topic, number: Int32(bitPattern: try uint32()))
  }

  mutating func readPosition() throws(CheckpointError) -> Position {
    let offset = try int64()
    return Position(offset: offset, detail: try text())
  }

  mutating func scope() throws(CheckpointError) -> StateScope {
    switch try byte() {
    case 0: return .whole
    case 1:
      let number = try uint32()
      guard number < KeyGroup.count else { throw damaged("there is no key group \(number)") }
      return .keyGroup(KeyGroup(UInt16(number)))
    case 2: return .partition(try partition())
    case let tag: throw damaged("unknown scope \(tag)")
    }
  }
}

extension StateKind {
  fileprivate static let allTagged: [StateKind] = [
    .keyed, .partition, .single, .replicated, .list,
  ]

  fileprivate var tag: UInt8 {
    switch self {
    case .keyed: 1
    case .partition: 2
    case .single: 3
    case .replicated: 4
    case .list: 5
    }
  }
}
