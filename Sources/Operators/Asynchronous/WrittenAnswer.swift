import Columns
import KeyedState
import Schemas

/// An answer as the journal and checkpoints have it: of which row it is, and what it says.
///
/// The form (1), what it is (1), the row's digest and time (8 each), the answer's number (8), when
/// it was given (8), a digest of its columns (8); then of a row its bytes, of a failure why.
struct WrittenAnswer {
  private static let form: UInt8 = 1
  private static let headerSize = 42

  private enum Kind {
    static let missing: UInt8 = 1
    static let row: UInt8 = 2
    static let fallback: UInt8 = 3
    static let unreadable: UInt8 = 4
    static let failed: UInt8 = 5
  }

  let identity: RowIdentity
  /// Tells an answer that was written again from another one of an equal row.
  let number: UInt64
  /// In microseconds.
  let time: Int64
  let bytes: [UInt8]

  init(
    _ found: FoundRow, of identity: RowIdentity, number: UInt64, at time: Timestamp,
    columns: UInt64
  ) {
    self.identity = identity
    self.number = number
    self.time = time.microseconds
    var writer = ByteWriter()
    writer.append(Self.form)
    writer.append(Self.kind(of: found))
    writer.append(identity.digest)
    writer.append(UInt64(bitPattern: identity.time))
    writer.append(number)
    writer.append(UInt64(bitPattern: time.microseconds))
    writer.append(columns)
    switch found {
    case .missing, .fallback: break
    case .row(let answer, let row):
      RowBytes.append(row, of: answer.rows.columns, to: &writer.bytes)
    case .unreadable(let reason): writer.bytes.append(contentsOf: reason.utf8)
    case .failed(let failure): writer.bytes.append(contentsOf: failure.reason.utf8)
    }
    bytes = writer.bytes
  }

  /// nil where the bytes are none that `init` made.
  init?(decoding bytes: [UInt8]) {
    var reader = ByteReader(bytes[...])
    guard reader.byte() == Self.form, reader.byte() != nil, let digest = reader.uint64(),
      let rowTime = reader.uint64(), let number = reader.uint64(), let time = reader.uint64(),
      reader.uint64() != nil
    else { return nil }
    identity = RowIdentity(digest: digest, time: Int64(bitPattern: rowTime))
    self.number = number
    self.time = Int64(bitPattern: time)
    self.bytes = bytes
  }

  /// nil where it has other columns than are asked for now.
  func found(_ schema: Schema, columns: UInt64) -> FoundRow? {
    var reader = ByteReader(bytes.dropFirst(Self.headerSize - 8))
    guard reader.uint64() == columns else { return nil }
    let rest = reader.remaining()
    switch bytes[1] {
    case Kind.missing: return .missing
    case Kind.row: return RowBytes.row(rest, of: schema).map { .row(AnswerBatch($0), 0) }
    case Kind.fallback: return .fallback
    case Kind.unreadable: return .unreadable(String(decoding: rest, as: UTF8.self))
    case Kind.failed:
      let reason = String(decoding: rest, as: UTF8.self)
      return .failed(LookupFailure(reason, isRetriable: true))
    default: return nil
    }
  }

  private static func kind(of found: FoundRow) -> UInt8 {
    switch found {
    case .missing: Kind.missing
    case .row: Kind.row
    case .fallback: Kind.fallback
    case .unreadable: Kind.unreadable
    case .failed: Kind.failed
    }
  }
}
