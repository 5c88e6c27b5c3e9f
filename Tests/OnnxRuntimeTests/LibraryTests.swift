import Foundation
import Testing

@testable import OnnxRuntime

struct LibraryTests {
  static func emptyFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "onnx-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  @Test func `the library of the wheel is found and says its release`() throws {
    let library = try Models.library()
    #expect(library.version == OnnxSearch.release)
    #expect(library.path.hasSuffix("/onnxruntime/capi/libonnxruntime.so.1.32.0"))
  }

  @Test func `a folder without it is told with the one command that installs it`() throws {
    let folder = try Self.emptyFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let search = OnnxSearch(environment: [OnnxSearch.variable: folder.path])
    let error = try Models.refusal { try OnnxLibrary.load(search) }
    #expect(error == .libraryMissing(searched: [folder.path]))
    let text = error?.description ?? ""
    #expect(
      text.contains(
        "install it with: python3 -m pip install --no-deps --only-binary :all: --target "))
    #expect(text.hasSuffix("onnxruntime==1.32.0"))
  }

  @Test func `a file that is no library, or another, is told as that`() throws {
    let search = OnnxSearch(environment: [OnnxSearch.variable: Models.path("trees")])
    guard
      case .libraryUnusable(let path, let reason)? = try Models.refusal({
        try OnnxLibrary.load(search)
      })
    else { return #expect(Bool(false)) }
    #expect(path == Models.path("trees"))
    #expect(reason.contains("invalid ELF header"))

    let other = OnnxSearch(environment: [OnnxSearch.variable: "libm.so.6"])
    let error = try Models.refusal { try OnnxLibrary.load(other) }
    #expect(error == .libraryMissing(searched: ["libm.so.6"]))
    let full = try #require(
      ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/lib64/libm.so.6"]
        .first(where: FileManager.default.fileExists))
    #expect(
      try Models.refusal { try OnnxLibrary.load(OnnxSearch(file: full)) }
        == .libraryUnusable(path: full, reason: "it has no OrtGetApiBase"))
  }

  @Test func `releases before 1_15 are too old`() {
    #expect(OnnxLibrary.isNewEnough("1.15.0"))
    #expect(OnnxLibrary.isNewEnough("1.32.0"))
    #expect(OnnxLibrary.isNewEnough("2.0.0"))
    #expect(!OnnxLibrary.isNewEnough("1.14.1"))
    #expect(!OnnxLibrary.isNewEnough("0.5"))
    #expect(!OnnxLibrary.isNewEnough(""))
  }

  @Test func `the system's library comes first, then the user's folder, then the project's`() {
    let search = OnnxSearch(
      environment: ["HOME": "/home/a"], executable: "/p/.build/x86/release/raudal")
    #expect(search.systemNames == ["libonnxruntime.so.1", "libonnxruntime.so"])
    #expect(
      search.folders == [
        "/home/a/.local/share/raudal/onnxruntime", "/p/.build/x86/release/.tools/python",
        "/p/.build/x86/.tools/python", "/p/.build/.tools/python", "/p/.tools/python",
        "/.tools/python",
      ])
    #expect(
      OnnxSearch(environment: ["XDG_DATA_HOME": "/d"]).folders == ["/d/raudal/onnxruntime"])
  }
}
