import Compiler
import Diagnostics
import Plans
import Testing

/// Values of params from outside.
@Suite struct ParameterTests {
  private static let types = [
    "bool", "int", "float", "decimal(6, 2)", "string", "bytes", "timestamp", "date", "duration",
  ]

  private func compile(
    _ head: String, settings: [String: String] = [:], _ file: ParameterFile = ParameterFile()
  ) -> Compilation {
    let text =
      "pipeline p\n\(head)\ntype E { id: int }\nsource e: E from memory { on_error: skip }\n"
      + "sink e to print\n"
    return DefinitionCompiler.compile(
      file: SourceFile(path: "p.raudal", text: text), settings: settings, parameters: file)
  }

  private func value(_ type: String, _ text: String) -> Literal? {
    compile("param x: \(type)", settings: ["x": text]).parameters.first?.value
  }

  @Test func `Every scalar type is read from text`() {
    #expect(value("bool", "true") == .bool(true))
    #expect(value("int", "-42") == .int(-42))
    #expect(value("float", "1e3") == .float(1_000))
    #expect(value("decimal(6, 2)", "-0.5") == .decimal(unscaled: -50, scale: 2))
    #expect(value("string", " a=b ") == .string(" a=b "))
    #expect(value("bytes", "ñ") == .bytes([0xC3, 0xB1]))
    #expect(value("timestamp", "1970-01-01T00:00:01Z") == .timestamp(1_000_000))
    #expect(value("date", "1970-01-03") == .date(2))
    #expect(value("duration", "1m30s") == .duration(90_000_000))
  }

  @Test(arguments: types.filter { !["string", "bytes"].contains($0) })
  func `Text that is none of the type is told with an example`(_ type: String) {
    let compilation = compile("param x: \(type)", settings: ["x": "soon"])
    #expect(compilation.diagnostics.filter { $0.severity == .error }.map(\.code) == ["E0208"])
    #expect(compilation.diagnostics.first { $0.code == "E0208" }?.notes == ["set by --set"])
    #expect(value(type, "") == nil)
  }

  @Test func `The command line goes before the file, the file before the default`() throws {
    let file = try ParameterFile("a: 1\nb: 2\n", path: "f.yaml")
    let compilation = compile(
      "param a: int = 0\nparam b: int = 0\nparam c: int = 0", settings: ["a": "9"], file)
    #expect(compilation.parameters.map(\.value) == [.int(9), .int(2), .int(0)])
    #expect(compilation.parameters.map(\.isSet) == [true, true, false])
  }

  @Test func `What the file sets wrong or in vain is told with its line`() throws {
    let file = try ParameterFile("# how many\nb: two\nc: 1\n", path: "f.yaml")
    let compilation = compile("param b: int", file)
    #expect(compilation.diagnostics.first?.notes == ["set by f.yaml:2"])
    #expect(compilation.unknownSettings == ["c"])
    #expect(file.settings["c"]?.origin == "f.yaml:3")
  }

  @Test func `Null is a value of a param that may be null`() throws {
    let file = try ParameterFile("a: null\nb:\n", path: "f.yaml")
    let compilation = compile("param a: int? = 1\nparam b: string", file)
    #expect(compilation.parameters.map(\.value) == [.null, nil])
    #expect(compilation.diagnostics.map(\.code).contains("E0208"))
    #expect(compile("param a: int? = null").parameters.map(\.value) == [.null])
  }

  @Test func `Plain and quoted values and comments are read as YAML reads them`() throws {
    let text = """
      \u{FEFF}---
      # comment
      plain: a b # not this
      url: http://host:80/x#y
      "quoted name" : "a\\n\\u00f1 # \\"b\\""
      single: 'it''s: here'   # that
      empty: ""
      nothing: ~

      span: 1h30m\r
      """
    let settings = try ParameterFile(text, path: "f").settings.mapValues(\.text)
    #expect(
      settings == [
        "plain": "a b", "url": "http://host:80/x#y", "quoted name": "a\nñ # \"b\"",
        "single": "it's: here", "empty": "", "nothing": nil, "span": "1h30m",
      ])
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `Lines end as the system ends them that wrote the file`(_ end: String) throws {
    let file = try ParameterFile("a: 1\(end)# two\(end)b: 2\(end)", path: "f.yaml")
    #expect(file.settings.mapValues(\.text) == ["a": "1", "b": "2"])
    #expect(file.settings["b"]?.origin == "f.yaml:3")
  }

  @Test(arguments: [
    "a: [1, 2]", "a: {b: 1}", "a: |", "a: &x 1", "a: *x", "a: !!int 1", "- a", "a", ": 1", "a:1",
    "a: b: c", "  a: 1", "a: 1\n---\nb: 2", "a: \"open", "a: \"x\" y", "a: \"\\q\"", "a: '", "...",
    "a: 1\na: 2", "a: \"\\ud800\"", "a: @x",
  ])
  func `Whatever else YAML has is refused with its line`(_ text: String) {
    #expect(throws: ParameterFile.Failure.self) { try ParameterFile(text, path: "f") }
    do {
      _ = try ParameterFile("x: 1\n\n" + text, path: "f")
      Issue.record("read")
    } catch {
      #expect(error.line >= 3)
      #expect(!error.reason.isEmpty)
    }
  }
}
