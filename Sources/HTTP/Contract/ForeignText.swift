/// What a server says, as it may stand in a message of ours.
package enum ForeignText {
  /// Bytes of it at most.
  package static let limit = 120

  /// As much as fits a line, with blanks in place of what a terminal would obey.
  package static func start(_ bytes: some Collection<UInt8>) -> String {
    var line = ""
    for scalar in String(decoding: bytes.prefix(limit), as: UTF8.self).unicodeScalars {
      line.unicodeScalars.append(isObeyed(scalar) ? " " : scalar)
    }
    return bytes.count > limit ? "\(line)…" : line
  }

  private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  /// The start of an address without what in it may be secret: a login, the query, the fragment.
  package static func address(_ url: String) -> String {
    let bare = url.prefix { $0 != "?" && $0 != "#" }
    var parts = bare.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    if parts.count > 2, parts[1].isEmpty, let login = parts[2].lastIndex(of: "@") {
      parts[2] = parts[2][parts[2].index(after: login)...]
    }
    return start(parts.joined(separator: "/").utf8)
  }
}
