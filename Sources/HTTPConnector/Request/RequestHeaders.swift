import Columns
import Connectors
import HTTP

/// The headers of each request: those that are always the same, which are looked at once, and those
/// with values of a row.
struct RequestHeaders: Sendable {
  private(set) var constant: [HTTPHeader]
  private var filled: [(name: String, value: TextTemplate)] = []

  /// Those of `headers`, each in place of a usual one of its name. `names`: of the columns.
  init(
    _ usual: [HTTPHeader], _ options: ResolvedOptions, names: [String] = [], in place: String
  ) throws(ConnectorError) {
    constant = usual
    guard case .object(let own)? = options["headers"] else { return }
    for (name, value) in own.sorted(by: { $0.key < $1.key }) {
      let header = "\(place): header `\(name)`"
      guard HTTPHeader(name, "").isSound else {
        throw ConnectorError(
          .configuration,
          "\(header): a header's name has no spaces, colons and letters of other scripts")
      }
      constant.removeAll { $0.name.lowercased() == name.lowercased() }
      let template = try TextTemplate(value, names: names, in: header)
      guard let text = template.constant else {
        filled.append((name, template))
        continue
      }
      let said = HTTPHeader(name, String(decoding: text, as: UTF8.self))
      guard said.isSound else {
        throw ConnectorError(
          .configuration, "\(header) holds a line end or a control character")
      }
      constant.append(said)
    }
  }

  /// `row`: whose values stand in them.
  func all(_ batch: Batch, row: Int) throws(TemplateRefusal) -> [HTTPHeader] {
    var headers = constant
    for (name, template) in filled {
      let value: [UInt8]
      do throws(TemplateRefusal) {
        value = try template.bytes(batch, row: row)
      } catch {
        throw TemplateRefusal("header `\(name)`: \(error.reason)")
      }
      headers.append(try HTTPHeader(name, String(decoding: value, as: UTF8.self)).sound())
    }
    return headers
  }
}

extension HTTPHeader {
  /// Itself; none can be sent of a row whose values would write further headers.
  func sound() throws(TemplateRefusal) -> HTTPHeader {
    guard isSound else {
      throw TemplateRefusal("header `\(name)` would hold a line end or a control character")
    }
    return self
  }
}
