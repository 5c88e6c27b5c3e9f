import Columns
import Connectors
import HTTP
import Plans

/// An address with keys in it, each encoded so that it can be nothing but a value.
struct URLTemplate: Sendable {
  private enum Piece {
    case text([UInt8])
    /// The number of the key column. `isSegment`: it is a whole part of the path.
    case key(Int, isSegment: Bool)
    /// The first key column of all rows, with commas between.
    case keys
  }

  private let pieces: [Piece]
  private let names: [String]
  /// Whether the definition itself has `.` or `..` in the path.
  private let hasDots: Bool

  init(
    _ value: ResolvedValue?, keys: [String], in place: String
  ) throws(ConnectorError) {
    var parts: [ResolvedValue]
    switch value {
    case .text?: parts = [value].compactMap(\.self)
    case .template(let all)?: parts = all
    default: throw ConnectorError(.configuration, "\(place) needs `url: \"https://…\"`")
    }
    guard case .text(let text)? = parts.first, let first = HTTPAddress.normalised(text),
      Self.isServer(first, alone: parts.count == 1)
    else {
      throw ConnectorError(
        .configuration,
        "\(place): `url` begins with neither `http://` nor `https://` and a server")
    }
    parts[0] = .text(first)
    var pieces: [Piece] = []
    var before = ""
    for (number, part) in parts.enumerated() {
      switch part {
      case .text(let text):
        let sound = PercentEncoding.encodeStrange(text)
        pieces.append(.text(Array(sound.utf8)))
        before += sound
      case .key(let name):
        guard let column = keys.firstIndex(of: name) else { continue }
        let isInPath = !before.contains { "?#".contains($0) }
        let next = number + 1 < parts.count ? Self.first(parts[number + 1]) : "/"
        let isSegment = isInPath && before.hasSuffix("/") && "/?#".contains(next ?? "x")
        pieces.append(.key(column, isSegment: isSegment))
        before += "x"
      default:
        pieces.append(.keys)
        before += "x"
      }
    }
    self.pieces = pieces
    names = keys
    hasDots = Self.hasDots(before.utf8)
  }

  /// Whether a part of the path names another place than itself: `.` or `..` between slashes.
  private static func hasDots(_ url: some Sequence<UInt8>) -> Bool {
    var (dots, others) = (0, 0)
    for byte in url {
      switch byte {
      case UInt8(ascii: "."): dots += 1
      case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"):
        if others == 0, dots == 1 || dots == 2 { return true }
        if byte != UInt8(ascii: "/") { return false }
        (dots, others) = (0, 0)
      default: others += 1
      }
    }
    return others == 0 && (dots == 1 || dots == 2)
  }

  private static func first(_ part: ResolvedValue) -> Character? {
    if case .text(let text) = part { text.first } else { nil }
  }

  /// Whether keys behind it choose no server.
  private static func isServer(_ text: String, alone: Bool) -> Bool {
    for scheme in ["http://", "https://"] where text.hasPrefix(scheme) {
      let rest = text.dropFirst(scheme.count)
      guard let first = rest.first, !"/?#".contains(first) else { return false }
      return alone || rest.contains { "/?".contains($0) }
    }
    return false
  }

  /// `row`: whose values stand in it.
  func text(_ batch: Batch, row: Int = 0) throws(TemplateRefusal) -> String {
    var url: [UInt8] = []
    url.reserveCapacity(256)
    for piece in pieces {
      switch piece {
      case .text(let text): url += text
      case .key(let column, let isSegment):
        let text = try TextTemplate.value(names[column], batch.columns[column], row)
        // Alone between slashes they would name another place.
        if isSegment, text.isEmpty || text == [0x2E] || text == [0x2E, 0x2E] {
          throw TemplateRefusal(
            "the key \"\(String(decoding: text, as: UTF8.self))\" can't be a part of the path"
              + " that is asked for")
        }
        PercentEncoding.append(text, to: &url)
      case .keys:
        for row in 0..<batch.rowCount {
          if row > 0 { url.append(UInt8(ascii: ",")) }
          PercentEncoding.append(KeyText.text(batch.columns[0], row), to: &url)
        }
      }
    }
    guard hasDots || !Self.hasDots(url) else {
      throw TemplateRefusal(
        "with this key a part of the path that is asked for would be `.` or `..`")
    }
    return String(decoding: url, as: UTF8.self)
  }
}
