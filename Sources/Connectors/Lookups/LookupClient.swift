package import Columns

/// Asks a table that stays elsewhere: a database, a service. One for all workers.
package protocol LookupClient: AnyObject, Sendable {
  /// Looks whether the table can be asked as it is declared, and says otherwise what to do. Called
  /// once, before any question, on a thread that may wait.
  func start() throws(ConnectorError)

  /// Asks for the rows of some keys, as `LookupQuestion` says: never waits, and answers once where
  /// it can. Who asks has an eye on the time and gives up by itself.
  func ask(
    _ keys: Batch, _ answer: @escaping @Sendable (Result<LookupAnswer, LookupFailure>) -> Void)

  /// Which of its server's models it asks, with what it has from the environment: what the name of
  /// a version stands for. nil of a table, and where the server chooses.
  var model: String? { get }

  /// No question comes any more. What is under way may still be answered.
  func close()
}

extension LookupClient {
  package var model: String? { nil }
}
