import Columns
import Schemas
import TestKit
import Testing

/// Values of nested types, as plain as can be.
private indirect enum Tree: Equatable {
  case null
  case scalar(Cell)
  case list([Tree])
  case map([(String, Tree)])
  case structure([Tree])

  static func == (a: Tree, b: Tree) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.scalar(let x), .scalar(let y)): x == y
    case (.list(let x), .list(let y)), (.structure(let x), .structure(let y)): x == y
    case (.map(let x), .map(let y)):
      x.count == y.count && zip(x, y).allSatisfy { $0.0 == $1.0 && $0.1 == $1.1 }
    default: false
    }
  }
}

private struct Trees {
  var random: SeededRandom

  mutating func type(depth: Int) -> FieldType {
    let scalars: [DataType] = [
      .bool, .int, .float, .decimal(precision: 12, scale: 2), .string, .bytes, .timestamp,
    ]
    let kind = depth == 0 ? 3 : Int.random(in: 0..<5, using: &random)
    let type: DataType =
      switch kind {
      case 0: .list(self.type(depth: depth - 1))
      case 1: .map(self.type(depth: depth - 1))
      case 2:
        .structure(
          (0..<Int.random(in: 0...3, using: &random)).map {
            Field("f\($0)", self.type(depth: depth - 1))
          })
      default: scalars.randomElement(using: &random)!
      }
    return FieldType(type, nullable: Bool.random(using: &random))
  }

  mutating func tree(_ type: FieldType) -> Tree {
    if type.isNullable, Int.random(in: 0..<4, using: &random) == 0 { return .null }
    switch type.type {
    case .list(let element):
      return .list((0..<Int.random(in: 0...3, using: &random)).map { _ in tree(element) })
    case .map(let value):
      let keys = ["", "a", "ab", "b", "é"].shuffled(using: &random)
      return .map(
        keys.prefix(Int.random(in: 0...3, using: &random)).map { ($0, tree(value)) })
    case .structure(let fields): return .structure(fields.map { tree($0.fieldType) })
    case .bool: return .scalar(.bool(Bool.random(using: &random)))
    case .float: return .scalar(.float([0, 1.5, -2, .infinity].randomElement(using: &random)!))
    case .decimal:
      let digits = Int128(Int.random(in: -9...9, using: &random))
      return .scalar(.decimal(unscaled: digits, scale: 2))
    case .string, .bytes:
      return .scalar(["", "x", "some text"].randomElement(using: &random)!)
    default: return .scalar(.int(Int64.random(in: -3...3, using: &random)))
    }
  }

  /// Writes the tree by the parts' bytes, which live in columns and buffers of their own.
  static func bytes(_ tree: Tree, _ type: DataType) -> [UInt8]? {
    let buffer = ByteBuffer()
    switch (tree, type) {
    case (.null, _): return nil
    case (.scalar(let cell), _):
      let column = Column(type, [cell])
      return withExtendedLifetime(column) { Array(column.cell(0) as UnsafeBufferPointer<UInt8>) }
    case (.list(let elements), .list(let element)):
      let all = elements.map { bytes($0, element.type) }
      withPointers(all) { NestedWriter.list($0, of: element.type, to: buffer) }
    case (.structure(let values), .structure(let fields)):
      let all = zip(values, fields).map { bytes($0, $1.type) }
      withPointers(all) {
        NestedWriter.structure($0, StructLayout(fields.map(\.type)), to: buffer)
      }
    case (.map(let entries), .map(let value)):
      let keys = entries.map { Array($0.0.utf8) as [UInt8]? }
      let values = entries.map { bytes($0.1, value.type) }
      withPointers(keys) { keys in
        withPointers(values) { values in
          NestedWriter.map(
            zip(keys, values).map { ($0!, $1) }, of: value.type, to: buffer)
        }
      }
    default: preconditionFailure("a tree of another type")
    }
    return Array(buffer.bytes)
  }

  private static func withPointers(
    _ parts: [[UInt8]?], _ body: ([UnsafeBufferPointer<UInt8>?]) -> Void
  ) {
    let copies = parts.map { part -> ByteBuffer? in
      guard let part else { return nil }
      let copy = ByteBuffer(capacity: part.count + 1)
      part.withUnsafeBufferPointer { copy.append($0) }
      return copy
    }
    withExtendedLifetime(copies) { body(copies.map { $0?.bytes }) }
  }

  static func read(_ cell: UnsafeBufferPointer<UInt8>?, _ type: DataType) -> Tree {
    guard let cell else { return .null }
    switch type {
    case .list(let element):
      let list = NestedList(cell, element: element.type)
      return .list((0..<list.count).map { read(list.element($0), element.type) })
    case .map(let value):
      let map = NestedMap(cell, value: value.type)
      return .map(
        (0..<map.count).map {
          (String(decoding: map.keys[$0], as: UTF8.self), read(map.values.element($0), value.type))
        })
    case .structure(let fields):
      let layout = StructLayout(fields.map(\.type))
      return .structure(fields.indices.map { read(layout.field($0, of: cell), fields[$0].type) })
    default:
      let builder = PartBuilder(type, rowCount: 1)
      builder.append(cell)
      return .scalar(builder.finish().cell(0) as Cell)
    }
  }

  static func sorted(_ tree: Tree) -> Tree {
    switch tree {
    case .list(let trees): .list(trees.map(sorted))
    case .structure(let trees): .structure(trees.map(sorted))
    case .map(let entries):
      .map(
        entries.map { ($0.0, sorted($0.1)) }
          .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) })
    default: tree
    }
  }
}

@Suite("Nested values as bytes")
struct NestedTests {
  @Test("What is written is read, equal values are equal bytes, and all of it is sound")
  func roundTrip() throws {
    var trees = Trees(random: SeededRandom(seed: 1))
    for _ in 0..<2000 {
      let type = trees.type(depth: 3).type
      guard type.isNested else { continue }
      let (a, b) = (trees.tree(FieldType(type)), trees.tree(FieldType(type)))
      let bytes = try [a, b].map { try #require(Trees.bytes($0, type)) }
      for (tree, cell) in zip([a, b], bytes) {
        cell.withUnsafeBufferPointer {
          #expect(Trees.read($0, type) == Trees.sorted(tree))
          #expect(NestedCheck.isSound($0, type), "\(type): \(tree)")
        }
      }
      #expect((bytes[0] == bytes[1]) == (Trees.sorted(a) == Trees.sorted(b)))
    }
  }

  @Test("Of equal keys of a map the last wins, whatever their order")
  func lastKeyWins() throws {
    let type = DataType.map(FieldType(.int))
    let entries: [(String, Tree)] = [("b", .scalar(1)), ("a", .scalar(2)), ("b", .scalar(3))]
    let cell = try #require(Trees.bytes(.map(entries), type))
    let plain = try #require(
      Trees.bytes(.map([("a", .scalar(2)), ("b", .scalar(3))]), type))
    #expect(cell == plain)
  }

  @Test("Zeros and NaNs of floats are one each")
  func floats() throws {
    let type = DataType.list(FieldType(.float))
    let a = Trees.bytes(.list([.scalar(.float(-0.0)), .scalar(.float(-.nan))]), type)
    let b = Trees.bytes(.list([.scalar(.float(0)), .scalar(.float(.nan))]), type)
    #expect(a == b)
  }

  @Test("Damaged bytes are read without going out of bounds, and told apart from sound ones")
  func damage() throws {
    var trees = Trees(random: SeededRandom(seed: 2))
    var refused = 0
    for _ in 0..<3000 {
      let type = trees.type(depth: 3).type
      guard type.isNested, var cell = Trees.bytes(trees.tree(FieldType(type)), type), !cell.isEmpty
      else { continue }
      switch Int.random(in: 0..<3, using: &trees.random) {
      case 0: cell.removeLast(Int.random(in: 1...cell.count, using: &trees.random))
      case 1: cell.append(7)
      default:
        let place = Int.random(in: 0..<cell.count, using: &trees.random)
        cell[place] = UInt8.random(in: 0...255, using: &trees.random)
      }
      // Exactly as long as it is, so that a reader beyond it is found out.
      let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: cell.count)
      defer { copy.deallocate() }
      _ = copy.initialize(from: cell)
      let bytes = UnsafeBufferPointer(copy)
      _ = Trees.read(bytes, type)
      _ = NestedText(type).string(bytes)
      if !NestedCheck.isSound(bytes, type) { refused += 1 }
    }
    #expect(refused > 500)
  }

  @Test("The elements of lists lie in one column, with the rows that they come from")
  func elements() throws {
    let type = DataType.list(FieldType(.int, nullable: true))
    let builder = ColumnBuilder(type)
    for list: [Tree]? in [[.scalar(1), .scalar(2)], nil, [], [.null, .scalar(4)]] {
      guard let list, let cell = Trees.bytes(.list(list), type) else {
        builder.appendNull()
        continue
      }
      cell.withUnsafeBufferPointer { builder.append(text: $0) }
    }
    let all = ListElements(
      builder.finish(), of: FieldType(.int, nullable: true), RowSet(rowCount: 4))
    #expect(all.column.cells == [1, 2, nil, 4])
    #expect(all.rows == [0, 0, 3, 3])
  }
}
