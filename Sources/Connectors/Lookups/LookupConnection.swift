package import Columns

/// One connection to a server that is asked: made when it is needed, and again after a failure.
///
/// One thread at a time uses it. Its calls may wait, until their deadline.
package protocol LookupConnection: AnyObject, Sendable {
  /// Whether it stands, as far as is known.
  var isOpen: Bool { get }

  /// Looks whether the table can be asked as it is declared, and says otherwise what to do.
  func check(until deadline: LookupDeadline) throws(LookupFailure)

  /// The rows of some keys. It closes where nothing is known of it any more.
  func answer(
    _ keys: Batch, until deadline: LookupDeadline
  ) throws(LookupFailure) -> LookupAnswer

  func close()
}
