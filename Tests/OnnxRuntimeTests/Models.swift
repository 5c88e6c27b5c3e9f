import Columns
import Foundation
import OnnxRuntime
import Schemas
import TestKit

/// The models of Tests/Golden/Onnx, and the library that `scripts/setup` has fetched.
enum Models {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let folder = root.appending(path: "Tests/Golden/Onnx")

  static func library() throws -> OnnxLibrary { try held.get() }

  private static let held = Result {
    try OnnxLibrary.load(OnnxSearch(folders: [root.appending(path: ".tools/python").path]))
  }

  static func path(_ name: String) -> String { folder.appending(path: "\(name).onnx").path }

  static func open(_ name: String, threads: Int = 1) throws -> OnnxModel {
    try OnnxModel(path: path(name), threads: threads, library: library())
  }

  /// Opens bytes as a model, and gives the error.
  static func refusal(of bytes: Data) throws -> OnnxError? {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "raudal-\(UUID().uuidString).onnx")
    try bytes.write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try refusal { try OnnxModel(path: file.path, library: library()) }
  }

  static func refusal<T>(_ body: () throws -> T) throws -> OnnxError? {
    do {
      _ = try body()
      return nil
    } catch let error as OnnxError {
      return error
    }
  }
}

extension OnnxBinding {
  /// Runs over literals.
  func run(_ rows: [[Cell]]) throws -> [[Cell]] {
    let columns = inputs.enumerated().map { index, field in
      Column(field.type, rows.map { $0[index] })
    }
    let answers = try run(columns, rowCount: rows.count)
    return rows.indices.map { row in answers.map { $0.cell(row) } }
  }
}

/// What ONNX Runtime's own Python makes of the same.
enum Oracle {
  static func run(
    _ model: String, batch: Int, outputs: [String], _ inputs: [String: Any]
  ) throws -> [String: [Any]] {
    let python = Process()
    python.executableURL = URL(filePath: "/usr/bin/env")
    python.arguments =
      ["python3", Models.folder.appending(path: "oracle.py").path, Models.path(model), "\(batch)"]
      + outputs
    var environment = ProcessInfo.processInfo.environment
    environment["PYTHONPATH"] = Models.root.appending(path: ".tools/python").path
    python.environment = environment
    let file = FileManager.default.temporaryDirectory.appending(path: "oracle-\(UUID())")
    try JSONSerialization.data(withJSONObject: inputs).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let output = Pipe()
    python.standardInput = try FileHandle(forReadingFrom: file)
    python.standardOutput = output
    try python.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    python.waitUntilExit()
    return try JSONSerialization.jsonObject(with: data) as? [String: [Any]] ?? [:]
  }
}
