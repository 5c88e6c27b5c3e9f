import Foundation
import Testing

@testable import OnnxRuntime

struct ModelFileTests {
  @Test func `a model says what it takes and gives`() throws {
    let trees = try Models.open("trees").signature
    #expect(trees.inputs.map(\.description) == ["`features`: float32[?, 8]"])
    #expect(
      trees.outputs.map(\.description)
        == ["`label`: int64[?]", "`probabilities`: float32[?, 2]"])
    let lists = try Models.open("lists").signature
    #expect(
      lists.inputs.map(\.description) == [
        "`floats`: float32[batch, 3]", "`ints`: int32[batch, 2]", "`words`: string[batch, 2]",
        "`any`: float64[batch, n]",
      ])
    let fixed = try Models.open("types_fixed").signature
    #expect(fixed.inputs.allSatisfy { $0.fixedBatch == 16 })
    #expect(
      try Models.open("zipmap").signature.outputs[1].description
        == "`output_probability`: a sequence (as of maps, by scikit-learn's ZipMap)")
  }

  @Test func `the version is the hash of the bytes`() throws {
    let bytes = try Data(contentsOf: URL(filePath: Models.path("logistic")))
    let copy = FileManager.default.temporaryDirectory.appending(path: "copy-\(UUID()).onnx")
    defer { try? FileManager.default.removeItem(at: copy) }
    try bytes.write(to: copy)
    let model = try Models.open("logistic")
    #expect(model.version.count == 16)
    #expect(try OnnxModel(path: copy.path, library: Models.library()).version == model.version)
    #expect(try Models.open("trees").version != model.version)
  }

  @Test func `a file that is not there, or is none, is told as that`() throws {
    let library = try Models.library()
    func refusal(_ path: String) throws -> OnnxError? {
      try Models.refusal { try OnnxModel(path: path, library: library) }
    }
    #expect(try refusal("/nowhere/a.onnx") == .noSuchFile(path: "/nowhere/a.onnx"))
    #expect(
      try refusal("/tmp")
        == .unreadable(path: "/tmp", reason: "it is a folder or a device, not a file"))
    #expect(
      try refusal("/dev/null")
        == .unreadable(path: "/dev/null", reason: "it is a folder or a device, not a file"))
  }

  @Test(arguments: [
    ("", "the file is empty"),
    ("<!DOCTYPE html><html><body>404</body></html>", "it is HTML or XML"),
    ("\n <?xml version=\"1.0\"?>", "it is HTML or XML"),
    ("version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
    ("{\"trees\": []}", "it is JSON"),
    ("PK\u{3}\u{4}aaaa", "it is a zip archive"),
    ("no model at all", "the file is damaged or cut off"),
  ])
  func `what is no model is told by what it is`(_ text: String, _ finding: String) throws {
    guard case .notOnnx(_, let found)? = try Models.refusal(of: Data(text.utf8)) else {
      return #expect(Bool(false), "\(text) was taken")
    }
    #expect(found.contains(finding))
  }

  @Test func `a model cut off anywhere is refused`() throws {
    let bytes = try Data(contentsOf: URL(filePath: Models.path("logistic")))
    for length in 1..<bytes.count {
      let error = try Models.refusal(of: bytes.prefix(length))
      switch error {
      case .notOnnx, .refused: break
      // Only the fields behind the graph may be missing unseen: the last is the list of opsets.
      case nil: #expect(length > bytes.count - 40, "cut off at \(length) of \(bytes.count)")
      default: #expect(Bool(false), "\(String(describing: error))")
      }
    }
    let trees = try Data(contentsOf: URL(filePath: Models.path("trees")))
    for length in stride(from: 1000, to: trees.count, by: 40_000) {
      guard case .notOnnx? = try Models.refusal(of: trees.prefix(length)) else {
        return #expect(Bool(false), "cut off at \(length)")
      }
    }
  }

  @Test func `random bytes never get through`() throws {
    var random = SystemRandomNumberGenerator()
    for length in [1, 2, 16, 100, 1000, 100_000] {
      for first: UInt8 in [0x08, 0x0A, 0xFF] {
        var bytes = Data((0..<length).map { _ in UInt8.random(in: 0...255, using: &random) })
        bytes[0] = first
        #expect(try Models.refusal(of: bytes) != nil)
      }
    }
  }

  @Test func `weights beside the model are refused, for the hash does not cover them`() throws {
    let error = try Models.refusal { try Models.open("external") }
    #expect(
      error?.description.contains("save_as_external_data=False") == true,
      "\(String(describing: error))")
  }
}
