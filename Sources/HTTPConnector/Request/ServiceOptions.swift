import Connectors
import HTTP

/// Options of all that is asked over HTTP.
extension HTTPSettings {
  /// `connections`: how many there are at most where it is not said.
  init(
    _ options: ResolvedOptions, _ environment: ConnectorEnvironment, connections usual: Int = 16,
    in place: String
  ) throws(ConnectorError) {
    self.init()
    connections = Int(
      try options.int("connections", else: Int64(usual), atLeast: 1, in: place))
    if let ca = try options.text("ca", in: place) {
      self.ca = try environment.certificates(ca, option: "ca", in: place)
    }
    switch try options.text("proxy", in: place) {
    case nil: break
    case "environment"?: proxy = .environment
    case let url?: proxy = .url(url)
    }
  }
}
