import CPlatform
package import Columns
package import Plans
package import Schemas

/// Decodes records that are lines of CSV by RFC 4180, without the newline at their end; a quoted
/// cell may hold newlines.
///
/// Cells are named by the file's heading (`RecordBatch.heading`), else by the option `columns`,
/// else they stand in the order of the spec's field columns. An empty cell is null in a `T?` and
/// the empty text in a `string`; a quoted empty cell is never null.
package final class CSVDecoder: RecordDecoder {
  package let schema: Schema
  private let fillers: RecordFillers
  private let slots: CellSlots
  private let splitter: CSVSplitter
  /// The columns that accept an empty cell as text.
  private let takesEmpty: [Bool]
  private let declared: RecordHeading
  private var heading: RecordHeading?
  /// Why no record under the heading can be read.
  private var headingFault: String?
  /// The slot column of each cell; the dummy for one that nobody wants.
  private var places: [Int] = []
  /// Whether the number of cells is known to be `places.count`.
  private let knowsCount: Bool

  package init(spec: DecodingSpec) throws(FormatError) {
    schema = Schema(spec.columns.map(\.field))
    fillers = try RecordFillers(spec.columns, coerce: spec.coerce, isUntyped: true)
    slots = CellSlots(fieldCount: fillers.fieldNames.count)
    splitter = CSVSplitter(separator: try CSVCell.separator(spec.options))
    let listed = CSVCell.names(spec.options)
    declared = RecordHeading(listed ?? fillers.fieldNames)
    knowsCount = listed != nil
    takesEmpty = fillers.fieldNames.map { name in
      spec.columns.contains {
        $0.origin == .field(name) && $0.field.type == .string && !$0.field.isNullable
      }
    }
  }

  package func decode(_ records: RecordBatch) -> Decoded {
    let log = FailureLog(rowCount: records.count)
    log.failFaulty(of: records)
    log.failTombstones(of: records)
    adopt(records.heading ?? declared)
    let isCounted = records.heading != nil || knowsCount
    fillers.begin(rowCount: records.count)
    var first = 0
    while first < records.count {
      let rows = min(CellSlots.rowLimit, records.count - first)
      slots.clear()
      for row in 0..<rows {
        let span = records.values[first + row]
        if span.isNull { continue }
        if let reason = read(records.arena, span, row, isCounted: isCounted) {
          slots.clear(row: row)
          log.fail(first + row, reason + splitter.lines(of: first + row, records))
        }
      }
      fillers.fill(slots, records, first: first, count: rows, log)
      first += rows
    }
    return fillers.finish(records, schema: schema, log)
  }

  private func adopt(_ heading: RecordHeading) {
    guard heading !== self.heading else { return }
    self.heading = heading
    places = heading.names.map { name in
      fillers.fieldNames.firstIndex(of: name) ?? fillers.fieldNames.count
    }
    // Which of two cells is meant nobody can say.
    var seen: Set<Int> = []
    let twice = places.first { $0 < fillers.fieldNames.count && !seen.insert($0).inserted }
    headingFault = twice.map { "the heading names the column `\(fillers.fieldNames[$0])` twice" }
  }

  /// Puts a record's cells into the slots; the reason where it is malformed.
  private func read(
    _ arena: UnsafePointer<UInt8>, _ span: RecordBatch.Span, _ row: Int, isCounted: Bool
  ) -> String? {
    if let headingFault { return headingFault }
    let start = Int(span.start)
    var end = start + Int(span.length)
    if end - start > CellSlots.longest {
      return "the record is longer than \(CellSlots.longest) bytes"
    }
    if raudal_valid_utf8(arena + start, end - start) == 0 { return "the record is no UTF-8" }
    if end > start, arena[end - 1] == 0x0A { end -= 1 }
    if end > start, arena[end - 1] == 0x0D { end -= 1 }
    var at = start
    var index = 0
    while true {
      guard let cell = splitter.next(arena, &at, end) else {
        return "no CSV: a quote out of place at byte \(at - start)"
      }
      if index < places.count { store(cell, places[index], row) }
      index += 1
      if at >= end, !cell.isFollowed { break }
    }
    if isCounted, index != places.count {
      return "no CSV: \(index) cell\(index == 1 ? "" : "s") instead of \(places.count)"
    }
    return nil
  }

  private func store(_ cell: CSVSplitter.Cell, _ field: Int, _ row: Int) {
    guard field < slots.fieldCount else { return }
    var kind = cell.hasQuotesInside ? CellSlots.Kind.escaped : CellSlots.Kind.text
    if cell.length == 0, !cell.isQuoted, !takesEmpty[field] { kind = CellSlots.Kind.null }
    slots.starts[field * CellSlots.rowLimit + row] = UInt32(truncatingIfNeeded: cell.start)
    slots.sizes[field * CellSlots.rowLimit + row] =
      UInt32(truncatingIfNeeded: cell.length << 3) | kind
  }
}

/// What CSV cells and options mean.
package enum CSVCell {
  /// Writes a quoted cell's text, a doubled quote as one, and returns its length.
  static func resolve(
    _ cell: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    var out = 0
    var at = 0
    while at < cell.count {
      let c = cell[at]
      target[out] = c
      out += 1
      at += c == UInt8(ascii: "\"") ? 2 : 1
    }
    return out
  }

  /// The option `separator`: one ASCII character, or the word `tab`.
  package static func separator(_ options: [Option]) throws(FormatError) -> UInt8 {
    guard let option = options.last(where: { $0.name == "separator" }) else {
      return UInt8(ascii: ",")
    }
    let text: String
    switch option.value {
    case .string(let value), .word(let value): text = value
    default: text = ""
    }
    if text == "tab" || text == "\\t" { return 0x09 }
    let bytes = Array(text.utf8)
    guard bytes.count == 1, bytes[0] < 0x80, ![0x22, 0x0A, 0x0D].contains(bytes[0]) else {
      throw FormatError("separator: one ASCII character that is no quote or newline")
    }
    return bytes[0]
  }

  /// The option `header`; true where it is not written.
  package static func hasHeader(_ options: [Option]) -> Bool {
    if case .bool(let value) = options.last(where: { $0.name == "header" })?.value { return value }
    return true
  }

  /// The option `columns`: what the cells of lines without a heading are, in order.
  static func names(_ options: [Option]) -> [String]? {
    guard case .list(let items) = options.last(where: { $0.name == "columns" })?.value else {
      return nil
    }
    return items.compactMap { item in
      switch item {
      case .string(let name), .word(let name): name
      default: nil
      }
    }
  }

  /// The names in a file's first line; nil where it is no CSV.
  package static func heading(
    _ line: UnsafeBufferPointer<UInt8>, separator: UInt8
  ) -> RecordHeading? {
    // A copy with slack behind it, for the vector searches.
    let copy = ByteBuffer(capacity: line.count)
    copy.append(line)
    let base = UnsafePointer(copy.base)
    guard raudal_valid_utf8(base, copy.count) != 0 else { return nil }
    let hasMark = line.starts(with: [0xEF, 0xBB, 0xBF])
    let splitter = CSVSplitter(separator: separator)
    var names: [String] = []
    var at = hasMark ? 3 : 0
    while true {
      guard let cell = splitter.next(base, &at, copy.count) else { return nil }
      let bytes = UnsafeBufferPointer(start: base + cell.start, count: cell.length)
      let scratch = ByteBuffer(capacity: cell.length)
      let length = resolve(bytes, to: scratch.reserve(cell.length))
      scratch.commit(length)
      names.append(cell.hasQuotesInside ? scratch.string : String(decoding: bytes, as: UTF8.self))
      if at >= copy.count, !cell.isFollowed { return RecordHeading(names) }
    }
  }
}
