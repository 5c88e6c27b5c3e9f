import Connectors
import HTTP

/// Options of all that is asked over HTTP.
extension HTTPSettings {
  init(
    _ options: ResolvedOptions, _ environment: ConnectorEnvironment, in place: String
  ) throws(ConnectorError) {
    self.init()
    connections = Int(try options.int("connections", else: 16, atLeast: 1, in: place))
    if let ca = try options.text("ca", in: place) {
      let path = environment.path(ca)
      guard let text = OptionResolver.read(path), text.contains("-----BEGIN") else {
        throw ConnectorError(.configuration, "\(place): `ca`: \(path) holds no certificates (PEM)")
      }
      self.ca = path
    }
    switch try options.text("proxy", in: place) {
    case nil: break
    case "environment"?: proxy = .environment
    case let url?: proxy = .url(url)
    }
  }
}

extension [HTTPHeader] {
  /// With those of `headers`, each in place of a usual one of its name.
  func with(_ options: ResolvedOptions, in place: String) throws(ConnectorError) -> [HTTPHeader] {
    var headers = self
    guard case .object(let own)? = options["headers"] else { return headers }
    for (name, value) in own.sorted(by: { $0.key < $1.key }) {
      let header = HTTPHeader(name, try Self.text(value, name, place))
      guard header.isSound else {
        throw ConnectorError(.configuration, "\(place): header `\(name)` holds a line end")
      }
      headers.removeAll { $0.name.lowercased() == name.lowercased() }
      headers.append(header)
    }
    return headers
  }

  private static func text(
    _ value: ResolvedValue, _ name: String, _ place: String
  ) throws(ConnectorError) -> String {
    switch value {
    case .text(let text): return text
    case .int(let number): return "\(number)"
    case .bool(let value): return "\(value)"
    default: throw ConnectorError(.configuration, "\(place): header `\(name)` is a text")
    }
  }
}
