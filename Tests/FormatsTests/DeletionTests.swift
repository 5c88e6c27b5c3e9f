import Columns
import Formats
import Plans
import Schemas
import TestKit
import Testing

/// Records without a value of a table's topic: rows that delete their key.
struct DeletionTests {
  private func decode(
    _ columns: [DecodedColumn], keys: [String], time: String?,
    _ records: [(key: String?, value: String?)], format: DecodingSpec.Format = .json
  ) throws -> Decoded {
    var spec = DecodingSpec(format: format, columns: columns)
    spec.deletions = DeletionSpec(keys: keys, time: time)
    let batch = RecordBatch(
      partition: PartitionID(source: "t", topic: "t", number: 0), capacity: records.count,
      byteCapacity: 1_000)
    for (number, record) in records.enumerated() {
      Array((record.key ?? "").utf8).withUnsafeBytes { key in
        Array((record.value ?? "").utf8).withUnsafeBytes { value in
          batch.append(
            value: record.value.map { _ in value }, key: record.key.map { _ in key },
            timestamp: Int64(number) * 1_000, offset: Int64(number))
        }
      }
    }
    return try makeDecoder(spec).decode(batch)
  }

  private func kinds(_ decoded: Decoded) -> [Cell] {
    let kinds = decoded.batch.hidden.rowKinds
    return decoded.batch.countedRows.map { kinds?.cell($0) ?? .int(0) }
  }

  private static let columns = [
    column("id", .string), column("n", .int), column("at", .timestamp),
  ]

  @Test func `they stand among the others, with their key and the record's time`() throws {
    let decoded = try decode(
      Self.columns, keys: ["id"], time: "at",
      [
        ("a", #"{"id":"a","n":1,"at":"2026-01-01T00:00:00Z"}"#), (#"x"\y"#, nil), ("b", "{"),
        (nil, nil), ("a", nil),
      ])
    let first: [Cell] = [.text("a"), .int(1), .int(1_767_225_600_000_000)]
    #expect(
      decoded.batch.cells == [
        first, [.text(#"x"\y"#), .int(0), .int(1_000)], [.text("a"), .int(0), .int(4_000)],
      ])
    #expect(kinds(decoded) == [.int(0), .int(3), .int(3)])
    #expect(decoded.failures.map(\.row) == [2, 3])
  }

  @Test func `keys of several columns, objects, numbers, and what is none`() throws {
    let two = [
      column("tenant", .string), column("number", .int, nullable: true), column("name", .string),
    ]
    let decoded = try decode(
      two, keys: ["tenant", "number"], time: nil,
      [
        (#"["a,\"]", 5]"#, nil), (#"{"number":6,"tenant":"b","more":[1]}"#, nil), ("plain", nil),
        (#"["c"]"#, nil), (#"["d", "e"]"#, nil), ("[]", nil), (nil, nil), ("[", nil),
      ])
    #expect(
      decoded.batch.cells == [
        [.text(#"a,"]"#), .int(5), .text("")], [.text("b"), .int(6), .text("")],
      ])
    #expect(decoded.failures.map(\.row) == [2, 3, 4, 5, 6, 7])
    #expect(decoded.failures.allSatisfy { $0.reason.contains("its key names no row to delete") })

    let number = try decode(
      [column("id", .int), column("x", .float)], keys: ["id"], time: nil,
      [("12", nil), ("twelve", nil), (#"13,"x":2"#, nil), ("13", #"{"id":13,"x":1.5}"#)])
    #expect(number.batch.cells == [[.int(12), .float(0)], [.int(13), .float(1.5)]])
    #expect(number.failures.map(\.row) == [1, 2])

    let own = DecodedColumn(field: Field("id", .string), origin: .key)
    let named = try decode(
      [own, column("x", .int)], keys: ["id"], time: nil, [("{", nil), ("a", #"{"x":1}"#)])
    #expect(named.batch.cells == [[.text("{"), .int(0)], [.text("a"), .int(1)]])
    #expect(kinds(named) == [.int(3), .int(0)])
  }

  @Test func `without a key column that is read there is no decoder`() {
    var spec = DecodingSpec(format: .json, columns: Self.columns)
    spec.deletions = DeletionSpec(keys: ["other"], time: nil)
    #expect(throws: FormatError.self) { try makeDecoder(spec) }
  }
}
