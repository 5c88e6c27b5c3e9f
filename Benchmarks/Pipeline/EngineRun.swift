import Compiler
import Connectors
import Diagnostics
import Engine
import Plans
import Platform

/// The definition, compiled once, run with other places for its input and output.
struct EngineRun {
  private let plan: PhysicalPlan

  init(definition path: String) throws {
    let compilation = DefinitionCompiler.compile(
      file: SourceFile(path: path, bytes: try Files.read(path)))
    guard let physical = compilation.physical,
      !compilation.diagnostics.contains(where: { $0.severity == .error })
    else {
      let renderer = TextRenderer(files: [compilation.file], isColoured: false)
      throw BenchmarkFailure(renderer.render(compilation.diagnostics))
    }
    plan = physical
  }

  /// Reads `source` to its end on so many workers, whole engine, and returns what the sink counted.
  func run(
    source: ConnectorSpec, feed: ColumnFeed, workers: Int, directory: String
  ) throws -> (rows: Int, views: Int64) {
    var plan = plan
    for index in plan.operators.indices {
      switch plan.operators[index].kind {
      case .source(var spec):
        spec.connector = source
        plan.operators[index].kind = .source(spec)
      case .sink(var spec):
        spec.connector = ConnectorSpec(connector: "memory", options: [])
        plan.operators[index].kind = .sink(spec)
      default: continue
      }
    }
    let counts = OutputCounts()
    let registry = ConnectorRegistry([
      FileConnector(), ColumnsConnector(feed: feed, counts: counts),
    ])
    let assembly = PipelineAssembly(
      plan: plan, options: RunOptions(workers: workers, stopsAtEnd: true),
      executor: ThreadExecutor(), files: VolatileFileStore(),
      connections: RegistryConnections(registry, resolver: .process, directory: directory),
      notify: { print($0) })
    switch assembly.makeRun().run() {
    case .finished: return counts.total
    case .failed(let failure): throw BenchmarkFailure(failure.message)
    default: throw BenchmarkFailure("the run did not read its input to the end")
    }
  }
}

struct BenchmarkFailure: Error, CustomStringConvertible {
  let description: String
  init(_ text: String) { description = text }
}
