import Foundation

/// A folder with a definition that reads a file, counts in windows and writes files: what needs no
/// broker to go wrong.
final class Workplace {
  let folder: URL

  /// - Parameter follow: waits for more at the end of the input.
  init(follow: Bool = false) throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "raudal-workplace-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try write("p.raudal", definition(named: "broken", follow: follow))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func definition(named name: String, follow: Bool = false) -> String {
    """
    pipeline \(name)
    type Event { id: int, name: string, at: timestamp }
    source events: Event from file {
      path: "in.jsonl", format: json, event_time: at, lateness: 1s, follow: \(follow)
      on_error: dead_letter to file { path: "dead" }
    }
    stream rows = events | where id >= 0
    stream counts = events | window tumbling 10s by name { rows = count(), sum = sum(id) }
    sink rows to file { path: "rows", format: json }
    sink counts to file { path: "counts", format: json }
    checkpoint { every: 1s, keep: 3 }
    """
  }

  func write(_ name: String, _ text: String) throws { try write(name, Data(text.utf8)) }

  func write(_ name: String, _ bytes: Data) throws { try bytes.write(to: path(name)) }

  func path(_ name: String) -> URL { folder.appending(path: name) }

  func start(
    _ options: [String] = ["--stop-at-end"], state: URL? = nil, brokers: String? = nil
  ) throws -> Child {
    try Child(
      Commands.raudal,
      ["run", path("p.raudal").path, "--state", (state ?? path("state")).path] + options,
      environment: brokers.map { ["KAFKA_BROKERS": $0] } ?? [:])
  }

  func run(_ options: [String] = ["--stop-at-end"]) throws -> Commands.Result {
    try start(options).wait()
  }

  /// The lines of all files of a folder, in the order of their names.
  func lines(_ name: String) throws -> [String] {
    try files(name).flatMap { file in
      String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n")
        .map(String.init)
    }
  }

  func files(_ name: String) throws -> [URL] {
    guard FileManager.default.fileExists(atPath: path(name).path) else { return [] }
    return try FileManager.default.contentsOfDirectory(
      at: path(name), includingPropertiesForKeys: nil, options: .skipsHiddenFiles
    ).sorted { $0.path < $1.path }
  }

  /// Rows a tenth of a second apart, of ten names.
  static func events(_ range: Range<Int>) -> String {
    range.map { number in
      let second = number / 10
      let minute = second / 60
      let time = String(
        format: "2026-01-01T%02d:%02d:%02d.%d00Z", minute / 60, minute % 60, second % 60,
        number % 10)
      return #"{"id":\#(number),"name":"n\#(number % 10)","at":"\#(time)"}"# + "\n"
    }.joined()
  }
}
