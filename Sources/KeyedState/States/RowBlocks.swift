import Columns
import Schemas

/// Writes rows of several parts as blocks of a state, key group by key group; a block holds a
/// batch's rows, or bytes of text, at most.
struct RowBlocks {
  private let state: StateDeclaration
  private let columns: [ColumnParts]
  private let texts: [ColumnParts]

  /// `parts`: the columns of the state; those that no row has are nil.
  init(_ state: StateDeclaration, _ parts: [[Column?]]) {
    self.state = state
    let fields = state.schema.fields
    columns = fields.enumerated().map { number, field in
      ColumnParts(field.type, parts.map { $0[number] })
    }
    texts = zip(fields, columns).filter(\.0.type.isText).map(\.1)
  }

  /// `hashes`: of the rows' keys, by part and row. O(rows + key groups).
  func write(_ rows: [PartPlace], _ hashes: [[UInt64]], to writer: any StateWriter) throws {
    guard !rows.isEmpty else { return }
    let places = PlacesByKeyGroup(rows) { hashes[Int($0.part)][Int($0.number)] }
    for group in 0..<KeyGroup.count {
      for chunk in places.chunks(group, limit: Batch.rowLimit) {
        var rest = chunk
        while !rest.isEmpty {
          let taken = rest.prefix(bounded(rest))
          let rows = Batch(
            schema: state.schema, columns: columns.map { $0.values(at: taken) },
            rowCount: taken.count)
          try writer.write(
            StateBlock(
              state: state.name, scope: .keyGroup(KeyGroup(UInt16(group))), rows: rows))
          rest = rest.dropFirst(taken.count)
        }
      }
    }
  }

  /// How many of the rows until their texts make a batch.
  private func bounded(_ places: ArraySlice<PartPlace>) -> Int {
    guard !texts.isEmpty else { return places.count }
    var bytes = 0
    for (count, place) in places.enumerated() {
      for text in texts { bytes += text.textBytes(at: place) }
      if bytes >= TextLimit.batchBytes { return count + 1 }
    }
    return places.count
  }
}
