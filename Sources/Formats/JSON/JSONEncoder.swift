import Columns
import Plans
import Schemas

/// Writes rows as JSON objects in one line each: columns in declared order, nulls written or left
/// out, decimals with all their digits, bytes as base64, `json` columns as they stand.
final class JSONEncoder: RecordEncoder {
  private struct Member {
    var index: Int
    /// `"name":`
    var name: [UInt8]
    var value: JSONValueWriter

    init(_ index: Int, _ field: Field, _ spec: EncodingSpec) {
      let name = ByteBuffer()
      JSONText.write(Array(field.name.utf8), to: name)
      name.append(":")
      self.index = index
      self.name = Array(name.bytes)
      value = JSONValueWriter(field, spec)
    }
  }

  let heading: [UInt8]? = nil
  private let members: [Member]
  /// The key's, where a deletion is an object of it and a mark.
  private let deletion: [Member]?
  private let omitsNulls: Bool
  private let surroundings: SurroundingsWriter

  init(
    _ spec: EncodingSpec, _ schema: Schema, _ surroundings: SurroundingsWriter
  ) throws(FormatError) {
    members = schema.fields.indices.filter { !schema[$0].isHidden }.map {
      Member($0, schema[$0], spec)
    }
    deletion =
      spec.marksDeletions ? Self.keys(spec, schema).map { Member($0, schema[$0], spec) } : nil
    omitsNulls = spec.omitsNulls
    self.surroundings = surroundings
  }

  func encode(_ batch: Batch, into records: EncodedRecords) {
    batch.forEachSelected { row in
      let start = records.arena.count
      let (key, keyProblem) = surroundings.writeKey(batch, row, records)
      let headers = surroundings.writeHeaders(batch, row, records)
      if keyProblem == nil, deletion == nil, surroundings.isTombstone(batch, row) {
        return records.append(tombstone: row, key: key, headers: headers, cutTo: start)
      }
      let begun = records.arena.count
      let isDeletion = deletion != nil && batch.takesBack(row)
      if let reason = keyProblem ?? writeObject(batch, row, isDeletion, records.arena) {
        return records.fail(row, reason, cutTo: start)
      }
      records.append(
        EncodedRecords.Record(
          row: row, value: records.span(from: begun), key: key, headers: headers))
    }
  }

  /// The reason where a value has no form in JSON.
  private func writeObject(
    _ batch: Batch, _ row: Int, _ isDeletion: Bool, _ arena: ByteBuffer
  ) -> String? {
    var separator = UInt8(ascii: "{")
    for member in isDeletion ? deletion ?? [] : members {
      let column = batch.columns[member.index]
      if omitsNulls, !column.isValid(row) { continue }
      arena.append(separator)
      separator = UInt8(ascii: ",")
      member.name.withUnsafeBufferPointer { arena.append($0) }
      if let reason = member.value.write(column, row, to: arena) { return reason }
    }
    if isDeletion {
      arena.append(separator)
      arena.append(string: "\"\(DeletionSpec.mark)\":true")
    } else if separator == UInt8(ascii: "{") {
      arena.append(separator)
    }
    arena.append(UInt8(ascii: "}"))
    return nil
  }

  private static func keys(_ spec: EncodingSpec, _ schema: Schema) -> [Int] {
    spec.keys.compactMap { schema.index(of: $0) }
  }
}
