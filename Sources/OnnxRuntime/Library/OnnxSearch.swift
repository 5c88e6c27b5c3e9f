import FoundationEssentials
import Glibc

/// Where ONNX Runtime is looked for.
package struct OnnxSearch: Sendable {
  /// Names that the system's loader finds by itself.
  package var systemNames: [String]
  /// Folders with the library in them, or with the wheel of PyPI.
  package var folders: [String]
  /// A file that alone is looked at.
  package var file: String?

  package init(systemNames: [String] = [], folders: [String] = [], file: String? = nil) {
    self.systemNames = systemNames
    self.folders = folders
    self.file = file
  }

  /// The variable of the environment that names a file or a folder, and then nothing else counts.
  package static let variable = "RAUDAL_ONNXRUNTIME"
  /// The release that is tested with.
  package static let release = "1.32.0"

  /// What the process's environment asks for.
  package static var ofProcess: OnnxSearch {
    OnnxSearch(environment: ProcessInfo.processInfo.environment, executable: executable)
  }

  /// The file or folder that the environment names; else a system-wide library, the folder of the
  /// user, and `.tools/python` above the executable, where `scripts/setup` puts the wheel.
  package init(environment: [String: String], executable: String? = nil) {
    if let named = environment[Self.variable], !named.isEmpty {
      var isFolder = false
      _ = FileManager.default.fileExists(atPath: named, isDirectory: &isFolder)
      self.init(folders: isFolder ? [named] : [], file: isFolder ? nil : named)
      return
    }
    var folders = [Self.userFolder(environment)]
    var above = executable ?? ""
    for _ in 0..<Self.levelsAbove {
      guard let cut = above.lastIndex(of: "/") else { break }
      above = String(above[..<cut])
      folders.append(above + "/.tools/python")
    }
    self.init(systemNames: ["libonnxruntime.so.1", "libonnxruntime.so"], folders: folders)
  }

  /// `.build/TRIPLE/release/raudal` lies four levels below the folder that holds `.tools`.
  private static let levelsAbove = 5

  /// Where the command of `installCommand` puts the wheel.
  static func userFolder(_ environment: [String: String]) -> String {
    let data = environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    let home = environment["HOME"] ?? "/root"
    return (data ?? home + "/.local/share") + "/raudal/onnxruntime"
  }

  /// The one command that makes the library be found.
  package static var installCommand: String {
    let folder = userFolder(ProcessInfo.processInfo.environment)
    return "python3 -m pip install --no-deps --only-binary :all: --target \(folder) "
      + "onnxruntime==\(release)"
  }

  private static var executable: String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  }

  /// What to give to the loader, in order.
  var candidates: [String] {
    if let file { return [file] }
    return systemNames + folders.compactMap(Self.library(in:))
  }

  /// The places of `candidates` for a person.
  var places: [String] {
    if let file { return [file] }
    return (systemNames.isEmpty ? [] : ["the system's libraries"])
      + folders.filter { FileManager.default.fileExists(atPath: $0) }
  }

  /// The library in a folder or in a wheel that was unpacked there; of several the last by name.
  static func library(in folder: String) -> String? {
    for place in [folder, folder + "/onnxruntime/capi"] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
      if let name = names.filter({ $0.hasPrefix("libonnxruntime.so") }).max() {
        return place + "/" + name
      }
    }
    return nil
  }
}
