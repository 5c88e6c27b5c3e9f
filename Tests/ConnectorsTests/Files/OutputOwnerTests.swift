import Connectors
import Foundation
import Platform
import Plans
import Testing

/// Whose output a file sink's directory holds.
struct OutputOwnerTests {
  private static let file = ".raudal-p-out-owner"

  /// A run of that lineage, which claims the directory.
  private func run(
    _ scratch: Scratch, _ lineage: String, goesOn: Bool = false, startsOver: Bool = false,
    delivery: SinkSpec.Delivery = .exactlyOnce
  ) throws -> FileSinkRun {
    let run = try FileSinkRun(scratch, delivery: delivery)
    try run.sink.claim(
      OutputClaim(lineage: lineage, hasState: goesOn, startsOver: startsOver))
    return run
  }

  private func write(_ run: FileSinkRun, _ epoch: UInt64) throws {
    try run.write(["a"])
    try run.sink.commit([try run.prepare(epoch)])
  }

  private func refusal(_ body: () throws -> Void) -> String {
    let error = #expect(throws: ConnectorError.self) { try body() }
    #expect(error?.kind == .configuration)
    return error?.message ?? ""
  }

  @Test func `a directory is anybody's until there is output, then one lineage's`() throws {
    let scratch = Scratch()
    _ = try run(scratch, "a")
    #expect(scratch.hiddenNames.isEmpty)
    try write(run(scratch, "b"), 1)
    #expect(try scratch.read(Self.file) == "b\n")
    let message = refusal { _ = try run(scratch, "c") }
    for words in ["holds no checkpoint", Self.file, "--fresh"] { #expect(message.contains(words)) }
    #expect(refusal { _ = try run(scratch, "c", goesOn: true) }.contains("another state directory"))
    try write(run(scratch, "b", goesOn: true), 2)
    #expect(scratch.names.count == 2)
  }

  @Test func `of two runs that begin before there is output one may write`() throws {
    let scratch = Scratch()
    let (first, second) = (try run(scratch, "a"), try run(scratch, "b"))
    try write(second, 1)
    #expect(refusal { try write(first, 1) }.contains("another run"))
    #expect(scratch.names.count == 1)
    try write(second, 2)
  }

  @Test func `who starts over is at home beside the state before until there is output`() throws {
    let scratch = Scratch()
    try write(run(scratch, "a"), 1)
    let fresh = try run(scratch, "b", startsOver: true)
    // Died before the state was given up.
    _ = try run(scratch, "a", goesOn: true)
    _ = try run(scratch, "b", goesOn: true)
    try write(fresh, 2)
    _ = refusal { _ = try run(scratch, "a", goesOn: true) }
    #expect(try scratch.read(Self.file) == "b\n")
  }

  @Test func `where rows may come twice a state is at home in passing`() throws {
    let scratch = Scratch()
    try write(run(scratch, "a"), 1)
    try write(run(scratch, "b", startsOver: true, delivery: .atLeastOnce), 2)
    try write(run(scratch, "c", delivery: .atLeastOnce), 3)
    try write(run(scratch, "b", goesOn: true), 4)
    #expect(try scratch.read(Self.file) == "b\n")
  }

  @Test func `a file that says nothing refuses everybody`() throws {
    let scratch = Scratch()
    try write(run(scratch, "a"), 1)
    try Data().write(to: URL(filePath: "\(scratch.path)/\(Self.file)"))
    let message = refusal { _ = try run(scratch, "a", goesOn: true) }
    #expect(message.contains(Self.file) && message.contains("remove it"))
  }
}
