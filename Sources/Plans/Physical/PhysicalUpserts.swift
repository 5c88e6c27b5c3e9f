/// Makes changes of the newest rows of keys, behind an exchange by these: what a row was is kept.
/// A row of kind `delete` has the columns of its key alone.
public struct PhysicalUpserts: Hashable, Sendable, Codable {
  public var keys: [String]
  /// Whether an update of nothing but a row's event time is one too; see `PhysicalRunning`.
  public var tellsTimes = false

  public init(keys: [String]) { self.keys = keys }

  var text: String {
    "newest rows by \(keys.joined(separator: ", "))" + (tellsTimes ? ", tells times" : "")
  }
}
