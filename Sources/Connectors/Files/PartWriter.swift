import Platform
import Schemas

/// Writes one worker's parts on a lane: opens, packs, appends, makes durable. Calls block; one
/// thread at a time uses it.
final class PartWriter: @unchecked Sendable {
  private let settings: FileSink.Settings
  private let files: any FileStore
  private let worker: Int
  private let heading: [UInt8]?
  private let temporaryName: String
  /// Parts begun in this life.
  private var begun = 0
  private var file: (any AppendableFile)?
  private var packer: (any Packer)?
  /// Temporary names of the parts since the last barrier.
  private var parts: [String] = []

  init(
    _ settings: FileSink.Settings, files: any FileStore, worker: Int, heading: [UInt8]?,
    temporaryName: String
  ) {
    self.settings = settings
    self.files = files
    self.worker = worker
    self.heading = heading
    self.temporaryName = temporaryName
  }

  /// Appends whole records, each with its newline. `endsPart`: what follows goes into another part.
  func write(_ bytes: [UInt8], endsPart: Bool) throws(FileError) {
    if file == nil { try open() }
    try append(bytes)
    if endsPart { try close() }
  }

  /// Makes durable what was written since the last barrier and returns the parts that wait for
  /// their checkpoint's commit.
  func finish(_ epoch: Epoch) throws(FileError) -> [PartMove] {
    try close()
    let moves = parts.enumerated().map { number, name in
      PartMove(temporary: name, final: finalName(epoch, number))
    }
    parts = []
    if settings.waitsForCommit { return moves }
    for move in moves { try move.perform(files) }
    return []
  }

  /// Padded, so that names sort as numbers: a pipeline that follows the directory reads in order.
  private func finalName(_ epoch: Epoch, _ number: Int) -> String {
    let words = [("\(epoch)", 10), ("\(worker)", 4), ("\(number)", 6)].map { digits, width in
      String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return words.joined(separator: "-") + ".\(settings.suffix)\(settings.compression.suffix)"
  }

  private func open() throws(FileError) {
    let name = "\(temporaryName)-\(begun)"
    begun += 1
    file = try files.create(name)
    packer = settings.compression.makePacker()
    parts.append(name)
    if let heading { try append(heading + [0x0A]) }
  }

  private func append(_ bytes: [UInt8]) throws(FileError) {
    guard let packer else { return try file?.append(bytes) ?? () }
    guard let packed = packer.pack(bytes) else { throw packingFailed() }
    if !packed.isEmpty { try file?.append(packed) }
  }

  private func close() throws(FileError) {
    guard let file else { return }
    self.file = nil
    if let packer {
      self.packer = nil
      guard let packed = packer.finish() else { throw packingFailed() }
      try file.append(packed)
    }
    try file.synchronize()
    try file.close()
  }

  private func packingFailed() -> FileError {
    FileError(.other(code: 12), path: parts.last ?? "", operation: "compress")
  }
}
