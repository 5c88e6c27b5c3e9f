import Connectors
import Plans
import Schemas

/// The statements by which a table is looked at and asked. Text; it knows no connection.
///
/// What is asked for comes as one array for each key column, numbered: so the server finds out
/// which key a row answers, in its own ideas of equality.
struct PostgresStatement: Sendable {
  enum Origin: Sendable {
    /// A table or view, perhaps `schema.table`.
    case table(String)
    /// A `SELECT` with an array for each key column: `… WHERE id = ANY($1)`.
    case query(String)
  }

  struct Column: Sendable {
    /// As the server names it.
    var name: String
    var field: Field
    var isKey: Bool
  }

  let origin: Origin
  let columns: [Column]
  let keys: [Column]

  init(_ spec: TableSpec, _ origin: Origin) throws(ConnectorError) {
    self.origin = origin
    var columns: [Column] = []
    for column in spec.decoding.columns {
      guard case .field(let name) = column.origin else {
        throw ConnectorError(
          .configuration,
          "table `\(spec.name)`: `\(column.field.name)` is no column of the server's rows")
      }
      columns.append(
        Column(name: name, field: column.field, isKey: spec.keys.contains(column.field.name)))
    }
    self.columns = columns
    var keys: [Column] = []
    for key in spec.keys {
      guard let column = columns.first(where: { $0.field.name == key }) else { continue }
      guard LookupPolicy.takesKeys(of: column.field.type) else {
        throw ConnectorError(
          .configuration,
          "table `\(spec.name)`: a key cannot be \(column.field.type) where a server is asked for "
            + "it"
        )
      }
      keys.append(column)
    }
    self.keys = keys
  }

  /// Gives no rows that matter: what is prepared of it tells the columns' types.
  var probe: String {
    "SELECT \(columns.map { "q.\(Self.quoted($0.name))" }.joined(separator: ", ")) FROM \(source) q"
  }

  /// How many parameters a query of the user's takes.
  var parameters: Int? { if case .query = origin { keys.count } else { nil } }

  /// Numbers of keys, the rows that they have as JSON, and how many bytes that are: a row that is
  /// larger than `limit` is not sent. `types`: of each column the server's.
  ///
  /// Numbers come in a type that holds all of the declared type's, so that one that the column
  /// could not hold has no row; for integers the server uses the column's index nonetheless.
  func ask(_ types: [PostgresType], limit: Int) -> String {
    let own = zip(columns, types)
    let arrays = keys.enumerated().map { place, key in
      let type =
        switch key.field.type {
        case .int: "bigint"
        case .decimal: "numeric"
        default: own.first { $0.0.name == key.name }?.1.name ?? "text"
        }
      return "$\(place + 1)::\(type)[]"
    }
    let names = keys.indices.map { "k\($0)" } + ["n"]
    let equal = keys.enumerated().map { "q.\(Self.quoted($1.name)) = a.k\($0)" }
    let values = own.filter { !$0.0.isKey }.map { column, type in
      "\(Self.value(column, type)) AS \(Self.quoted(column.name))"
    }
    return """
      SELECT a.n, CASE WHEN j.size <= \(limit) THEN j.text END, j.size \
      FROM unnest(\(arrays.joined(separator: ", "))) \
      WITH ORDINALITY AS a(\(names.joined(separator: ", "))) \
      JOIN \(source) q ON \(equal.joined(separator: " AND ")) \
      CROSS JOIN LATERAL (SELECT \(values.joined(separator: ", "))) r \
      CROSS JOIN LATERAL (SELECT row_to_json(r)::text AS text OFFSET 0) t \
      CROSS JOIN LATERAL (SELECT t.text, octet_length(t.text) AS size) j
      """
  }

  /// All rows as JSON, the keys too.
  func whole(_ types: [PostgresType]) -> String {
    let values = zip(columns, types).map { column, type in
      "\(Self.value(column, type)) AS \(Self.quoted(column.name))"
    }
    return """
      SELECT row_to_json(r)::text FROM \(source) q \
      CROSS JOIN LATERAL (SELECT \(values.joined(separator: ", "))) r
      """
  }

  private var source: String {
    switch origin {
    case .table(let name):
      name.split(separator: ".", omittingEmptySubsequences: false)
        .map { Self.quoted(String($0)) }.joined(separator: ".")
    case .query(let text):
      "(\(text.hasSuffix(";") ? String(text.dropLast()) : text)\n)"
    }
  }

  /// In the form in which JSON is read: a time without zone is one of UTC, bytes are Base64.
  private static func value(_ column: Column, _ type: PostgresType) -> String {
    let name = "q.\(quoted(column.name))"
    switch type {
    case .timestamp: return "\(name) AT TIME ZONE 'UTC'"
    case .bytes: return "translate(encode(\(name), 'base64'), E'\\n', '')"
    case .other,
      .text where column.field.type == .string:
      return "\(name)::text"
    default: return name
    }
  }

  static func quoted(_ name: String) -> String {
    "\"\(name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
  }

  /// An array's text.
  static func array(_ values: [[UInt8]]) -> [UInt8] {
    var text: [UInt8] = [UInt8(ascii: "{")]
    for (place, value) in values.enumerated() {
      if place > 0 { text.append(UInt8(ascii: ",")) }
      text.append(UInt8(ascii: "\""))
      for byte in value {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
          text.append(UInt8(ascii: "\\"))
        }
        text.append(byte)
      }
      text.append(UInt8(ascii: "\""))
    }
    text.append(UInt8(ascii: "}"))
    return text
  }
}

/// A type of the server's, as far as it matters here.
enum PostgresType: Hashable, Sendable {
  case bool, integer(String), float, numeric, text(String), timestamp, timestampWithZone, date
  case json, bytes
  /// By its name: `uuid`, an enumeration.
  case other(String)

  /// By the numbers that the server's catalogue gave its own types for good.
  init(oid: UInt32, name: String) {
    switch oid {
    case 16: self = .bool
    case 20, 21, 23: self = .integer(name)
    case 700, 701: self = .float
    case 1700: self = .numeric
    case 18, 19, 25, 1042, 1043: self = .text(name)
    case 1114: self = .timestamp
    case 1184: self = .timestampWithZone
    case 1082: self = .date
    case 114, 3802: self = .json
    case 17: self = .bytes
    default: self = .other(name)
    }
  }

  /// As the server calls it.
  var name: String {
    switch self {
    case .bool: "boolean"
    case .float: "double precision"
    case .numeric: "numeric"
    case .timestamp: "timestamp"
    case .timestampWithZone: "timestamptz"
    case .date: "date"
    case .json: "json"
    case .bytes: "bytea"
    case .integer(let name), .text(let name), .other(let name): name
    }
  }

  /// Whether all values that the column may hold can be the declared type's, the null aside; what
  /// is too large for it fails in its row.
  func fits(_ type: DataType) -> Bool {
    switch (self, type) {
    case (.bool, .bool), (.integer, .int), (.integer, .float), (.integer, .decimal),
      (.float, .float), (.numeric, .decimal), (.numeric, .float), (.text, .string),
      (.other, .string), (.timestamp, .timestamp), (.timestampWithZone, .timestamp),
      (.date, .date), (.json, .json), (.bytes, .bytes):
      true
    // Its own parts are checked where a row is read.
    case (.json, .list), (.json, .map), (.json, .structure): true
    default: false
    }
  }
}
