package import Instruments
package import Schemas

/// All that an operator has of the world around it. Simulated where the executor is.
package protocol OperatorContext: AnyObject {
  var id: OperatorID { get }
  var worker: Int { get }
  var workers: Int { get }
  /// The key groups whose keys come to this worker.
  var keyGroups: Range<Int> { get }

  /// The wall clock.
  func now() -> Timestamp
  /// Uniform over 64 bits.
  func random() -> UInt64

  var metrics: OperatorMetrics { get }

  /// Runs `work` away from the worker's thread; its result comes back through `completed`, in the
  /// order of submission if `ordered`, else as it is done. Work may block.
  func submit(ordered: Bool, _ work: @escaping @Sendable () -> [UInt8]) -> Ticket

  /// A ticket for an answer that someone else gives: it comes back through `completed`, without a
  /// result, when `done` is called, by any thread. Called again, it comes again.
  func expect() -> (ticket: Ticket, done: @Sendable () -> Void)

  /// The stage's journal on this worker; nil where it asked for none in its `needsJournal`.
  var journal: (any Journal)? { get }
}

/// Names an outstanding answer; distinct within an operator on a worker.
package struct Ticket: Hashable, Sendable {
  package var number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

/// The answer to a ticket.
package struct Completion: Sendable {
  package var ticket: Ticket
  package var result: [UInt8]

  package init(ticket: Ticket, result: [UInt8]) {
    self.ticket = ticket
    self.result = result
  }
}

/// An append-only record of what a stage has told the outside world, between checkpoints.
package protocol Journal: AnyObject {
  /// Appends an entry; it is durable when the ticket returned here comes back through `completed`.
  /// Entries become durable in order, in groups, within 5 ms.
  ///
  /// `keyGroup`: of the key that the entry is about; it is given back to the owner of that key.
  /// Without one, all entries of a worker stay together, in order, and come to one worker.
  ///
  /// The state at a barrier must hold what the entries before it say, durable or not, or the
  /// operator must hold the barrier back: they are cut with that checkpoint.
  func append(_ entry: [UInt8], of keyGroup: KeyGroup?) -> Ticket

  /// Appends entries, in order; the ticket is that of all of them. There must be one.
  func append(_ lines: [JournalLine]) -> Ticket

  /// The same; when it returns the system has them, so that they outlive this process, though not
  /// the machine. Throws where they can't be written, or a newer attempt has taken over.
  func write(_ lines: [JournalLine]) throws(OperatorError) -> Ticket
}

/// An entry, and the group of the key that it is about.
package struct JournalLine: Hashable, Sendable {
  package var bytes: [UInt8]
  package var keyGroup: KeyGroup?

  package init(_ bytes: [UInt8], of keyGroup: KeyGroup?) {
    self.bytes = bytes
    self.keyGroup = keyGroup
  }
}
