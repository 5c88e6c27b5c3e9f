import Checkpoints
import Operators
import Platform
import Schemas
import Synchronization
import Testing

@testable import Dataflow

/// What of a journal is with the system, and what is on the disk.
struct JournalWriterTests {
  /// Jobs that run when the test says so.
  private final class HeldLanes: BackgroundLanes {
    private let jobs = Mutex<[@Sendable () -> Void]>([])

    func submit(_ lane: LaneName, _ job: @escaping @Sendable () -> Void) {
      jobs.withLock { $0.append(job) }
    }

    func run() {
      let all = jobs.withLock { jobs in
        defer { jobs = [] }
        return jobs
      }
      for job in all { job() }
    }
  }

  private final class StillClock: Clock {
    let time = Atomic<UInt64>(0)
    func now() -> Timestamp { Timestamp(microseconds: 0) }
    func monotonic() -> UInt64 { time.load(ordering: .relaxed) }
  }

  private final class Takeover: Sendable {
    let hasHappened = Atomic(false)
  }

  private final class Bell: Wake {
    func wake() {}
  }

  private final class Journals {
    let files: any FileStore
    let lanes = HeldLanes()
    let clock = StillClock()
    let completions = CompletionQueue(bell: Bell())
    let takeover = Takeover()
    private var last: UInt64 = 0
    private(set) lazy var writer = JournalWriter(
      JournalPlace(
        files: files, incarnation: 1, base: nil,
        verify: { [takeover] () throws(CheckpointError) in
          guard takeover.hasHappened.load(ordering: .relaxed) else { return }
          throw CheckpointError(.superseded, "another has taken over")
        }),
      id: OperatorID("s"), worker: 0, epoch: Epoch(1), lanes: lanes, clock: clock,
      tickets: { [unowned self] in
        last += 1
        return Ticket(last)
      }, completions: completions)

    init(_ files: any FileStore) { self.files = files }

    func line(_ text: String) -> [JournalLine] { [JournalLine(Array(text.utf8), of: nil)] }

    /// What stands in all files.
    static func entries(_ files: MemoryFiles) throws -> [String] {
      try files.paths.flatMap { JournalFile.entries(in: try files.read($0)) }
        .map { String(decoding: JournalEntry(decoding: $0)?.bytes ?? [], as: UTF8.self) }
    }

    func completed() throws -> [Ticket] {
      var all: [Ticket] = []
      while let next = try completions.next() { all.append(next.ticket) }
      return all
    }
  }

  @Test func `what is written is with the system at once, and is reported when the disk has it`()
    throws
  {
    let files = MemoryFiles()
    let journals = Journals(files)
    let first = journals.writer.append(journals.line("a"))
    #expect(try Journals.entries(files) == [])
    let second = try journals.writer.write(journals.line("b"))
    #expect(try Journals.entries(files) == ["a", "b"] && journals.completed() == [])
    journals.writer.begin(Epoch(2))
    let third = try journals.writer.write(journals.line("c"))
    journals.lanes.run()
    #expect(try journals.completed() == [first, second, third])
    files.crash()
    #expect(try Journals.entries(files) == ["a", "b", "c"])
  }

  @Test func `where nothing can be written a worker is told so before it goes on`() throws {
    let journals = Journals(FullFiles())
    #expect(throws: OperatorError.self) { try journals.writer.write(journals.line("a")) }
    #expect(throws: OperatorError.self) { try journals.writer.write(journals.line("b")) }
    journals.lanes.run()
    #expect(throws: OperatorError.self) { try journals.completed() }
  }

  @Test func `a process that was taken over while it was frozen is told so`() throws {
    let journals = Journals(MemoryFiles())
    _ = try journals.writer.write(journals.line("a"))
    journals.takeover.hasHappened.store(true, ordering: .relaxed)
    journals.clock.time.add(1_000_000_000, ordering: .relaxed)
    #expect(throws: OperatorError.self) { try journals.writer.write(journals.line("b")) }
    journals.lanes.run()
    #expect(throws: OperatorError.self) { try journals.completed() }
  }

  /// No file can be made.
  private final class FullFiles: FileStore {
    private let files = MemoryFiles()

    func create(_ path: String) throws(FileError) -> any AppendableFile {
      throw FileError(.full, path: path, operation: "create")
    }
    func write(_ path: String, _ bytes: [UInt8]) throws(FileError) {}
    func read(_ path: String) throws(FileError) -> [UInt8] { try files.read(path) }
    func read(_ path: String, at offset: Int, count: Int) throws(FileError) -> [UInt8] {
      try files.read(path, at: offset, count: count)
    }
    func size(of path: String) throws(FileError) -> Int { try files.size(of: path) }
    func exists(_ path: String) -> Bool { false }
    func rename(_ path: String, to newPath: String) throws(FileError) {}
    func synchronize(_ path: String) throws(FileError) {}
    func remove(_ path: String) throws(FileError) {}
    func list(_ directory: String) throws(FileError) -> [String] { [] }
    func createDirectory(_ path: String) throws(FileError) {}
    func lock(_ path: String) throws(FileError) {}
  }
}
