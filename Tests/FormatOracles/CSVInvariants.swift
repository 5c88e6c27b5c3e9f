import Columns
import Connectors
import Formats
import Plans
import Schemas
import TestKit

/// What must hold of cutting and decoding any bytes as CSV; an oracle for properties and fuzzing.
///
/// The first byte chooses the separator, the second the size of the pieces that a file comes in.
package enum CSVInvariants {
  static let recordLimit = 64

  /// Nil if all is well.
  package static func complaint(about bytes: [UInt8]) -> String? {
    guard bytes.count >= 2 else { return nil }
    let separator = Array(",;\t|".utf8)[Int(bytes[0] % 4)]
    let file = Array(bytes.dropFirst(2))
    let lines = CSVReference.lines(file, separator)
    for piece in [file.count, 1 + Int(bytes[1])] where piece > 0 {
      let cut = cut(file, separator, piece)
      guard cut == lines else { return "in pieces of \(piece): \(cut) instead of \(lines)" }
    }
    let records = Array(lines.prefix(recordLimit))
    return decoding(records, separator) ?? headings(records, separator)
      ?? roundTrip(file, separator)
  }

  /// The records of a file that comes in pieces of that size.
  private static func cut(_ file: [UInt8], _ separator: UInt8, _ piece: Int) -> [[UInt8]] {
    let splitter = RecordSplitter(.csv, separator: separator)
    var records: [[UInt8]] = []
    var (from, searched, end) = (0, 0, 0)
    var quoting = RecordSplitter.Quoting.bare
    file.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      func take(_ stop: Int) {
        guard let span = splitter.record(base, from: from, to: stop) else { return }
        records.append(Array(buffer[Int(span.start)..<(Int(span.start) + Int(span.length))]))
      }
      while end < file.count {
        end = min(end + piece, file.count)
        while true {
          let at = splitter.newline(
            base, from: from, searched: &searched, end: end, quoting: &quoting)
          if at < 0 { break }
          take(at)
          (from, searched, quoting) = (at + 1, at + 1, .bare)
        }
      }
      if from < file.count { take(file.count) }
    }
    return records
  }

  private static func options(_ separator: UInt8) -> [Option] {
    [Option("separator", .string(String(decoding: [separator], as: UTF8.self)))]
  }

  private static func spec(
    _ separator: UInt8, _ types: [DataType] = [.string, .string, .string], nullable: Bool
  ) -> DecodingSpec {
    let names = types.indices.map { "c\($0)" }
    return DecodingSpec(
      format: .csv,
      columns: zip(names, types).map {
        DecodedColumn(field: Field($0, $1, nullable: nullable), origin: .field($0))
      },
      options: options(separator) + [Option("columns", .list(names.map { .word($0) }))])
  }

  /// The decoder reads what a reader of thirty lines reads, alone or among others.
  private static func decoding(_ records: [[UInt8]], _ separator: UInt8) -> String? {
    for isNullable in [true, false] {
      let spec = spec(separator, nullable: isNullable)
      let together = outcomes(of: records, spec)
      for (record, outcome) in zip(records, together) {
        let alone = outcomes(of: [record], spec)[0]
        guard alone == outcome else { return "\(alone) alone, else \(outcome): \(shown(record))" }
        let cells = CSVReference.cells(record, separator).flatMap { $0.count == 3 ? $0 : nil }
        let expected = cells.map { $0.map { $0.cell(isNullable: isNullable) } }
        switch outcome {
        case .row(let row) where row == expected: continue
        case .failure where expected == nil: continue
        default:
          let wanted = expected.map { "\($0)" } ?? "a failure"
          return "\(outcome) instead of \(wanted): \(shown(record))"
        }
      }
    }
    return typed(records, separator)
  }

  /// Rows of other types come back as they were written.
  private static func typed(_ records: [[UInt8]], _ separator: UInt8) -> String? {
    let sets: [[DataType]] = [
      [.int, .float, .decimal(precision: 12, scale: 3)], [.timestamp, .date, .duration],
      [.bool, .bytes, .json],
    ]
    for types in sets {
      let spec = spec(separator, types, nullable: true)
      let rows = outcomes(of: records, spec).compactMap { outcome -> [Cell]? in
        // A NaN is not equal to itself.
        guard case .row(let row) = outcome, !row.contains(where: { $0 != $0 }) else { return nil }
        return row
      }
      if let complaint = comesBack(rows, spec, separator) { return complaint }
    }
    return nil
  }

  private static func headings(_ records: [[UInt8]], _ separator: UInt8) -> String? {
    // Of a heading the line's end is cut once, of a record (which may be a message) once more.
    for record in records.prefix(1) where record.last != 0x0D && record.last != 0x0A {
      let names = record.withUnsafeBufferPointer {
        CSVCell.heading($0, separator: separator)?.names
      }
      let isMarked = record.starts(with: [0xEF, 0xBB, 0xBF])
      let cells = CSVReference.cells(Array(record.dropFirst(isMarked ? 3 : 0)), separator)
      let expected = cells.map { $0.map { String(decoding: $0.bytes, as: UTF8.self) } }
      guard names == expected else {
        return "heading \(names ?? []) instead of \(expected ?? []): \(shown(record))"
      }
    }
    return nil
  }

  /// Any texts, with a 0 between cells and a 1 for a null, come back as they were written.
  private static func roundTrip(_ file: [UInt8], _ separator: UInt8) -> String? {
    let cells = file.split(separator: 0, omittingEmptySubsequences: false)
      .prefix(3 * recordLimit).map { bytes -> Cell in
        if Array(bytes) == [1] { return .null }
        return String(validating: bytes, as: UTF8.self).map { .text($0) } ?? .null
      }
    let rows = stride(from: 0, to: cells.count, by: 3).map { first in
      (first..<(first + 3)).map { $0 < cells.count ? cells[$0] : .null }
    }
    return comesBack(rows, spec(separator, nullable: true), separator)
  }

  private static func comesBack(
    _ rows: [[Cell]], _ spec: DecodingSpec, _ separator: UInt8
  ) -> String? {
    let schema = Schema(spec.columns.map(\.field))
    let (records, failures) = encoded(
      rows, schema, EncodingSpec(format: .csv, options: options(separator)))
    guard failures == 0 else { return "\(failures) of \(rows) cannot be written" }
    guard cut(Array(records.joined(separator: [0x0A])), separator, 7) == records else {
      return "\(rows) are cut to other records than were written"
    }
    for (row, (record, back)) in zip(rows, zip(records, outcomes(of: records, spec)))
    where back != .row(row) {
      return "\(row) was written as \(shown(record)) and read as \(back)"
    }
    return nil
  }
}
