import COnnxRuntime
import Columns

extension OnnxBinding {
  /// Of rows none of which has a null. `rowNumbers`: what errors call them.
  func runAll(
    _ columns: [Column], _ rowCount: Int, _ most: Int, rowNumbers: [UInt32]?
  ) throws(OnnxError) -> [Column] {
    let columns = columns.map(\.plain)
    let writers = answers.map { AnswerWriter($0, rowCount: rowCount) }
    let batch = fixedBatch ?? min(max(most, 1), rowCount)
    // Products with a single row are summed in another order than those with several: a row that
    // stands alone now and among others behind a restart would get two answers.
    let least = fixedBatch ?? (most > 1 ? 2 : 1)
    var start = 0
    while start < rowCount {
      let count = min(batch, rowCount - start)
      let rows = TensorRows(start: start, count: count, padded: max(count, least))
      try run(columns, rows, rowNumbers, writers)
      start += batch
    }
    // Tensors point into the columns.
    withExtendedLifetime(columns) {}
    return writers.map { $0.finish() }
  }

  private func run(
    _ columns: [Column], _ rows: TensorRows, _ rowNumbers: [UInt32]?, _ writers: [AnswerWriter]
  ) throws(OnnxError) {
    let library = model.library
    let values = TensorValues(library, count: feeds.count + outputs.count)
    var blocks = TensorBlocks()
    defer {
      values.release()
      blocks.free()
    }
    do throws(TensorError) {
      for (index, feed) in feeds.enumerated() {
        values.pointers[index] = try library.tensor(feed, columns, rows, &blocks)
      }
      let answers = values.pointers + feeds.count
      try library.call(
        library.api.pointee.Run(
          model.session, nil, inputNames.pointers, values.pointers, feeds.count,
          outputNames.pointers, outputs.count, answers))
      let read = try (0..<outputs.count).map { index throws(TensorError) in
        try library.output(answers[index], named: outputs[index], rows)
      }
      for (writer, output) in zip(writers, outputOfAnswer) {
        try writer.write(read[output], rows)
      }
    } catch {
      throw self.error(error, rowNumbers)
    }
  }

  private func error(_ error: TensorError, _ rowNumbers: [UInt32]?) -> OnnxError {
    switch error {
    case .value(let input, let row, let reason):
      let number = rowNumbers.map { Int($0[row]) } ?? row
      return .value(path: model.path, input: input, row: number, reason: reason)
    case .failed(let reason): return .runFailed(path: model.path, reason: reason)
    }
  }
}

/// The rows of one run of the model.
struct TensorRows {
  var start: Int
  var count: Int
  /// With the copies of the last row that fill the batch up.
  var padded: Int
}

/// What goes wrong between columns and tensors.
enum TensorError: Error {
  case value(input: String, row: Int, reason: String)
  case failed(String)
}

/// The tensors of one run, released together.
struct TensorValues {
  let pointers: UnsafeMutablePointer<OpaquePointer?>
  private let count: Int
  private let library: OnnxLibrary

  init(_ library: OnnxLibrary, count: Int) {
    self.library = library
    self.count = count
    pointers = .allocate(capacity: count)
    pointers.initialize(repeating: nil, count: count)
  }

  func release() {
    for index in 0..<count where pointers[index] != nil {
      library.api.pointee.ReleaseValue(pointers[index])
    }
    pointers.deallocate()
  }
}

/// Memory that converted values lie in until the run is over.
struct TensorBlocks {
  private var blocks: [Memory] = []

  mutating func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let block = Memory.allocate(byteCount)
    blocks.append(block)
    return block.base
  }

  func free() { for block in blocks { block.free() } }
}

extension OnnxLibrary {
  @inline(__always)
  func call(_ status: OpaquePointer?) throws(TensorError) {
    guard status != nil else { return }
    do throws(OnnxFailure) { try check(status) } catch { throw .failed(error.message) }
  }
}

extension Column {
  /// The same without a dictionary, where its values are of fixed width.
  var plain: Column {
    guard let dictionary, !type.isText else { return self }
    return dictionary.gathered(rows: codes, count: rowCount)
  }
}
