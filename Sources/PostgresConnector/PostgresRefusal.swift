/// Why a connection to a PostgreSQL server could not be made, found out from what the library says,
/// for it gives no code. Servers may answer in any language: what is not known may pass.
struct PostgresRefusal: Hashable {
  /// What to look at; nil where there is nothing, but to wait.
  var advice: String?
  /// Whether nothing but a change of the definition or of the server's settings helps.
  var isFinal: Bool

  /// The first one whose words are all in the reason counts.
  private static let known: [(words: [String], refusal: PostgresRefusal)] = [
    (["certificate"], final(certificate)),
    (["does not support SSL"], final("the server has no TLS: look at `tls` and `url`")),
    (["pg_hba.conf"], final("look at `username`, the database in `url` and `tls`")),
    (["authentication failed"], final(login)),
    (["no password supplied"], final(login)),
    (["role \"", "does not exist"], final(login)),
    (["not permitted to log in"], final(login)),
    (["database \"", "does not exist"], final(database)),
    (["permission denied for database"], final(database)),
    (["could not translate host name"], passing("look at the host in `url`")),
    (["Connection refused"], passing(running)),
    (["No such file or directory"], passing(running)),
    (["No route to host"], passing(running)),
    (["timeout expired"], passing(running)),
    (["timed out"], passing(running)),
    (["expected authentication request"], passing(other)),
    (["invalid response to SSL negotiation"], passing(other)),
    (["server closed the connection unexpectedly"], passing(other)),
  ]

  private static let login = "look at `username` and `password`"
  private static let database = "look at the database in `url`"
  private static let certificate =
    "the certificate must be one of the host in `url`, by an authority that is trusted"
    + " (`sslrootcert` in `url`)"
  private static let running = "is the server running there? Look at the host and port in `url`"
  private static let other =
    "is it a PostgreSQL server that listens there? Look at the host and port in `url`"

  init(_ reason: String) {
    // Where the text of `url` is none.
    if reason.hasPrefix("invalid ") || reason.hasPrefix("missing ") {
      self = .final("look at `url`")
    } else {
      self = Self.known.first { $0.words.allSatisfy(reason.contains) }?.refusal ?? .passing(nil)
    }
  }

  private init(advice: String?, isFinal: Bool) {
    self.advice = advice
    self.isFinal = isFinal
  }

  private static func final(_ advice: String) -> PostgresRefusal {
    PostgresRefusal(advice: advice, isFinal: true)
  }

  private static func passing(_ advice: String?) -> PostgresRefusal {
    PostgresRefusal(advice: advice, isFinal: false)
  }
}
