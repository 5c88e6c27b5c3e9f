import Columns
package import Parquet

/// What must hold of reading any bytes as a Parquet file; an oracle for properties and fuzzing:
/// there are rows or a reason why not, the same when it is read again, and columns are read as well
/// alone as together.
package enum ParquetInvariants {
  private static let rowLimit = 2 * ParquetFile.rowLimit

  /// Nil if all is well.
  package static func complaint(about bytes: [UInt8]) -> String? {
    let input = ParquetInput(bytes)
    guard let names = try? ParquetFile(input, name: "f", wanted: []).heading.names else {
      return nil
    }
    let alone = names.prefix(32).map { (name: $0, rows: rows(input, [$0])) }
    for (name, rows) in alone where rows != self.rows(input, [name]) {
      return "column `\(name)` is another one when it is read again"
    }
    let whole = alone.filter { $0.rows.fault == nil }
    let together = rows(input, whole.map(\.name))
    // Where rows are long fewer make a batch, so that not all were read equally far.
    guard let count = whole.map(\.rows.records.count).min() else { return nil }
    guard together.records.count >= count else {
      return "columns that can be read alone can't together: \(together.fault ?? "they end")"
    }
    let joined = (0..<count).map { row in
      whole.map { $0.rows.records[row] }.joined(separator: ",")
    }
    return joined == Array(together.records.prefix(count))
      ? nil : "columns are others together than alone"
  }

  package struct Rows: Equatable {
    package var records: [String] = []
    package var fault: String?
  }

  /// The first rows of these columns, and why there are no more.
  package static func rows(_ input: ParquetInput, _ names: [String]) -> Rows {
    var rows = Rows()
    do throws(ParquetError) {
      let file = try ParquetFile(input, name: "f", wanted: names, required: Set(names))
      while rows.records.count < rowLimit, let batch = try file.next() {
        for record in 0..<batch.count {
          let bytes = batch.bytes(batch.values[record]) ?? .init(start: nil, count: 0)
          rows.records.append(String(decoding: bytes, as: UTF8.self))
        }
      }
    } catch {
      rows.fault = error.message
    }
    return rows
  }
}
