import Compiler
import Diagnostics
import Foundation
import Plans
import Testing

/// The examples under `Pipelines`, so that none can rot.
@Suite struct PipelineExampleTests {
  static let names: [String] = {
    // Its types are in a library.
    let suite = files("nexmark").filter { $0 != "events.raudal" }.map { "nexmark/\($0)" }
    return files("") + suite + files("clickstream").map { "clickstream/\($0)" }
  }()

  private static func files(_ name: String) -> [String] {
    let path = folder.appendingPathComponent(name).path
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return files.filter { $0.hasSuffix(".raudal") }.sorted()
  }

  private static var folder: URL {
    var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while folder.lastPathComponent != "Tests", folder.path != "/" {
      folder.deleteLastPathComponent()
    }
    return folder.deletingLastPathComponent().appendingPathComponent("Pipelines")
  }

  private func compile(
    _ name: String, settings: [String: String] = [:]
  ) throws -> Compilation {
    let bytes = Array(try Data(contentsOf: Self.folder.appendingPathComponent(name)))
    let file = SourceFile(path: name, bytes: bytes)
    return DefinitionCompiler.compile(
      file: file, loader: FolderLoader(folder: Self.folder), settings: settings)
  }

  @Test func `There are examples`() { #expect(Self.names.count >= 4) }

  @Test(arguments: names)
  func `An example has no mistake, no warning, and a test`(_ name: String) throws {
    let compilation = try compile(name)
    // A running aggregate keeps its groups for ever, a join without `within` its rows; whoever
    // writes one wants that.
    let told = compilation.diagnostics.filter { !["W0319", "W0331"].contains($0.code) }
    let messages = TextRenderer(files: compilation.files).render(told)
    #expect(messages == "")
    #expect(!compilation.tests.isEmpty)
    let plan = try #require(compilation.physical)
    #expect(PhysicalVerifier.violations(in: plan) == [])
  }

  @Test(arguments: names)
  func `The plan of a test has only memory, and a sink for what is expected`(
    _ name: String
  ) throws {
    let compilation = try compile(name)
    for test in compilation.tests {
      let plan = try #require(compilation.plan(for: test))
      #expect(PhysicalVerifier.violations(in: plan) == [])
      var sinks: Set<String> = []
      for step in plan.operators {
        switch step.kind {
        case .source(let spec): #expect(spec.connector.connector == "memory")
        case .sink(let spec):
          #expect(spec.connector.connector == "memory")
          sinks.insert(spec.name)
        default: break
        }
      }
      #expect(plan.tables.allSatisfy { $0.connector.connector == "memory" })
      #expect(sinks == Set(test.expectations.map(\.stream)))
    }
  }

  @Test func `A param set from outside is in the plan`() throws {
    let compilation = try compile("campaign_views.raudal", settings: ["period": "1m30s"])
    let windows = (compilation.logical?.nodes ?? []).compactMap { node -> WindowSpec.Kind? in
      if case .window(let spec) = node.kind { spec.kind } else { nil }
    }
    #expect(windows == [.tumbling(size: 90_000_000)])
    #expect(compilation.parameters.filter(\.isSet).map(\.name) == ["period"])
  }

  @Test func `A wrong or unknown setting is told`() throws {
    let wrong = try compile("campaign_views.raudal", settings: ["period": "soon"])
    #expect(wrong.diagnostics.map(\.code) == ["E0208"])
    let unknown = try compile("campaign_views.raudal", settings: ["perid": "1s"])
    #expect(unknown.unknownSettings == ["perid"])
    #expect(!unknown.hasErrors, "it is the command line's mistake, not the file's")
  }

  @Test func `More mistakes than are told are said to be there`() {
    let stages = (0..<25).map { "\n  | where nothing\($0)" }.joined()
    let text = Self.small + "stream s = e\(stages)\nsink s to print\n"
    let compilation = DefinitionCompiler.compile(file: SourceFile(path: "p.raudal", text: text))
    #expect(compilation.diagnostics.count == 20)
    #expect(compilation.isCut)
  }

  private static let small = "pipeline p\ntype E { id: int }\nsource e: E from memory\n"

  @Test func `A check is told to programs`() throws {
    let fine = SourceFile(
      path: "a \"b\".raudal", text: Self.small + "stream s = e | where id > 1\nsink s to print\n")
    let report = CheckReport(DefinitionCompiler.compile(file: fine)).json
    let streams = #"[{"name":"e","mode":"append"},{"name":"s","mode":"append"}]"#
    let head = #"{"file":"a \"b\".raudal","fine":true,"library":false,"more":false,"#
    #expect(report == head + #""diagnostics":[],"streams":"# + streams + "}")
    let broken = SourceFile(
      path: "p.raudal", text: Self.small + "stream s = e | where ix > 1\nsink s to print\n")
    let json = CheckReport(DefinitionCompiler.compile(file: broken)).json
    let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    #expect(object?["fine"] as? Bool == false)
    let messages = object?["diagnostics"] as? [[String: Any]]
    #expect(messages?.map { $0["code"] as? String } == ["E0102"])
    #expect((object?["streams"] as? [Any])?.isEmpty == true)
  }

  @Test func `What is said of declarations stands in the graph`() throws {
    let text =
      "pipeline p\ntype E { id: int }\n/// Events.\nsource e: E from memory\n"
      + "/// The \"large\" ones.\nstream s = e | where id > 1\n/// To look at.\nsink s to print\n"
    let compilation = DefinitionCompiler.compile(file: SourceFile(path: "p.raudal", text: text))
    let graph = PlanGraph(try #require(compilation.logical))
    #expect(
      graph.render(.text) == """
        p
          e  from memory; appends
            /// Events.
          s.where  where id > 1; appends
            /// The "large" ones.
            ← e
          s.sink  to print, at_least_once
            /// To look at.
            ← s.where

        """)
    #expect(graph.render(.dot).contains(#"s.where\nwhere id > 1\nappends\nThe \"large\" ones."#))
    #expect(graph.render(.mermaid).contains("appends<br/>The #quot;large#quot; ones."))
  }

  @Test(arguments: PlanGraph.Format.allCases)
  func `All of a window's kind stands in the graph`(_ format: PlanGraph.Format) throws {
    let text =
      "type E { at: timestamp }\nsource e: E from memory { event_time: at }\nstream s = e"
      + " | window tumbling 1d offset 6h zone \"Europe/Madrid\" { n = count() }\nsink s to print\n"
    let compilation = DefinitionCompiler.compile(file: SourceFile(path: "p.raudal", text: text))
    let graph = PlanGraph(try #require(compilation.logical))
    #expect(graph.render(format).contains("tumbling 1d offset 6h zone Europe/Madrid"))
  }

  @Test func `The graph is drawn in three ways`() throws {
    let plan = try #require(try compile("campaign_views.raudal").logical)
    let graph = PlanGraph(plan)
    #expect(graph.render(.text).contains("views.window"))
    #expect(graph.render(.dot).hasPrefix("digraph \"campaign_views\" {"))
    #expect(graph.render(.mermaid).contains("n3 --> n4"))
  }
}
