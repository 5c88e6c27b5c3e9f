/// A column of a file: how its values are stored, and what they mean.
struct FileColumn {
  enum Storage: Int64 {
    case bool, int32, int64, int96, float, double, bytes, fixed
  }

  enum Form: Equatable {
    case bool, int, float, double, date, text, bytes, uuid
    case unsigned(bits: Int)
    case decimal(scale: Int)
    case time(SchemaElement.Unit)
    case timestamp(SchemaElement.Unit)
  }

  var name: String
  /// Which of a row group's chunks is its own.
  var chunk: Int
  var storage: Storage
  /// Bytes of a value of fixed length.
  var length: Int
  var form: Form
  var isOptional: Bool

  var isTime: Bool {
    if case .timestamp = form { true } else { false }
  }
}

extension FileColumn {
  /// Bytes of a value of fixed length at most.
  private static let longest: Int64 = 1 << 20

  /// - Throws: why its values are not read, with what to do.
  init(_ element: SchemaElement, chunk: Int) throws(ParquetFault) {
    guard let storage = Storage(rawValue: element.type) else {
      throw ParquetFault("its values are of type \(element.type), which Parquet does not have")
    }
    name = element.name
    self.chunk = chunk
    self.storage = storage
    isOptional = element.repetition == 1
    length = 0
    if storage == .fixed {
      guard element.length > 0, element.length <= Self.longest else {
        throw ParquetFault("its values have \(element.length) bytes; 1 to \(Self.longest) are read")
      }
      length = Int(element.length)
    }
    form = try Self.form(element, storage)
  }

  private static func form(
    _ element: SchemaElement, _ storage: Storage
  ) throws(ParquetFault) -> Form {
    if storage == .int96 {
      throw ParquetFault(
        "its values are INT96, which Parquet has given up; write it as TIMESTAMP (Spark:"
          + " `spark.sql.parquet.outputTimestampType=TIMESTAMP_MICROS`)")
    }
    if case .decimal(let scale, let precision)? = element.meaning {
      return try decimal(scale, precision, element, storage)
    }
    switch (storage, element.meaning) {
    case (.bool, nil), (.bool, .nothing): return .bool
    case (.float, nil), (.float, .nothing): return .float
    case (.double, nil), (.double, .nothing): return .double
    case (.int32, .date): return .date
    case (.int32, .time(.milliseconds)): return .time(.milliseconds)
    case (.int64, .time(let unit)): return .time(unit)
    case (.int64, .timestamp(let unit)): return .timestamp(unit)
    case (.int32, .integer(isSigned: false)): return .unsigned(bits: 32)
    case (.int64, .integer(isSigned: false)): return .unsigned(bits: 64)
    case (.int32, nil), (.int64, nil), (.int32, .nothing), (.int64, .nothing): return .int
    case (.int32, .integer), (.int64, .integer): return .int
    case (.bytes, .text), (.bytes, .json): return .text
    case (.bytes, nil), (.bytes, .nothing), (.fixed, nil), (.fixed, .nothing): return .bytes
    case (.fixed, .uuid) where element.length == 16: return .uuid
    case (_, .other(let meaning)):
      throw ParquetFault("its values are \(meaning), which is not read")
    default: throw ParquetFault("its values are not stored as what they mean is stored")
    }
  }

  private static func decimal(
    _ scale: Int64, _ precision: Int64, _ element: SchemaElement, _ storage: Storage
  ) throws(ParquetFault) -> Form {
    guard [.int32, .int64, .bytes, .fixed].contains(storage) else {
      throw ParquetFault("its values are not stored as what they mean is stored")
    }
    guard precision >= 1, precision <= 38, scale >= 0, scale <= precision,
      storage != .fixed || element.length <= 16
    else {
      throw ParquetFault(
        "its values are decimals of \(precision) digits, \(scale) of them behind the point; up to"
          + " 38 digits are read")
    }
    return .decimal(scale: Int(scale))
  }
}

/// The columns of a file: those that can be read, and why the others can't.
struct FileColumns {
  /// All columns of the first level, in their order.
  private(set) var names: [String] = []
  private var found: [String: Result<FileColumn, ParquetFault>] = [:]

  init(_ footer: FileFooter) throws(ParquetError) {
    let schema = footer.schema
    var at = 1
    var chunk = 0
    while at < schema.count {
      let element = schema[at]
      let (first, firstChunk) = (at, chunk)
      // Goes behind all that is below it.
      var open: Int64 = 1
      while open > 0, at < schema.count {
        let children = max(0, min(schema[at].children, Int64(schema.count)))
        if children == 0 { chunk += 1 }
        open += children - 1
        at += 1
      }
      guard open == 0 else {
        throw ParquetError("the footer: its columns are not those that it says there are")
      }
      add(element, isNested: at > first + 1 || element.children > 0, chunk: firstChunk)
    }
  }

  private mutating func add(_ element: SchemaElement, isNested: Bool, chunk: Int) {
    if found[element.name] != nil {
      found[element.name] = .failure(ParquetFault("there are two columns of that name"))
      return
    }
    names.append(element.name)
    if isNested || element.repetition == 2 {
      found[element.name] = .failure(
        ParquetFault("it is nested (a list, map or structure), which is not read; write it flat"))
      return
    }
    do throws(ParquetFault) {
      found[element.name] = .success(try FileColumn(element, chunk: chunk))
    } catch {
      found[element.name] = .failure(error)
    }
  }

  /// Nil where the file has none of that name.
  subscript(name: String) -> Result<FileColumn, ParquetFault>? { found[name] }
}
