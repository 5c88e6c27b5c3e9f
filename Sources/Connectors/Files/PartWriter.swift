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
  private var size = 0
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

  /// Appends whole records, each with its newline.
  func write(_ bytes: [UInt8]) throws(FileError) {
    if file == nil { try open() }
    try append(bytes)
    size += bytes.count
    if size >= settings.partSize { try close() }
  }

  /// Makes durable what was written since the last barrier and returns its parts.
  func finish(_ epoch: Epoch) throws(FileError) -> [PartMove] {
    try close()
    defer { parts = [] }
    let ending = ".\(settings.suffix)\(settings.compression.suffix)"
    return parts.enumerated().map { number, name in
      PartMove(temporary: name, final: "\(epoch)-\(worker)-\(number)\(ending)")
    }
  }

  private func open() throws(FileError) {
    let name = "\(temporaryName)-\(begun)"
    begun += 1
    file = try files.create(name)
    packer = settings.compression.makePacker()
    parts.append(name)
    size = 0
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
