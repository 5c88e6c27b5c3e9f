import Columns

/// Hides what the options of a task were given in secret from what others say of its calls: a
/// program or a server may say back what it was told.
package struct SecretMask: Sendable {
  private static let shown = Array("***".utf8)
  /// Bytes of a value from which on it is hidden where it is no secret, and of a line of one:
  /// shorter ones would blot out whole messages.
  private static let leastBytes = 6

  /// No one is empty; the longest first, for one may begin with another.
  private let hidden: [[UInt8]]

  /// `values`: those that may be secrets, or not.
  package init(_ secrets: [String] = [], values: [String] = []) {
    let all = secrets + values.filter { $0.utf8.count >= Self.leastBytes }
    hidden = Set(all.flatMap(Self.forms)).filter { !$0.isEmpty }.sorted { $0.count > $1.count }
  }

  private init(hidden: [[UInt8]]) { self.hidden = hidden }

  /// Hides one more.
  package func hiding(_ secret: String) -> SecretMask {
    let more = Self.forms(of: secret).filter { !$0.isEmpty }
    return SecretMask(hidden: (hidden + more).sorted { $0.count > $1.count })
  }

  /// As it is, as it stands in a text of JSON, and its lines, which programs say one by one.
  private static func forms(of secret: String) -> [[UInt8]] {
    let own = Array(secret.utf8)
    let json = ByteBuffer(capacity: own.count + 2)
    JSONText.write(own, to: json)
    let lines = own.split { $0 == 0x0A || $0 == 0x0D }.map(Array.init)
    return [own, Array(json.bytes.dropFirst().dropLast())]
      + (lines.count > 1 ? lines.filter { $0.count >= leastBytes } : [])
  }

  /// What may be shown of it; no more than is needed for `limit` bytes is looked at.
  package func shown(_ said: some Sequence<UInt8>, atMost limit: Int = .max) -> [UInt8] {
    let said = Array(said)
    guard !hidden.isEmpty else { return said }
    var shown: [UInt8] = []
    var at = 0
    while at < said.count, shown.count < limit {
      if let secret = hidden.first(where: { said[at...].starts(with: $0) }) {
        shown += Self.shown
        at += secret.count
      } else {
        shown.append(said[at])
        at += 1
      }
    }
    return shown
  }

  package func shown(_ said: String) -> String {
    String(decoding: shown(said.utf8), as: UTF8.self)
  }
}
