import Columns
import KeyedState
import Operators
import Schemas
import Synchronization

@testable import Dataflow

/// Passes rows whose number is not a multiple of three.
final class KeepSome: Operator {
  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    output.emit(Row.batch(Row.rows(batch).filter { $0.value % 3 != 0 }), port: .main)
    return .done
  }
}

/// Passes everything on, from any input.
final class PassAll: Operator {
  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    output.emit(batch, port: .main)
    return .done
  }
}

/// Puts out every row several times, a batch for each copy, as credit allows; so do its watermarks,
/// barriers and end, with marks of their own.
final class Expand: Operator {
  private let copies: Int64
  private var cursor: [Row] = []
  private let marks: Bool
  private let id: Int64

  init(copies: Int64, marks: Bool = false, worker: Int = 0) {
    self.copies = copies
    self.marks = marks
    id = Int64(worker)
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    for row in Row.rows(batch) {
      for copy in 0..<copies {
        cursor.append(Row(key: row.key, time: row.time, value: row.value * copies + copy))
      }
    }
    return try resume(output)
  }

  func resume(_ output: any Output) throws(OperatorError) -> Progress {
    var isFirst = true
    while !cursor.isEmpty {
      guard isFirst || output.hasCredit else { return .more }
      isFirst = false
      output.emit(Row.batch([cursor.removeFirst()]), port: .main)
    }
    return .done
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    guard marks, time == .endOfTime else { return .done }
    return try mark("watermark", output)
  }

  func barrier(_ epoch: Epoch, output: any Output) throws(OperatorError) -> Progress {
    marks ? try mark("barrier \(epoch)", output) : .done
  }

  func finish(_ output: any Output) throws(OperatorError) -> Progress {
    marks ? try mark("finish", output) : .done
  }

  private func mark(_ key: String, _ output: any Output) throws(OperatorError) -> Progress {
    cursor += (0..<copies).map { Row(key: key, time: 0, value: id * 1_000 + $0) }
    return try resume(output)
  }
}

/// Numbers the rows of each key, and sums them: keyed state, one entry a key.
final class KeyedCount: Operator {
  struct Entry {
    var count: Int64
    var sum: Int64
  }

  private var entries: [String: Entry] = [:]

  static let declaration = StateDeclaration(
    name: "counts", kind: .keyed,
    schema: Schema([Field("key", .string), Field("count", .int), Field("sum", .int)]),
    keyColumns: 1)

  var states: [StateDeclaration] { [Self.declaration] }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    var out: [Row] = []
    for row in Row.rows(batch) {
      var entry = entries[row.key] ?? Entry(count: 0, sum: 0)
      entry.count += 1
      entry.sum += row.value
      entries[row.key] = entry
      out.append(Row(key: row.key, time: entry.count, value: entry.sum))
    }
    output.emit(Row.batch(out), port: .main)
    return .done
  }

  func restore(from reader: any StateReader) throws {
    while let block = try reader.next() {
      for row in 0..<block.rows.rowCount {
        let key = String(decoding: block.rows.columns[0].text(row), as: UTF8.self)
        entries[key] = Entry(
          count: block.rows.columns[1].ints[row], sum: block.rows.columns[2].ints[row])
      }
    }
  }

  func snapshot(_ epoch: Epoch, full: Bool) -> (any StateSnapshot)? {
    BlockSnapshot(
      entries.sorted { $0.key < $1.key }.map { key, entry in
        let keys = ColumnBuilder(.string)
        keys.append(string: key)
        let columns =
          [keys.finish()]
          + [entry.count, entry.sum].map { value in
            let builder = ColumnBuilder(.int)
            builder.append(int: value)
            return builder.finish()
          }
        let rows = Batch(schema: Self.declaration.schema, columns: columns, rowCount: 1)
        var text = key
        let hash = text.withUTF8 { KeyHasher.hash(text: $0) }
        return StateBlock(state: "counts", scope: .keyGroup(KeyGroup(hash: hash)), rows: rows)
      })
  }
}

final class BlockSnapshot: StateSnapshot {
  let isDelta = false
  private let blocks: [StateBlock]
  init(_ blocks: [StateBlock]) { self.blocks = blocks }
  func write(to writer: any StateWriter) throws { for block in blocks { try writer.write(block) } }
}

/// What an operator saw, in order; shared by its copies on all workers.
final class Diary: Sendable {
  private let lines = Mutex<[Int: [String]]>([:])

  func write(_ worker: Int, _ line: String) {
    lines.withLock { $0[worker, default: []].append(line) }
  }

  func lines(of worker: Int) -> [String] { lines.withLock { $0[worker] ?? [] } }
  var workers: [Int] { lines.withLock { $0.keys.sorted() } }
}

/// Passes all on and writes down what it sees.
final class Witness: Operator {
  private let diary: Diary
  private let worker: Int

  init(_ diary: Diary, worker: Int) {
    self.diary = diary
    self.worker = worker
  }

  func process(
    _ batch: Batch, input: Int, output: any Output
  ) throws(OperatorError) -> Progress {
    for row in Row.rows(batch) { diary.write(worker, "row \(input) \(row.value)") }
    output.emit(batch, port: .main)
    return .done
  }

  func watermark(_ time: Timestamp, output: any Output) throws(OperatorError) -> Progress {
    diary.write(worker, time == .endOfTime ? "watermark end" : "watermark \(time.microseconds)")
    return .done
  }

  func barrier(_ epoch: Epoch, output: any Output) throws(OperatorError) -> Progress {
    diary.write(worker, "barrier \(epoch)")
    return .done
  }

  func finish(_ output: any Output) throws(OperatorError) -> Progress {
    diary.write(worker, "finish")
    return .done
  }
}
