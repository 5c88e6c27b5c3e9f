/// What stands before a page's bytes.
struct PageHeader {
  enum Kind: Int64 {
    case data, index, dictionary, dataV2
  }

  var kind: Kind?
  /// Bytes of the page as it stands in the file, and unpacked.
  var packedSize: Int64 = -1
  var size: Int64 = -1
  /// CRC-32 of the bytes in the file.
  var checksum: UInt32?
  /// Values, nulls included; of a dictionary its entries.
  var values: Int64 = -1
  var encoding: Int64 = -1
  var levelEncoding: Int64 = PageEncoding.runs.rawValue
  /// Of a page of the second version: bytes of its levels, which are never packed.
  var levelBytes: Int64 = 0
  var repetitionBytes: Int64 = 0
  var isPacked = true
}

enum PageEncoding: Int64 {
  case plain = 0
  case plainDictionary = 2
  case runs = 3
  case deltas = 5
  case deltaLengths = 6
  case deltaTexts = 7
  case dictionary = 8
  case split = 9
}

extension ThriftReader {
  mutating func pageHeader() throws(ParquetFault) -> PageHeader {
    var header = PageHeader()
    var last = 0
    while let field = try field(after: &last) {
      switch field.id {
      case 1: header.kind = PageHeader.Kind(rawValue: try int(field))
      case 2: header.size = try int(field)
      case 3: header.packedSize = try int(field)
      case 4: header.checksum = UInt32(truncatingIfNeeded: try int(field))
      case 5, 7:
        try expectStructure(field)
        try dataPage(&header)
      case 8:
        try expectStructure(field)
        try dataPageV2(&header)
      default: try skip(field)
      }
    }
    return header
  }

  /// Of a dictionary the first two fields.
  private mutating func dataPage(_ header: inout PageHeader) throws(ParquetFault) {
    var last = 0
    while let field = try field(after: &last) {
      switch field.id {
      case 1: header.values = try int(field)
      case 2: header.encoding = try int(field)
      case 3 where header.kind == .data: header.levelEncoding = try int(field)
      default: try skip(field)
      }
    }
  }

  private mutating func dataPageV2(_ header: inout PageHeader) throws(ParquetFault) {
    var last = 0
    while let field = try field(after: &last) {
      switch field.id {
      case 1: header.values = try int(field)
      case 4: header.encoding = try int(field)
      case 5: header.levelBytes = try int(field)
      case 6: header.repetitionBytes = try int(field)
      case 7: header.isPacked = try bool(field)
      default: try skip(field)
      }
    }
  }
}
