import Compiler
import Diagnostics
import Expressions
import Testing

/// The pages of messages, and `Documentation/diagnostics.md`, which is made of them.
@Suite struct DiagnosticPageTests {
  private static let page = Page("Documentation/diagnostics.md")

  /// What the examples stand in.
  private static let around = """
    type E {
      id: int, name: string, kind: string?, paid: bool, cost: decimal(8, 2), rate: float
      at: timestamp, doc: json
    }
    source e: E from memory { event_time: at }

    """

  @Test func `The page is what the declarations say`() throws {
    var text = ""
    for family in DiagnosticPage.families {
      text += "## \(family.title): \(family.prefix)\n\n"
      for page in family.pages { text += Self.section(page) }
    }
    let isCurrent = try Self.page.isCurrent(Self.page.with(["codes": text]))
    #expect(isCurrent, "RAUDAL_UPDATE_GOLDENS=1 rewrites Documentation/diagnostics.md")
  }

  private static func section(_ page: DiagnosticPage) -> String {
    var text = "### `\(page.code)`\n\n\(page.meaning).\n\n"
    if !page.advice.isEmpty { text += "What to do: \(page.advice).\n\n" }
    if let wrong = page.wrong { text += "Wrong:\n\n```\n\(wrong)\n```\n\n" }
    if let right = page.right { text += "Right:\n\n```\n\(right)\n```\n\n" }
    return text
  }

  @Test func `Codes are told once, in order`() {
    for family in DiagnosticPage.families {
      for page in family.pages {
        #expect(page.code.dropFirst().hasPrefix(family.prefix.dropFirst()), "\(page.code)")
      }
    }
    #expect(Set(DiagnosticPage.all.map(\.code)).count == DiagnosticPage.all.count)
    #expect(DiagnosticPage.all.count > 125)
    #expect(DiagnosticPage.page(of: "e0203")?.code == "E0203")
    #expect(DiagnosticPage.page(of: "E9999") == nil)
  }

  /// What no piece of a page can show.
  private static let unshown: Set<String> = [
    // Other bytes than text, or thousands of lines.
    "E0001", "E0002", "E0022", "E0342", "E0343", "E0344", "E0345",
    // Of sixty-three steps, or thirty-three names.
    "E0367", "E0370",
    // What a switch needs and no case leads to, and a bug of the engine.
    "E0100", "E0200", "E0300", "E0400", "E0601",
  ]

  @Test func `Every page that can has an example`() {
    let without = DiagnosticPage.all.filter { $0.wrong == nil }.map(\.code)
    #expect(Set(without) == Self.unshown)
  }

  /// What the examples import: a library, a pipeline, and a folder that is a link to its parent.
  private struct Files: SourceLoader {
    func load(_ path: String) throws(SourceLoadFailure) -> [UInt8] {
      switch path {
      case "types.raudal": return Array("type Shared { id: int }\n".utf8)
      case "pipeline.raudal": return Array("pipeline other\n".utf8)
      case _ where path.hasPrefix("circle/"):
        return Array("import \"circle/types.raudal\"\n".utf8)
      default: throw SourceLoadFailure("no such file")
      }
    }
  }

  static let examples = DiagnosticPage.all.filter { $0.wrong != nil }

  @Test(arguments: examples)
  func `The wrong example is told with its code, the right one has no mistake`(
    _ page: DiagnosticPage
  ) throws {
    let wrong = Self.compile(try #require(page.wrong), page.code)
    #expect(
      wrong.diagnostics.contains { $0.code == page.code },
      "\(page.code): \(wrong.diagnostics.map(\.code))")
    guard let right = page.right else { return }
    let mended = Self.compile(right, page.code)
    #expect(
      !mended.hasErrors && !mended.diagnostics.contains { $0.code == page.code },
      "\(page.code): \(mended.diagnostics.map { "\($0.code) \($0.title)" })")
  }

  private static func compile(_ example: String, _ code: String) -> Compilation {
    var text = around
    if example.hasPrefix("|") {
      text += "stream s = e\n  \(example)\nsink s to print\n"
    } else if example.hasPrefix("=") {
      text += "stream s = e\n  | map { x \(example) } on_error skip\nsink s to print\n"
    } else {
      text += example + "\n"
      let hasSink = example.hasPrefix("sink") || example.contains("\nsink")
      if !hasSink, code != "E0313" { text += "sink e to print\n" }
    }
    return DefinitionCompiler.compile(
      file: SourceFile(path: "example.raudal", text: text), loader: Files(), constants: .kernels,
      models: .named)
  }
}
