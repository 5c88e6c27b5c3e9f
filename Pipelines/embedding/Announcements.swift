import Embedding

/// A task whose calls this program makes: the message that goes out for each of the totals.
enum Announcements {
  /// As the definition declares it, `using swift`.
  static let declaration = """
    task announce using swift {
      values: { country: country, orders: orders }
      idempotency_key: "\\(country)/\\(window_start)"
      rate: 100/s
      response: { ticket: string }
    }
    """

  static let ticket = Column<String?>("ticket")

  private struct Values: Decodable {
    var country: String
    var orders: Int
  }

  /// Here a gateway would be called, with the call's key, by which it does nothing twice.
  static let handler = TaskHandler("announce") { call in
    let values = try call.values(as: Values.self)
    guard values.orders > 0 else { throw TaskFailure.refused(422, "there is nothing to tell") }
    return try TaskReply(response: ["ticket": "\(values.country)-\(values.orders)"])
  }
}
