/// What the end of a file says of it: its columns, and where their pages are.
///
/// Source: `parquet.thrift` of the Apache Parquet format, version 2.11.
struct FileFooter {
  var rows: Int64 = 0
  /// The tree of columns, each before its children; the first is the root.
  var schema: [SchemaElement] = []
  var groups: [RowGroup] = []
  var isEncrypted = false
}

struct RowGroup {
  var rows: Int64 = 0
  /// Of the columns without children, in their order.
  var chunks: [ColumnChunk] = []
}

/// Where a column's pages of a row group are.
struct ColumnChunk {
  var type: Int64 = -1
  var codec: Int64 = 0
  var values: Int64 = 0
  var size: Int64 = 0
  var dataOffset: Int64 = 0
  var dictionaryOffset: Int64?
  var isElsewhere = false
  var isEncrypted = false

  /// Where its first page begins.
  var start: Int64 {
    guard let offset = dictionaryOffset, offset > 0, offset < dataOffset else { return dataOffset }
    return offset
  }
}

struct SchemaElement {
  enum Unit: Equatable {
    case milliseconds, microseconds, nanoseconds
  }

  /// What the values of a physical type mean.
  enum Meaning: Equatable {
    case text, json, uuid, date, nothing
    case decimal(scale: Int64, precision: Int64)
    case time(Unit)
    case timestamp(Unit)
    case integer(isSigned: Bool)
    /// What nobody reads here.
    case other(String)
  }

  var name = ""
  /// -1: it has children.
  var type: Int64 = -1
  var length: Int64 = 0
  /// 0: each row has a value; 1: or none; 2: any number.
  var repetition: Int64 = 0
  var children: Int64 = 0
  /// As files said it before there were logical types.
  var converted: Int64?
  var scale: Int64 = 0
  var precision: Int64 = 0
  var logical: Meaning?

  var meaning: Meaning? { logical ?? converted.map(oldMeaning) }

  private func oldMeaning(_ code: Int64) -> Meaning {
    switch code {
    case 0, 4: .text
    case 5: .decimal(scale: scale, precision: precision)
    case 6: .date
    case 7: .time(.milliseconds)
    case 8: .time(.microseconds)
    case 9: .timestamp(.milliseconds)
    case 10: .timestamp(.microseconds)
    case 11...14: .integer(isSigned: false)
    case 15...18: .integer(isSigned: true)
    case 19: .json
    case 20: .other("BSON")
    case 21: .other("INTERVAL")
    default: .other("converted type \(code)")
    }
  }
}
