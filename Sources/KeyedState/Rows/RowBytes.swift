package import Columns
package import Schemas

/// A row as bytes, for journals: of each column whether it has a value (1), then the value; where
/// that has no fixed width its length (4) first. Numbers are little-endian.
package enum RowBytes {
  package static func append(_ row: Int, of columns: [Column], to bytes: inout [UInt8]) {
    for column in columns {
      guard column.isValid(row) else {
        bytes.append(0)
        continue
      }
      bytes.append(1)
      let value = ValueBytes.of(column, row)
      if column.type.isText {
        withUnsafeBytes(of: UInt32(value.count).littleEndian) { bytes.append(contentsOf: $0) }
      }
      bytes.append(contentsOf: value)
    }
  }

  /// The row of a schema that `append` wrote, alone in its batch; nil where the bytes are none.
  package static func row(_ bytes: ArraySlice<UInt8>, of schema: Schema) -> Batch? {
    var rest = bytes
    var columns: [Column] = []
    for field in schema.fields {
      let builder = ColumnBuilder(field.type, capacity: 1)
      switch rest.popFirst() {
      case 0?: builder.appendNull()
      case 1?:
        guard let count = count(of: field.type, &rest), count <= rest.count else { return nil }
        let isSound = rest.prefix(count).withUnsafeBufferPointer { value in
          guard !field.type.isNested || NestedCheck.isSound(value, field.type) else { return false }
          ValueBytes.append(value, to: builder)
          return true
        }
        guard isSound else { return nil }
        rest = rest.dropFirst(count)
      default: return nil
      }
      columns.append(builder.finish())
    }
    return rest.isEmpty ? Batch(schema: schema, columns: columns, rowCount: 1) : nil
  }

  /// How many bytes the value has that comes next.
  private static func count(of type: DataType, _ rest: inout ArraySlice<UInt8>) -> Int? {
    guard type.isText else { return type.width }
    guard rest.count >= 4 else { return nil }
    let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    rest = rest.dropFirst(4)
    return count
  }
}
