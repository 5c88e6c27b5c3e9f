extension FileFooter {
  private static let magic = Array("PAR1".utf8)
  private static let encryptedMagic = Array("PARE".utf8)
  /// Bytes of a footer at most.
  private static let largest = 128 << 20

  static func read(_ input: ParquetInput) throws(ParquetError) -> FileFooter {
    do throws(ParquetFault) {
      var reader = ThriftReader(try bytes(input))
      let footer = try reader.footer()
      guard !footer.isEncrypted else { throw ParquetFault("the file is encrypted") }
      let rows = footer.groups.reduce(Int64(0)) { $0 &+ $1.rows }
      guard rows == footer.rows else {
        throw ParquetFault("its row groups have \(rows) rows, and the file \(footer.rows)")
      }
      return footer
    } catch {
      throw ParquetError("the footer: \(error.text)")
    }
  }

  private static func bytes(_ input: ParquetInput) throws(ParquetFault) -> [UInt8] {
    guard input.size >= 12, try input.read(at: 0, count: 4) == magic else {
      if input.size >= 4, try input.read(at: 0, count: 4) == encryptedMagic {
        throw ParquetFault("the file is encrypted")
      }
      throw ParquetFault("it is no Parquet file: it does not begin with PAR1")
    }
    let end = try input.read(at: input.size - 8, count: 8)
    guard Array(end[4...]) == magic else {
      throw ParquetFault("the file does not end with PAR1: it is not whole")
    }
    let length = end[..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length > 0, Int64(length) <= input.size - 12 else {
      throw ParquetFault("it says that it has \(length) bytes, and the file is shorter")
    }
    guard length <= largest else {
      throw ParquetFault("it has \(length) bytes, and more than \(largest) are not read")
    }
    return try input.read(at: input.size - 8 - Int64(length), count: length)
  }
}

extension ThriftReader {
  fileprivate mutating func footer() throws(ParquetFault) -> FileFooter {
    var footer = FileFooter()
    var last = 0
    while let field = try field(after: &last) {
      switch field.id {
      case 2:
        for _ in 0..<(try structures(field)) { footer.schema.append(try schemaElement()) }
      case 3: footer.rows = try int(field)
      case 4:
        for _ in 0..<(try structures(field)) { footer.groups.append(try rowGroup()) }
      case 8:
        footer.isEncrypted = true
        try skip(field)
      default: try skip(field)
      }
    }
    return footer
  }

  private mutating func rowGroup() throws(ParquetFault) -> RowGroup {
    var group = RowGroup()
    var last = 0
    while let field = try field(after: &last) {
      switch field.id {
      case 1:
        for _ in 0..<(try structures(field)) { group.chunks.append(try columnChunk()) }
      case 3: group.rows = try int(field)
      default: try skip(field)
      }
    }
    return group
  }

  private mutating func columnChunk() throws(ParquetFault) -> ColumnChunk {
    var chunk = ColumnChunk()
    var last = 0
    while let field = try field(after: &last) {
      switch field.id {
      case 1:
        chunk.isElsewhere = true
        try skip(field)
      case 3:
        try expectStructure(field)
        try columnMetadata(&chunk)
      case 8, 9:
        chunk.isEncrypted = true
        try skip(field)
      default: try skip(field)
      }
    }
    return chunk
  }

  private mutating func columnMetadata(_ chunk: inout ColumnChunk) throws(ParquetFault) {
    var last = 0
    while let field = try field(after: &last) {
      switch field.id {
      case 1: chunk.type = try int(field)
      case 4: chunk.codec = try int(field)
      case 5: chunk.values = try int(field)
      case 7: chunk.size = try int(field)
      case 9: chunk.dataOffset = try int(field)
      case 11: chunk.dictionaryOffset = try int(field)
      default: try skip(field)
      }
    }
  }

  private mutating func schemaElement() throws(ParquetFault) -> SchemaElement {
    var element = SchemaElement()
    var last = 0
    while let field = try field(after: &last) {
      switch field.id {
      case 1: element.type = try int(field)
      case 2: element.length = try int(field)
      case 3: element.repetition = try int(field)
      case 4: element.name = try text(field)
      case 5: element.children = try int(field)
      case 6: element.converted = try int(field)
      case 7: element.scale = try int(field)
      case 8: element.precision = try int(field)
      case 10:
        try expectStructure(field)
        element.logical = try meaning()
      default: try skip(field)
      }
    }
    return element
  }

  /// A union: a structure of one field, which says by its number what it is.
  private mutating func meaning() throws(ParquetFault) -> SchemaElement.Meaning? {
    var meaning: SchemaElement.Meaning?
    var last = 0
    while let field = try field(after: &last) {
      try expectStructure(field)
      switch field.id {
      case 5: meaning = try decimal()
      case 7: meaning = .time(try unit())
      case 8: meaning = .timestamp(try unit())
      case 10: meaning = .integer(isSigned: try isSigned())
      default:
        meaning = Self.plain(field.id)
        try skip(field)
      }
    }
    return meaning
  }

  private static func plain(_ id: Int) -> SchemaElement.Meaning {
    switch id {
    case 1, 4: .text
    case 6: .date
    case 11: .nothing
    case 12: .json
    case 13: .other("BSON")
    case 14: .uuid
    case 15: .other("FLOAT16")
    case 16: .other("VARIANT")
    case 17, 18: .other("GEOMETRY")
    default: .other("logical type \(id)")
    }
  }

  private mutating func decimal() throws(ParquetFault) -> SchemaElement.Meaning {
    var (scale, precision): (Int64, Int64) = (0, 0)
    var last = 0
    while let field = try field(after: &last) {
      switch field.id {
      case 1: scale = try int(field)
      case 2: precision = try int(field)
      default: try skip(field)
      }
    }
    return .decimal(scale: scale, precision: precision)
  }

  /// Of a time or timestamp. One that is not said to be UTC is taken for it, as text without zone.
  private mutating func unit() throws(ParquetFault) -> SchemaElement.Unit {
    var unit = SchemaElement.Unit.microseconds
    var last = 0
    while let field = try field(after: &last) {
      guard field.id == 2 else {
        try skip(field)
        continue
      }
      try expectStructure(field)
      var lastUnit = 0
      while let choice = try self.field(after: &lastUnit) {
        unit = choice.id == 1 ? .milliseconds : choice.id == 3 ? .nanoseconds : .microseconds
        try skip(choice)
      }
    }
    return unit
  }

  private mutating func isSigned() throws(ParquetFault) -> Bool {
    var isSigned = true
    var last = 0
    while let field = try field(after: &last) {
      if field.id == 2 { isSigned = try bool(field) } else { try skip(field) }
    }
    return isSigned
  }
}
