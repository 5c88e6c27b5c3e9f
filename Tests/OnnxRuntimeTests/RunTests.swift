import Columns
import Dispatch
import Schemas
import Synchronization
import TestKit
import Testing

@testable import OnnxRuntime

struct RunTests {
  static let typeFields = [
    Field("f32", .float), Field("f64", .float), Field("i8", .int), Field("i16", .int),
    Field("i32", .int), Field("i64", .int), Field("u8", .int), Field("u16", .int),
    Field("u32", .int), Field("u64", .int), Field("flag", .bool), Field("text", .string),
  ]

  /// A model that gives back what it is given, in every type.
  static func types(_ name: String = "types") throws -> OnnxBinding {
    try Models.open(name).bind(
      inputs: typeFields,
      answers: typeFields.map { OnnxAnswer($0, output: "\($0.name)_out") })
  }

  static let least: [Cell] = [
    -1.5, -1e300, -128, -32_768, -2_147_483_648, .int(.min), 0, 0, 0, 0, false, "",
  ]
  static let greatest: [Cell] = [
    16_777_217.0, 1e300, 127, 32_767, 2_147_483_647, .int(.max), 255, 65_535, 4_294_967_295,
    .int(.max), true, "a\u{0}ñ日",
  ]

  @Test func `every type goes in and comes out whole`() throws {
    let answers = try Self.types().run([Self.least, Self.greatest])
    var expected = [Self.least, Self.greatest]
    // What a float of 32 bits makes of it.
    expected[1][0] = 16_777_216.0
    #expect(answers == expected)
  }

  @Test func `a value out of a type's range is told with its row`() throws {
    for (index, value) in [
      (2, 128), (3, -32_769), (4, 2_147_483_648), (6, -1), (7, 65_536),
      (8, 4_294_967_296), (9, -1),
    ] {
      var rows = [Self.least, Self.greatest, Self.least]
      rows[2][index] = .int(Int64(value))
      guard
        case .value(_, let input, let row, let reason)? = try Models.refusal({
          try Self.types().run(rows)
        })
      else { return #expect(Bool(false), "\(value) got through") }
      #expect(input == Self.typeFields[index].name && row == 2)
      #expect(reason.hasPrefix("\(value) is out of the range of "))
      // Rows that are left out for their nulls do not shift the number.
      rows[0][11] = nil
      guard case .value(_, _, 2, _)? = try Models.refusal({ try Self.types().run(rows) }) else {
        return #expect(Bool(false))
      }
    }
  }

  @Test func `a fixed batch is filled up, and gives what one of any size does`() throws {
    let fixed = try Self.types("types_fixed")
    #expect(fixed.fixedBatch == 16)
    for count in [0, 1, 15, 16, 17, 32, 50] {
      let rows = (0..<count).map { row in
        var cells = row % 3 == 0 ? Self.greatest : Self.least
        cells[5] = .int(Int64(row))
        cells[11] = .text("row \(row)")
        return cells
      }
      #expect(try fixed.run(rows) == Self.types().run(rows), "\(count) rows")
    }
  }

  @Test func `a row with a null is not asked, and its answers are null`() throws {
    let rows: [[Cell]] = [[0], [nil], [2], [nil]]
    let gather = try Models.open("gather").bind(
      inputs: [Field("place", .int, nullable: true)], answers: [OnnxAnswer(Field("value", .float))])
    #expect(try gather.run(rows) == [[1.5], [nil], [3.5], [nil]])
    #expect(try gather.run([[nil], [nil]]) == [[nil], [nil]])
    var cells = Self.greatest
    cells[11] = nil
    #expect(try Self.types().run([cells, Self.least])[0] == Array(repeating: .null, count: 12))
  }

  @Test func `what goes wrong while it runs is an error, and the next run is fine`() throws {
    let gather = try Models.open("gather").bind(
      inputs: [Field("place", .int)], answers: [OnnxAnswer(Field("value", .float))])
    guard case .runFailed(_, let reason)? = try Models.refusal({ try gather.run([[1], [9]]) })
    else { return #expect(Bool(false)) }
    #expect(reason.contains("idx=9"), "\(reason)")
    #expect(try gather.run([[1]]) == [[2.5]])

    let sum = try Models.open("sum").bind(
      inputs: [Field("x", .float)],
      answers: [OnnxAnswer(Field("total", .float))])
    #expect(
      try Models.refusal({ try sum.run([[1.0], [2.0]]) })
        == .runFailed(
          path: Models.path("sum"), reason: "its output `total` has the shape [1] for 2 rows"))
  }

  @Test func `ints are given where the model wants floats`() throws {
    let ints = (0..<8).map { Field("x\($0)", .int) }
    let model = try Models.open("trees")
    let rows = (0..<50).map { row in (0..<8).map { (row * 7 + $0 * 3) % 5 - 2 } }
    let byInts = try model.bind(inputs: ints, answers: OracleTests.scores)
      .run(rows.map { $0.map { .int(Int64($0)) } })
    let byFloats = try model.bind(inputs: OracleTests.features, answers: OracleTests.scores)
      .run(rows.map { $0.map { .float(Double($0)) } })
    #expect(byInts == byFloats)
  }

  @Test(arguments: [1, 2])
  func `runs at the same time do not disturb each other`(_ threads: Int) throws {
    let binding = try Models.open("trees", threads: threads)
      .bind(inputs: OracleTests.features, answers: OracleTests.scores)
    binding.warmUp(rows: 64)
    let rows = OracleTests.rows(400, seed: 14)
    // With several threads a sum over trees is put together by parts that hang on the batch's size.
    let batches = (0..<12).map { 10 + $0 * 35 }
    let expected = try batches.map { try OracleTests.answers(binding, rows, batch: $0) }
    let wrong = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: 48) { turn in
      let index = turn % batches.count
      let actual = try? OracleTests.answers(binding, rows, batch: batches[index])
      if actual != expected[index] { wrong.withLock { $0 += 1 } }
    }
    #expect(wrong.withLock { $0 } == 0)
  }
}

/// Lists, which are tensors of two dimensions.
struct ListTests {
  static let fields = [
    Field("floats", .list(FieldType(.float))), Field("ints", .list(FieldType(.int))),
    Field("words", .list(FieldType(.string))), Field("any", .list(FieldType(.float))),
  ]
  static let rows: [[[Cell]]] = [
    [[1.5, 2.5, -0.25], [1, -2], ["a", "ñ"], [1e300]],
    [[0.5, 0.0, 3.0], [7, 8], ["", "b"], [2.0]],
  ]

  static func columns(_ rows: [[[Cell]]]) -> [Column] {
    fields.enumerated().map { index, field in
      guard case .list(let element) = field.type else { return .blank(field, 0) }
      let texts = TextColumnWriter(field.type, rowCount: rows.count)
      for row in rows {
        let cells = Column(element.type, row[index], forceValidity: true)
        let elements = row[index].indices.map { cells.isValid($0) ? cell(cells, $0) : nil }
        NestedWriter.list(elements, of: element.type, to: texts.buffer)
        withExtendedLifetime(cells) {}
        texts.endRow()
      }
      return texts.finish()
    }
  }

  private static func cell(_ column: Column, _ row: Int) -> UnsafeBufferPointer<UInt8> {
    if column.type.isText { return column.text(row) }
    let start = (column.values + row * column.type.width).assumingMemoryBound(to: UInt8.self)
    return UnsafeBufferPointer(start: start, count: column.type.width)
  }

  static func binding() throws -> OnnxBinding {
    try Models.open("lists").bind(
      inputs: fields,
      answers: fields.map { OnnxAnswer($0, output: "\($0.name)_out") } + [
        OnnxAnswer(Field("second", .string), output: "words_out", index: 1)
      ])
  }

  @Test func `lists go in and come out whole, or by index`() throws {
    let given = Self.columns(Self.rows)
    let answers = try Self.binding().run(given, rowCount: 2)
    for index in Self.fields.indices { #expect(answers[index].cells == given[index].cells) }
    #expect(answers[4].cells == ["ñ", "b"])
  }

  @Test(
    arguments: [
      (0, [1.0], "`floats`: its list has 1 values, not 3"),
      (2, ["a", nil], "`words`: its list has a null in it"),
      (1, [7, 2_147_483_648], "`ints`: 2147483648 is out of the range of int32, at index 1"),
      (3, [1.0, 2.0], "`any`: its list has 2 values, not 1"),
    ] as [(Int, [Cell], String)])
  func `a list that does not fit is told with its row`(
    _ field: Int, _ list: [Cell], _ finding: String
  ) throws {
    var rows = Self.rows
    rows[1][field] = list
    let error = try Models.refusal {
      try Self.binding().run(Self.columns(rows), rowCount: 2)
    }
    #expect(
      error?.description.hasSuffix(" row 1 of its input \(finding)") == true,
      "\(String(describing: error))")
  }
}
