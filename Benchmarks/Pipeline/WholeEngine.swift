import Compiler
import Connectors
import Diagnostics
import Engine
import Plans
import Platform

/// Definitions compiled, and run to the end of their input by connectors of the benchmark's.
enum WholeEngine {
  static func compile(_ path: String, settings: [String: String] = [:]) throws -> PhysicalPlan {
    let compilation = DefinitionCompiler.compile(
      file: SourceFile(path: path, bytes: try Files.read(path)), loader: DiskLoader(),
      settings: settings)
    guard let plan = compilation.physical,
      !compilation.diagnostics.contains(where: { $0.severity == .error })
    else {
      let renderer = TextRenderer(files: compilation.files, isColoured: false)
      throw BenchmarkFailure(renderer.render(compilation.diagnostics))
    }
    return plan
  }

  /// - Parameter directory: of what the definition's relative paths name.
  static func run(
    _ plan: PhysicalPlan, workers: Int, directory: String,
    files: any FileStore = VolatileFileStore(), _ connectors: [any ConnectorFactory]
  ) throws {
    let assembly = PipelineAssembly(
      plan: plan, options: RunOptions(workers: workers, stopsAtEnd: true),
      executor: ThreadExecutor(), files: files,
      connections: RegistryConnections(
        ConnectorRegistry(connectors), resolver: .process, directory: directory),
      notify: { print($0) })
    switch assembly.makeRun().run() {
    case .finished: return
    case .failed(let failure): throw BenchmarkFailure(failure.message)
    default: throw BenchmarkFailure("the run did not read its input to the end")
    }
  }
}

private struct DiskLoader: SourceLoader {
  func load(_ path: String) throws(SourceLoadFailure) -> [UInt8] {
    guard let bytes = try? Files.read(path) else { throw SourceLoadFailure("no such file") }
    return bytes
  }
}

struct BenchmarkFailure: Error, CustomStringConvertible {
  let description: String
  init(_ text: String) { description = text }
}

extension PhysicalPlan {
  /// Other places for its input and output.
  mutating func replaceEnds(source: ConnectorSpec? = nil, sink: ConnectorSpec) {
    for index in operators.indices {
      switch operators[index].kind {
      case .source(var spec):
        spec.connector = source ?? spec.connector
        operators[index].kind = .source(spec)
      case .sink(var spec):
        spec.connector = sink
        operators[index].kind = .sink(spec)
      default: continue
      }
    }
  }
}
