/// Goes through a column's values of one row group, a page at a time.
final class ColumnCursor {
  /// Bytes of a page at most, packed or not.
  private static let largestPage: Int64 = 128 << 20
  /// Bytes of a dictionary at most, whose entries take more in memory.
  private static let largestDictionary: Int64 = 16 << 20
  /// Bytes that are read to find a page's header, and those that one has at most.
  private static let headerBytes = 16 << 10
  private static let largestHeader = 16 << 20

  private let input: ParquetInput
  private let column: FileColumn
  private let codec: PageCodec
  /// Where this page begins, where the next one does, and where the last one ends.
  private var page: Int64
  private var at: Int64
  private let end: Int64
  /// Values that are still to come, and those of them that are in this page.
  private var left: Int64
  private var leftInPage: Int64 = 0
  private var levels = BitRuns.none
  private var values: any PageValues
  private var dictionary: [StoredValue]?

  init(
    _ input: ParquetInput, _ column: FileColumn, _ chunk: ColumnChunk, rows: Int64
  ) throws(ParquetFault) {
    guard !chunk.isElsewhere else { throw ParquetFault("its values are in another file") }
    guard !chunk.isEncrypted else { throw ParquetFault("it is encrypted") }
    guard chunk.type == column.storage.rawValue else {
      throw ParquetFault("it has another type than the footer says of all")
    }
    guard let codec = PageCodec(rawValue: chunk.codec), codec.isRead else {
      throw ParquetFault(
        "its pages are packed by \(PageCodec.name(chunk.codec)); Snappy, gzip, Zstandard, LZ4 (raw)"
          + " and unpacked ones are read")
    }
    guard chunk.values == rows else {
      throw ParquetFault("it has \(chunk.values) values for \(rows) rows")
    }
    guard chunk.start >= 4, chunk.size >= 0, chunk.start <= input.size,
      chunk.size <= input.size - chunk.start
    else { throw ParquetFault("its pages would lie outside of the file") }
    self.input = input
    self.column = column
    self.codec = codec
    page = chunk.start
    at = chunk.start
    end = chunk.start + chunk.size
    left = chunk.values
    values = PlainValues(ByteCursor([], 0..<0), column)
  }

  /// The next row's value; nil for a null.
  func next() throws(ParquetFault) -> StoredValue? {
    do throws(ParquetFault) {
      while leftInPage == 0 { try beginPage() }
      leftInPage -= 1
      left -= 1
      if column.isOptional, try levels.next() == 0 { return nil }
      return try values.next()
    } catch {
      throw ParquetFault("the page that begins at byte \(page): \(error.text)")
    }
  }

  private func beginPage() throws(ParquetFault) {
    page = at
    guard at < end, left > 0 else {
      throw ParquetFault("it is not there: the column has fewer values than rows")
    }
    let (header, headerSize) = try readHeader()
    let start = at + Int64(headerSize)
    guard header.packedSize >= 0, header.packedSize <= end - start, header.size >= 0 else {
      throw ParquetFault("it would go on behind the column's end")
    }
    let largest = header.kind == .dictionary ? Self.largestDictionary : Self.largestPage
    guard header.packedSize <= largest, header.size <= largest else {
      throw ParquetFault("it has \(header.size) bytes; at most \(largest) are read")
    }
    guard header.kind != .index else {
      at = start + header.packedSize
      return
    }
    let packed = try input.read(at: start, count: Int(header.packedSize))
    at = start + header.packedSize
    if let checksum = header.checksum, checksum != PageCodec.checksum(packed[...]) {
      throw ParquetFault("its bytes are not those that were written: their checksum is another")
    }
    switch header.kind {
    case .data: try begin(header, packed)
    case .dataV2: try beginV2(header, packed)
    case .dictionary: try readDictionary(header, packed)
    default: throw ParquetFault("it is of a kind that is not read")
    }
  }

  /// A header's size is known when it has been read.
  private func readHeader() throws(ParquetFault) -> (header: PageHeader, size: Int) {
    var count = Self.headerBytes
    while true {
      let wanted = Int(min(Int64(count), end - at))
      var reader = ThriftReader(try input.read(at: at, count: wanted))
      do throws(ParquetFault) {
        let header = try reader.pageHeader()
        return (header, reader.at)
      } catch {
        guard error.isShort, Int64(wanted) < end - at, count < Self.largestHeader else {
          throw ParquetFault("its header: \(error.text)")
        }
        count *= 8
      }
    }
  }

  private func begin(_ header: PageHeader, _ packed: [UInt8]) throws(ParquetFault) {
    let bytes = try codec.unpack(packed[...], size: Int(header.size))
    var cursor = ByteCursor(bytes, 0..<bytes.count)
    if column.isOptional {
      guard header.levelEncoding == PageEncoding.runs.rawValue else {
        throw ParquetFault("its levels are packed as files had them long ago (BIT_PACKED)")
      }
      let size = Int(try cursor.int32())
      let start = cursor.at
      _ = try cursor.take(size)
      levels = BitRuns(bytes, start..<cursor.at, width: 1)
    }
    try begin(header, cursor)
  }

  private func beginV2(_ header: PageHeader, _ packed: [UInt8]) throws(ParquetFault) {
    guard header.repetitionBytes == 0, header.levelBytes >= 0,
      header.levelBytes <= min(header.packedSize, header.size)
    else { throw ParquetFault("its levels are longer than it is") }
    let count = Int(header.levelBytes)
    levels = BitRuns(packed, 0..<count, width: 1)
    let size = Int(header.size) - count
    guard header.isPacked || packed.count - count == size else {
      throw ParquetFault("its values are not as long as it says")
    }
    // Some writers pack nothing too, and write what their codec makes of that.
    var bytes: [UInt8] = []
    if size > 0 {
      let rest = packed[count...]
      bytes = header.isPacked ? try codec.unpack(rest, size: size) : Array(rest)
    }
    try begin(header, ByteCursor(bytes, 0..<bytes.count))
  }

  private func begin(_ header: PageHeader, _ cursor: ByteCursor) throws(ParquetFault) {
    guard header.values >= 0, header.values <= left else {
      throw ParquetFault("it has \(header.values) values where \(left) are left")
    }
    leftInPage = header.values
    let limit = Int(header.values)
    switch (PageEncoding(rawValue: header.encoding), column.storage) {
    case (.plain, _): values = PlainValues(cursor, column)
    case (.plainDictionary, _), (.dictionary, _):
      guard let dictionary else { throw ParquetFault("its dictionary is not there") }
      values = try DictionaryValues(cursor, dictionary)
    case (.runs, .bool): values = try BoolRuns(cursor)
    // Of nothing but nulls there is not even a head.
    case (.deltas, .int32), (.deltas, .int64):
      values =
        cursor.left == 0
        ? PlainValues(cursor, column) : try DeltaValues(cursor, column, limit: limit)
    case (.deltaLengths, .bytes), (.deltaTexts, .bytes), (.deltaTexts, .fixed):
      let isShared = header.encoding == PageEncoding.deltaTexts.rawValue
      values =
        cursor.left == 0
        ? PlainValues(cursor, column)
        : try DeltaTexts(cursor, sharesBeginnings: isShared, limit: limit)
    case (.split, _): values = try SplitValues(cursor, column)
    default: throw ParquetFault("its values are encoded in a way that is not read")
    }
  }

  private func readDictionary(_ header: PageHeader, _ packed: [UInt8]) throws(ParquetFault) {
    guard dictionary == nil else { throw ParquetFault("it has two dictionaries") }
    let encoding = PageEncoding(rawValue: header.encoding)
    guard encoding == .plain || encoding == .plainDictionary, column.storage != .bool else {
      throw ParquetFault("its dictionary is encoded in a way that is not read")
    }
    let bytes = try codec.unpack(packed[...], size: Int(header.size))
    // Each entry has a byte at least.
    guard header.values >= 0, header.values <= Int64(bytes.count) else {
      throw ParquetFault("its dictionary has \(header.values) entries in \(bytes.count) bytes")
    }
    let entries = PlainValues(ByteCursor(bytes, 0..<bytes.count), column)
    var dictionary: [StoredValue] = []
    for _ in 0..<header.values { dictionary.append(try entries.next()) }
    self.dictionary = dictionary
  }
}
