/// How the records of a source change rows that came before.
public struct SourceUpdates: Hashable, Sendable, Codable {
  public enum Form: String, Hashable, Sendable, Codable {
    /// Each record is the newest row of its key.
    case upsert
    /// Each record is a change: the row before, the row after, and what was done.
    case debezium
  }

  public var form: Form
  /// The columns that tell rows apart: what a row was is then kept. Empty: records say it.
  public var key: [String]

  public init(form: Form, key: [String]) {
    self.form = form
    self.key = key
  }

  /// Whether the newest row of each key is kept.
  public var keepsRows: Bool { !key.isEmpty }

  public var mode: StreamMode { .updates(key: keepsRows ? key : nil) }

  var line: String {
    guard keepsRows else { return "changes, each with the row before" }
    let what = form == .upsert ? "newest rows" : "changes"
    return "\(what) by \(key.joined(separator: ", "))"
  }
}
