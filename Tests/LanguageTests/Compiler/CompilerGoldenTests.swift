import Compiler
import Diagnostics
import Expressions
import Foundation
import Optimizer
import Plans
import TestKit
import Testing

/// Whole definitions: the plans of those that are right, the messages of those that are broken.
@Suite struct CompilerGoldenTests {
  static let valid = GoldenDirectory("Language/Plans")
  static let broken = GoldenDirectory("Language/Problems")

  @Test(arguments: valid.cases())
  func `A definition becomes the plans that the golden file shows`(
    _ golden: GoldenDirectory.Case
  ) throws {
    let compilation = try compile(golden)
    guard let logical = compilation.logical, let physical = compilation.physical else {
      Issue.record("\(golden.name) has no plan:\n\(messages(compilation))")
      return
    }
    let text = messages(compilation) + "\(logical)\n--- physical ---\n\(physical)"
    let mismatch = try GoldenDirectory.mismatch(text, golden)
    #expect(mismatch == nil, "\(mismatch ?? "")")
  }

  @Test(arguments: valid.cases())
  func `Every plan is sound before and after each rule`(_ golden: GoldenDirectory.Case) throws {
    guard let logical = try compile(golden).logical else { return }
    #expect(PlanVerifier.violations(in: logical) == [])
    let outcome = Optimization.optimise(logical)
    #expect(outcome.rejected.map { "\($0.rule): \($0.reasons)" } == [])
    #expect(PlanVerifier.violations(in: outcome.plan) == [])
    #expect(PhysicalVerifier.violations(in: PhysicalPlanner.plan(outcome.plan)) == [])
    #expect(PhysicalVerifier.violations(in: PhysicalPlanner.plan(logical)) == [])
  }

  @Test(arguments: broken.cases())
  func `A broken definition is told as the golden message says`(
    _ golden: GoldenDirectory.Case
  ) throws {
    let compilation = try compile(golden)
    #expect(!compilation.diagnostics.isEmpty)
    let mismatch = try GoldenDirectory.mismatch(messages(compilation), golden)
    #expect(mismatch == nil, "\(mismatch ?? "")")
  }

  @Test func `Enough definitions are held and none is forgotten`() {
    #expect(Self.valid.cases().count + Self.broken.cases().count >= 220)
    #expect(Self.valid.orphans() == [])
    #expect(Self.broken.orphans() == [])
  }

  @Test func `Every code of the checker has a golden message`() throws {
    let folder = Self.broken.url.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Sources/Semantics/Problems")
    var codes: Set<String> = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let source = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      for match in source.matches(of: /"([EW]0[0-9]{3})"/) { codes.insert(String(match.1)) }
    }
    // What a switch needs and no case leads to.
    codes.subtract(["E0100", "E0200", "E0300", "E0400"])
    // Take a hundred files, and thousands of lines: `ImportTests` and `SizeTests` make them.
    codes.subtract(["E0123", "E0342", "E0343", "E0344", "E0345"])
    let outputs = try (Self.broken.cases() + Self.valid.cases()).map {
      try String(contentsOf: $0.expected, encoding: .utf8)
    }
    #expect(codes.count > 60)
    for code in codes.sorted() {
      #expect(outputs.contains { $0.contains("[\(code)]") }, "\(code) has no golden message")
    }
  }

  private func compile(_ golden: GoldenDirectory.Case) throws -> Compilation {
    let file = SourceFile(path: "\(golden.name).raudal", bytes: try golden.bytes())
    let folder = golden.input.deletingLastPathComponent()
    return DefinitionCompiler.compile(
      file: file, loader: FolderLoader(folder: folder), constants: .kernels,
      models: .named)
  }

  private func messages(_ compilation: Compilation) -> String {
    TextRenderer(files: compilation.files).render(compilation.diagnostics)
  }
}
