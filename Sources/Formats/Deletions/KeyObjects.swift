import Columns
import Plans
import Schemas

/// Keys of records as rows: what a sink of this engine writes for the same columns, the text of one
/// or a JSON array of several, or a JSON object that has them by name, in an envelope of Kafka
/// Connect or not.
struct KeyObjects {
  private let columns: [DecodedColumn]
  private let decoder: JSONDecoder
  private let wrapper: JSONDecoder

  init(_ columns: [DecodedColumn], coerce: Bool) throws(FormatError) {
    self.columns = columns
    decoder = try JSONDecoder(
      spec: DecodingSpec(format: .json, columns: columns, coerce: coerce))
    wrapper = try JSONDecoder(spec: DecodingSpec(format: .json, columns: [.document("payload")]))
  }

  /// Row *i* is the key of record `rows[i]`.
  func decode(_ records: RecordBatch, _ rows: [Int]) -> Decoded {
    decoder.decode(
      objects(records, rows) { row in
        object(unwrapped(records.bytes(records.keys[row]).map { Array($0) }))
      })
  }

  /// Row *i* is the key that stands in these bytes, which are an object.
  func decode(_ texts: [[UInt8]], of rows: [Int], _ records: RecordBatch) -> Decoded {
    var place = 0
    return decoder.decode(
      objects(records, rows) { _ in
        place += 1
        return texts[place - 1]
      })
  }

  private func objects(
    _ records: RecordBatch, _ rows: [Int], _ object: (Int) -> [UInt8]
  ) -> RecordBatch {
    let made = RecordBatch(
      partition: records.partition, capacity: rows.count, byteCapacity: 1 << 12)
    for row in rows {
      let key = records.bytes(records.keys[row])
      object(row).withUnsafeBytes { object in
        made.append(
          value: object, key: key.map { UnsafeRawBufferPointer($0) },
          timestamp: records.timestamps[row], offset: records.offsets[row])
      }
    }
    return made
  }

  /// The key without the schema that Kafka Connect puts beside it.
  private func unwrapped(_ key: [UInt8]?) -> [UInt8]? {
    guard let key, key.first == UInt8(ascii: "{"), !columns.contains(where: \.isPayload) else {
      return key
    }
    let record = RecordBatch(
      partition: PartitionID(source: "", topic: "", number: 0), capacity: 1,
      byteCapacity: key.count)
    key.withUnsafeBytes { record.append(value: $0, key: nil, timestamp: .min, offset: 0) }
    let read = wrapper.decode(record)
    let payload = read.batch.columns[0]
    guard read.failures.isEmpty, payload.isValid(0) else { return key }
    let text = Array(payload.text(0))
    return text.first == UInt8(ascii: "{") ? text : key
  }

  /// What cannot be the key becomes nothing, which is no object and told as that.
  private func object(_ key: [UInt8]?) -> [UInt8] {
    guard let key else { return [] }
    if columns.allSatisfy({ $0.origin == .key }) { return Array("{}".utf8) }
    if key.first == UInt8(ascii: "{") { return key }
    let values = columns.count == 1 ? [value(key)] : Self.elements(key)
    guard values.count == columns.count else { return [] }
    let members = zip(columns, values).map { column, value in
      Self.quoted(Array(column.fieldName.utf8)) + Array(":".utf8) + value
    }
    return Array("{".utf8) + members.joined(separator: Array(",".utf8)) + Array("}".utf8)
  }

  /// The text of one key as JSON.
  private func value(_ text: [UInt8]) -> [UInt8] {
    switch columns[0].field.type {
    case .int, .float, .decimal, .bool:
      text.allSatisfy { Self.isOfNumber($0) } ? text : Self.quoted(text)
    default: Self.quoted(text)
    }
  }

  /// Digits, signs, a point and letters: what numbers, `true` and `false` are made of.
  private static func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  private static func quoted(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        result += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: result.append(byte)
      }
    }
    return result + [UInt8(ascii: "\"")]
  }

  /// The elements of a JSON array, as they are written; none of what is no array.
  private static func elements(_ text: [UInt8]) -> [[UInt8]] {
    guard text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]"), text.count > 2 else {
      return []
    }
    var elements: [[UInt8]] = [[]]
    var (depth, isText, isEscaped) = (0, false, false)
    for byte in text[1..<text.count - 1] {
      if isText {
        isText = byte != UInt8(ascii: "\"") || isEscaped
        isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
      } else {
        switch byte {
        case UInt8(ascii: "\""): isText = true
        case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
        case UInt8(ascii: ",") where depth == 0:
          elements.append([])
          continue
        default: break
        }
      }
      elements[elements.count - 1].append(byte)
    }
    return elements
  }
}

extension DecodedColumn {
  /// What the record calls it.
  fileprivate var fieldName: String {
    if case .field(let name) = origin { name } else { field.name }
  }

  fileprivate var isPayload: Bool { fieldName == "payload" }

  /// A field as the JSON that it is.
  static func document(_ name: String) -> DecodedColumn {
    DecodedColumn(field: Field(name, .json, nullable: true), origin: .field(name))
  }
}
