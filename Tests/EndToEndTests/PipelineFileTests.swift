import Foundation
import Testing

/// The definitions under `Pipelines`: each passes the tests that stand in it.
struct PipelineFileTests {
  private static let files: [String] = {
    let folder = Commands.root.appending(path: "Pipelines").path
    let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return paths.filter { path in
      guard path.hasSuffix(".raudal") else { return false }
      let text = try? String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8)
      return text?.contains("\ntest \"") ?? false
    }.sorted()
  }()

  @Test func `there are files with tests`() { #expect(Self.files.count > 20) }

  @Test(arguments: files)
  func `a file passes its own tests`(_ file: String) throws {
    let path = Commands.root.appending(path: "Pipelines/\(file)").path
    let result = try Commands.run(Commands.raudal, ["test", path])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }
}
