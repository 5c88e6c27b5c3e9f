import Formats
import Plans
import Schemas
import TestKit

/// What must hold of decoding any bytes as JSON; an oracle for properties and fuzzing.
///
/// The bytes are records with a 0xFF between them, which is in no UTF-8.
package struct JSONInvariants {
  static let recordLimit = 6

  private let simdjson = SimdJSON()
  private let texts = DecodingSpec(
    format: .json,
    columns: [column("a", .string), column("c", .json), column("raw_a", .json, from: "a")])
  private let values: DecodingSpec
  private let schema: Schema

  package init() {
    let columns = [
      Self.column("f", .float), Self.column("raw_f", .json, from: "f"), Self.column("b", .int),
      Self.column("raw_b", .json, from: "b"),
      Self.column("d", .decimal(precision: 20, scale: 4)), Self.column("t", .timestamp),
      Self.column("day", .date), Self.column("span", .duration), Self.column("ok", .bool),
      Self.column("y", .bytes), Self.column("a", .string), Self.column("c", .json),
    ]
    values = DecodingSpec(format: .json, columns: columns)
    schema = Schema(columns.map(\.field))
  }

  private static func column(
    _ name: String, _ type: DataType, from field: String? = nil
  ) -> DecodedColumn {
    DecodedColumn(field: Field(name, type, nullable: true), origin: .field(field ?? name))
  }

  /// Nil if all is well.
  package func complaint(about bytes: [UInt8]) -> String? {
    let records = bytes.split(separator: 0xFF, omittingEmptySubsequences: false)
      .prefix(Self.recordLimit).map { Array($0) }
    for spec in [texts, values] {
      // A decoder's first record goes the exact way: there is no template yet.
      let alone = records.map { outcomes(of: [$0], spec)[0] }
      if let complaint = verdicts(alone, records) { return complaint }
      if let complaint = templates(alone, records, spec) { return complaint }
      if spec == values, let complaint = roundTrip(alone) { return complaint }
    }
    return nil
  }

  /// simdjson accepts the same records and finds the same texts.
  private func verdicts(_ outcomes: [DecodingOutcome], _ records: [[UInt8]]) -> String? {
    for (outcome, record) in zip(outcomes, records) {
      let isObject = simdjson.isObject(record)
      guard outcome.isWellFormed == isObject else {
        return "simdjson: \(isObject), decoder: \(outcome): \(shown(record))"
      }
      guard case .row(let cells) = outcome, cells.count == texts.columns.count,
        let field = simdjson.field("a", of: record)
      else { continue }
      let expected: Cell =
        field.isString ? .text(String(decoding: field.text, as: UTF8.self)) : .null
      guard cells[0] == expected else {
        return "`a` is \(cells[0]) instead of \(expected): \(shown(record))"
      }
    }
    return nil
  }

  /// What a decoder has seen before changes nothing.
  private func templates(
    _ alone: [DecodingOutcome], _ records: [[UInt8]], _ spec: DecodingSpec
  ) -> String? {
    for (i, record) in records.enumerated() {
      let j = (i + 1) % records.count
      let order = [i, i, j, j, i, j]
      let together = outcomes(of: order.map { records[$0] }, spec)
      for (place, index) in order.enumerated() where together[place] != alone[index] {
        return "alone: \(alone[index]), at \(place) behind \(shown(record)): "
          + "\(together[place]): \(shown(records[index]))"
      }
    }
    return nil
  }

  /// Numbers are what the standard library reads, and rows come back as they were written.
  private func roundTrip(_ outcomes: [DecodingOutcome]) -> String? {
    let rows = outcomes.compactMap { outcome -> [Cell]? in
      if case .row(let cells) = outcome { cells } else { nil }
    }
    for row in rows {
      if case .text(let text) = row[1], case .float(let value) = row[0],
        Double(text)?.bitPattern != value.bitPattern
      {
        return "\(text) was read as the float \(value)"
      }
      if case .text(let text) = row[3], case .int(let value) = row[2], Int64(text) != value {
        return "\(text) was read as the int \(value)"
      }
    }
    let (records, failures) = encoded(rows, schema, EncodingSpec())
    guard failures == 0 else { return "\(failures) of \(rows) cannot be written" }
    let written = DecodingSpec(
      format: .json,
      columns: schema.fields.map { DecodedColumn(field: $0, origin: .field($0.name)) })
    for (row, record) in zip(rows, records) {
      let back = FormatOracles.outcomes(of: [record], written)[0]
      guard back == .row(onOneLine(row)) else {
        return "\(row) was written as \(shown(record)) and read as \(back)"
      }
    }
    return nil
  }

  /// Documents are written without their newlines, which lie outside their texts.
  private func onOneLine(_ row: [Cell]) -> [Cell] {
    zip(row, schema.fields).map { cell, field in
      guard field.type == .json, case .text(let text) = cell else { return cell }
      let bytes = text.utf8.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
      return .text(String(decoding: bytes, as: UTF8.self))
    }
  }
}

func shown(_ bytes: [UInt8]) -> String { "`\(String(decoding: bytes, as: UTF8.self))` \(bytes)" }
