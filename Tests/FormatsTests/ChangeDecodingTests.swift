import Columns
import Formats
import Plans
import Schemas
import TestKit
import Testing

/// Records that are changes, in Debezium's envelope, and objects that delete rows.
struct ChangeDecodingTests {
  private static let columns = [
    column("id", .int), column("name", .string), column("n", .int, nullable: true),
  ]

  private func decode(
    _ values: [String?], keys: [String]?, record: String? = nil,
    format: DecodingSpec.Format = .debezium
  ) throws -> Decoded {
    var spec = DecodingSpec(format: format, columns: Self.columns)
    let isMarked = format != .debezium
    spec.deletions = keys.map { DeletionSpec(keys: $0, time: nil, isMarked: isMarked) }
    let batch = RecordBatch(
      partition: PartitionID(source: "t", topic: "t", number: 0), capacity: values.count,
      byteCapacity: 1_000)
    for (number, value) in values.enumerated() {
      Array((record ?? "").utf8).withUnsafeBytes { key in
        Array((value ?? "").utf8).withUnsafeBytes { bytes in
          batch.append(
            value: value.map { _ in bytes }, key: record.map { _ in key },
            timestamp: Int64(number) * 1_000, offset: Int64(number))
        }
      }
    }
    return try makeDecoder(spec).decode(batch)
  }

  /// The rows that count, with their kinds and records.
  private func lines(_ decoded: Decoded) -> [String] {
    let kinds = decoded.batch.hidden.rowKinds
    let records = decoded.batch.hidden.recordRows
    return zip(decoded.batch.cells, decoded.batch.countedRows).map { cells, row in
      let kind = kinds.flatMap { RowKind(rawValue: $0.ints[row]) } ?? .insert
      return "\(records?.ints[row] ?? Int64(row)) \(kind) \(cells)"
    }
  }

  private static let rows = [
    #"{"before":null,"after":{"id":1,"name":"a","n":5},"op":"c","ts_ms":7}"#,
    #"{"op":"r","after":{"name":"b","id":2}}"#,
    #"{"before":{"id":1,"name":"a","n":5},"after":{"id":1,"name":"x"},"source":{},"op":"u"}"#,
    #"{"before":{"id":1,"name":"x","n":null},"after":null,"op":"d"}"#,
    nil,
  ]

  @Test func `without a key a change is the row before and the row after`() throws {
    let decoded = try decode(Self.rows, keys: nil)
    #expect(decoded.failures.isEmpty)
    #expect(
      lines(decoded) == [
        "0 insert \([Cell.int(1), .text("a"), .int(5)])",
        "1 insert \([Cell.int(2), .text("b"), .null])",
        "2 updateBefore \([Cell.int(1), .text("a"), .int(5)])",
        "2 updateAfter \([Cell.int(1), .text("x"), .null])",
        "3 delete \([Cell.int(1), .text("x"), .null])",
      ])
  }

  @Test func `with a key it is the newest row or a deletion`() throws {
    let rows =
      Self.rows + [
        #"{"before":null,"after":{"id":2,"name":"c"},"op":"u"}"#,
        #"{"before":{"id":2},"op":"d"}"#, #"{"before":null,"after":null,"op":"d"}"#,
      ]
    let decoded = try decode(rows, keys: ["id"], record: #"{"schema":{},"payload":{"id":9}}"#)
    #expect(decoded.failures.isEmpty)
    #expect(
      lines(decoded) == [
        "0 insert \([Cell.int(1), .text("a"), .int(5)])",
        "1 insert \([Cell.int(2), .text("b"), .null])",
        "2 insert \([Cell.int(1), .text("x"), .null])",
        "3 delete \([Cell.int(1), .text(""), .null])",
        "5 insert \([Cell.int(2), .text("c"), .null])",
        "6 delete \([Cell.int(2), .text(""), .null])",
        "7 delete \([Cell.int(9), .text(""), .null])",
      ])
  }

  @Test func `an envelope may stand in another`() throws {
    let wrapped = Self.rows.map { $0.map { #"{"schema":{"type":"struct"},"payload":\#($0)}"# } }
    for keys in [nil, ["id"]] {
      let (inner, outer) = (try decode(Self.rows, keys: keys), try decode(wrapped, keys: keys))
      #expect(lines(inner) == lines(outer))
      #expect(outer.failures.isEmpty)
    }
  }

  @Test func `what is no change fails, and says why`() throws {
    let rows = [
      #"{"before":null,"after":{"id":1,"name":"x"},"op":"u"}"#, #"{"before":null,"op":"d"}"#,
      #"{"op":"t"}"#, #"{"op":"m"}"#, #"{"op":"c"}"#, #"{"id":1,"name":"x"}"#, "{",
      #"{"before":{"id":1},"after":{"id":1,"name":"x"},"op":"u"}"#,
      #"{"after":{"id":"a"},"op":"c"}"#,
      #"{"after":{"id":3,"name":"fine"},"op":"c"}"#,
    ]
    let decoded = try decode(rows, keys: nil)
    #expect(lines(decoded).count == 1)
    let records = decoded.batch.hidden.recordRows
    let failed = decoded.failures.map { records?.ints[$0.row] ?? -1 }
    #expect(failed == [0, 1, 2, 3, 4, 5, 6, 7, 8])
    let reasons = decoded.failures.map(\.reason)
    for (place, words) in [
      (0, "REPLICA IDENTITY FULL"), (1, "REPLICA IDENTITY FULL"), (2, "truncated"),
      (3, "none of c, r, u and d"), (4, "no `after`"), (5, "neither `op` nor `payload`"),
      (7, "`before`: "), (8, "`after`: "),
    ] {
      #expect(reasons[place].contains(words), "\(reasons[place])")
    }
    let keyed = try decode([#"{"before":null,"op":"d"}"#, #"{"op":"t"}"#], keys: ["id"])
    #expect(keyed.failures.map(\.row) == [0, 1])
    #expect(keyed.failures[0].reason.contains("its key names no row to delete"))
  }

  @Test func `objects with a mark delete the row of their key`() throws {
    let rows = [
      #"{"id":1,"name":"a"}"#, #"{"id":1,"$deleted":true}"#,
      #"{"id":2,"name":"$deleted","n":1}"#, #"{"id":3,"name":"b","$deleted":false}"#,
      #"{"name":"c","$deleted":true}"#, #"{"id":4,"name":"d","n":1,"$deleted":true}"#,
    ]
    let decoded = try decode(rows, keys: ["id"], format: .json)
    #expect(
      lines(decoded) == [
        "0 insert \([Cell.int(1), .text("a"), .null])",
        "1 delete \([Cell.int(1), .text(""), .null])",
        "2 insert \([Cell.int(2), .text("$deleted"), .int(1)])",
        "3 insert \([Cell.int(3), .text("b"), .null])",
        "5 delete \([Cell.int(4), .text(""), .null])",
      ])
    #expect(decoded.failures.map(\.row) == [4])
    let plain = try decode([rows[0]], keys: ["id"], format: .json)
    #expect(plain.batch.hidden.rowKinds == nil)
  }
}
