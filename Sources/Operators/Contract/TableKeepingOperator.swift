/// An operator one of whose inputs is a table that it keeps, to look up the rows of the other.
///
/// Time and idleness are those of the other input alone. What the sources of a table hold when a
/// run begins comes before they say that they are idle, or at their end; the runtime tells the
/// operator when that has come on all workers, behind the rows. The sources of the other input wait
/// for that as long as the operator says that it is full, so that hardly a row comes before.
package protocol TableKeepingOperator: HoldingOperator {
  /// All that was in the table at the start has come.
  func tableIsRead()
  /// No row of it comes any more.
  func tableHasEnded()
}

extension TableKeepingOperator {
  /// Which of its two inputs the table is.
  package var tableInput: Int { 1 }
  package func tableHasEnded() {}
}
