import CPlatform
import Columns
import Plans
import Schemas

/// Fills one column from slots, a chunk of records after the other.
///
/// The kernels take the plain case in a tight loop (a text without escapes, a short integer); all
/// else goes row by row through `CellReading`.
final class ColumnFiller {
  /// Where the chunk's cells are.
  struct Chunk {
    let arena: UnsafePointer<UInt8>
    let starts: UnsafePointer<UInt32>
    let sizes: UnsafePointer<UInt32>
    /// The batch's row of the first cell.
    let first: Int
    let count: Int

    @inline(__always)
    func bytes(_ row: Int) -> UnsafeBufferPointer<UInt8> {
      UnsafeBufferPointer(start: arena + Int(starts[row]), count: Int(sizes[row] >> 3))
    }
  }

  let reading: CellReading
  private var rowCount = 0
  private var values: Memory?
  private var validity: Memory?
  private(set) var offsets: Memory?
  private(set) var buffer: ByteBuffer
  private var scratch = ByteBuffer()
  private var usual = UsualTimestamp()
  /// Bytes of text that the last batch had, as a guess for the next.
  private var lastBytes = 1024

  init(_ reading: CellReading) {
    self.reading = reading
    buffer = ByteBuffer(capacity: 1)
  }

  deinit {
    values?.free()
    validity?.free()
    offsets?.free()
  }

  func begin(rowCount: Int) {
    self.rowCount = rowCount
    if reading.type.isText {
      buffer = ByteBuffer(capacity: lastBytes + lastBytes / 8)
      let offsets = Memory.allocate((rowCount + 1) * 4)
      offsets.base.storeBytes(of: 0, as: UInt32.self)
      self.offsets = offsets
    } else {
      values = .allocate(rowCount * reading.type.width)
    }
  }

  func finish() -> Column {
    defer {
      values = nil
      validity = nil
      offsets = nil
    }
    if reading.type.isText { lastBytes = buffer.count }
    return Column(
      type: reading.type, rowCount: rowCount, validity: validity,
      values: values ?? buffer.take(), offsets: offsets)
  }

  func fill(_ chunk: Chunk, _ log: FailureLog) {
    switch reading.type {
    case .string: fillText(chunk, log)
    case .bytes, .json: fillOtherText(chunk, log)
    case .list, .map, .structure: fillNested(chunk, log)
    case .int: fillInts(chunk, log)
    case .timestamp: fillTimestamps(chunk, log)
    case .date, .duration:
      fillFixed(chunk, log, of: Int64.self) { $0.time($1, $2, into: &$3) }
    case .float: fillFixed(chunk, log, of: Double.self) { $0.float($1, $2, into: &$3) }
    case .bool: fillFixed(chunk, log, of: UInt8.self) { $0.bool($1, $2, into: &$3) }
    default: fillFixed(chunk, log, of: Int128.self) { $0.decimal($1, $2, into: &$3) }
    }
  }

  /// Resolves escapes where there are any; the result lives until the next call.
  func plain(
    _ kind: UInt32, _ bytes: UnsafeBufferPointer<UInt8>
  ) -> (UInt32, UnsafeBufferPointer<UInt8>) {
    guard kind == CellSlots.Kind.escaped else { return (kind, bytes) }
    scratch.removeAll()
    let target = scratch.reserve(bytes.count)
    let length =
      reading.isUntyped
      ? CSVCell.resolve(bytes, to: target) : JSONEscape.resolve(bytes, to: target)
    scratch.commit(length)
    return (CellSlots.Kind.text, scratch.bytes)
  }

  /// The row's value is missing or null, or its record has failed already.
  func leaveOut(_ kind: UInt32, _ row: Int, _ log: FailureLog) {
    if log.hasFailed(row) { return }
    guard reading.column.field.isNullable else {
      let name = reading.column.field.name
      return log.fail(
        row,
        kind == CellSlots.Kind.null
          ? "`\(name)` is null, but its type is not `\(reading.type)?`"
          : "`\(name)` is missing, and its type is not `\(reading.type)?`")
    }
    let validity = self.validity ?? Memory.allocate(rowCount)
    if self.validity == nil {
      validity.base.initializeMemory(as: UInt8.self, repeating: 1, count: rowCount)
      self.validity = validity
    }
    validity.base.storeBytes(of: 0, toByteOffset: row, as: UInt8.self)
  }

  /// Does what an outcome asks for; whether there is a value.
  private func settle(_ outcome: CellOutcome, _ row: Int, _ log: FailureLog) -> Bool {
    switch outcome {
    case .value: return true
    case .null: leaveOut(CellSlots.Kind.null, row, log)
    case .failure(let reason): log.fail(row, "`\(reading.column.field.name)`: \(reason)")
    }
    return false
  }
}

extension ColumnFiller {
  private func fillInts(_ chunk: Chunk, _ log: FailureLog) {
    guard let values else { return }
    let out = values.base.assumingMemoryBound(to: Int64.self) + chunk.first
    let arena = chunk.arena
    for row in 0..<chunk.count {
      let size = chunk.sizes[row]
      let length = Int(size &>> 3)
      let from = arena + Int(chunk.starts[row])
      if size & 7 == CellSlots.Kind.number, length <= 18, let value = Self.small(from, length) {
        out[row] = value
      } else {
        out[row] = 0
        var value: Int64 = 0
        if readCell(chunk, row, log, { $0.int($1, $2, into: &value) }) { out[row] = value }
      }
    }
  }

  private func fillTimestamps(_ chunk: Chunk, _ log: FailureLog) {
    guard let values else { return }
    let out = values.base.assumingMemoryBound(to: Int64.self) + chunk.first
    let isStandard = reading.column.timeFormat == .standard
    var usual = self.usual
    for row in 0..<chunk.count {
      let size = chunk.sizes[row]
      let from = chunk.arena + Int(chunk.starts[row])
      if isStandard, size & 7 == CellSlots.Kind.text,
        let value = usual.parse(from, Int(size &>> 3))
      {
        out[row] = value
      } else {
        out[row] = 0
        var value: Int64 = 0
        if readCell(chunk, row, log, { $0.time($1, $2, into: &value) }) { out[row] = value }
      }
    }
    self.usual = usual
  }

  /// A whole number of at most 18 bytes; nil for a number with a point or an exponent.
  @inline(__always)
  private static func small(_ from: UnsafePointer<UInt8>, _ length: Int) -> Int64? {
    let isNegative = from[0] == UInt8(ascii: "-")
    var value: Int64 = 0
    var at = isNegative ? 1 : 0
    while at < length {
      let digit = from[at] &- 0x30
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int64(digit)
      at &+= 1
    }
    return isNegative ? 0 &- value : value
  }

  @inline(__always)
  private func fillFixed<Value: BitwiseCopyable & ExpressibleByIntegerLiteral>(
    _ chunk: Chunk, _ log: FailureLog, of type: Value.Type,
    _ read: (CellReading, UInt32, UnsafeBufferPointer<UInt8>, inout Value) -> CellOutcome
  ) {
    guard let values else { return }
    let out = values.base.assumingMemoryBound(to: Value.self) + chunk.first
    for row in 0..<chunk.count {
      var value: Value = 0
      let isThere = readCell(chunk, row, log) { read($0, $1, $2, &value) }
      out[row] = isThere ? value : 0
    }
  }

  /// Reads a cell that may be anything; whether there is a value.
  @inline(__always)
  private func readCell(
    _ chunk: Chunk, _ row: Int, _ log: FailureLog,
    _ read: (CellReading, UInt32, UnsafeBufferPointer<UInt8>) -> CellOutcome
  ) -> Bool {
    let kind = chunk.sizes[row] & 7
    guard kind != CellSlots.Kind.missing, kind != CellSlots.Kind.null else {
      leaveOut(kind, chunk.first + row, log)
      return false
    }
    let (plainKind, bytes) = plain(kind, chunk.bytes(row))
    let outcome = read(reading, plainKind, bytes)
    if case .value = outcome { return true }
    return settle(outcome, chunk.first + row, log)
  }
}

extension ColumnFiller {
  /// Copies texts in steps of 32 bytes: both sides have the slack that what is copied too much
  /// falls into.
  private func fillText(_ chunk: Chunk, _ log: FailureLog) {
    guard let offsets else { return }
    let ends = offsets.base.assumingMemoryBound(to: UInt32.self) + (chunk.first + 1)
    let starts = chunk.starts
    let sizes = chunk.sizes
    let arena = chunk.arena
    var room = 0
    for row in 0..<chunk.count { room &+= Int(sizes[row] &>> 3) }
    let begun = buffer.count
    let out = buffer.reserve(room) - begun
    var at = begun
    for row in 0..<chunk.count {
      let size = sizes[row]
      if size & 7 == CellSlots.Kind.text {
        let length = Int(size &>> 3)
        let from = arena + Int(starts[row])
        raudal_copy32(out + at, from)
        if length > 32 {
          var done = 32
          while done < length {
            raudal_copy32(out + at + done, from + done)
            done &+= 32
          }
        }
        at &+= length
      } else {
        at &+= copyOther(chunk, row, to: out + at, log)
      }
      ends[row] = UInt32(truncatingIfNeeded: at)
    }
    buffer.commit(at - begun)
  }

  /// Writes a cell that is no plain text into a `string` column and returns its length.
  @inline(never)
  private func copyOther(
    _ chunk: Chunk, _ row: Int, to target: UnsafeMutablePointer<UInt8>, _ log: FailureLog
  ) -> Int {
    let kind = chunk.sizes[row] & 7
    let bytes = chunk.bytes(row)
    switch kind {
    case CellSlots.Kind.missing, CellSlots.Kind.null:
      leaveOut(kind, chunk.first + row, log)
      return 0
    case CellSlots.Kind.escaped:
      return reading.isUntyped
        ? CSVCell.resolve(bytes, to: target) : JSONEscape.resolve(bytes, to: target)
    case CellSlots.Kind.number, CellSlots.Kind.yes, CellSlots.Kind.no:
      guard reading.coerce, let from = bytes.baseAddress else { break }
      target.update(from: from, count: bytes.count)
      return bytes.count
    default: break
    }
    _ = settle(reading.mismatch(kind, bytes), chunk.first + row, log)
    return 0
  }

  /// `json` columns take any value as it stands, `bytes` columns base64.
  private func fillOtherText(_ chunk: Chunk, _ log: FailureLog) {
    guard let offsets else { return }
    let ends = offsets.base.assumingMemoryBound(to: UInt32.self) + (chunk.first + 1)
    for row in 0..<chunk.count {
      let kind = chunk.sizes[row] & 7
      if kind == CellSlots.Kind.missing || kind == CellSlots.Kind.null {
        leaveOut(kind, chunk.first + row, log)
      } else if case .json = reading.type {
        appendDocument(chunk, row, kind, log)
      } else {
        let (plainKind, bytes) = plain(kind, chunk.bytes(row))
        if plainKind != CellSlots.Kind.text || !Base64.parse(bytes, to: buffer) {
          _ = settle(
            reading.mismatch(plainKind, bytes, expected: "base64 text"), chunk.first + row, log)
        }
      }
      ends[row] = UInt32(truncatingIfNeeded: buffer.count)
    }
  }

  private func appendDocument(_ chunk: Chunk, _ row: Int, _ kind: UInt32, _ log: FailureLog) {
    if reading.isUntyped {
      let (_, bytes) = plain(kind, chunk.bytes(row))
      // The walker reads past the end, into slack that a cell in the middle of a line has too.
      let fault = JSONWalker.validate(bytes)
      if fault.isNone { return buffer.append(bytes) }
      _ = settle(.failure(fault.reason), chunk.first + row, log)
      return
    }
    let bytes = chunk.bytes(row)
    let quotes = kind == CellSlots.Kind.text || kind == CellSlots.Kind.escaped ? 1 : 0
    guard let base = bytes.baseAddress else { return }
    buffer.append(UnsafeBufferPointer(start: base - quotes, count: bytes.count + 2 * quotes))
  }
}
