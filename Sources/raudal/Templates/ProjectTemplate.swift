import ArgumentParser

/// What a new project begins with. Each can be checked, tested and run without anything else, so
/// its rows come from files; the README says how a topic takes their place.
enum ProjectTemplate: String, CaseIterable, ExpressibleByArgument {
  case metrics, enrichment, cleaning

  var abstract: String {
    switch self {
    case .metrics: "events counted and summed in windows of time"
    case .enrichment: "events joined with a table, and what has no match kept apart"
    case .cleaning: "messy input typed and checked, and what is broken kept apart"
    }
  }

  /// The files of a project by their path in it.
  func files(project: String, pipeline: String) -> [(path: String, text: String)] {
    let (definition, data) =
      switch self {
      case .metrics: (Self.metricsDefinition, Self.metricsData)
      case .enrichment: (Self.enrichmentDefinition, Self.enrichmentData)
      case .cleaning: (Self.cleaningDefinition, Self.cleaningData)
      }
    let files = [("\(project).raudal", definition), ("README.md", Self.readme)]
    return files.map { ($0, Self.filled($1, project, pipeline)) } + data
      + [(".gitignore", ".raudal/\noutput/\n")]
  }

  private static func filled(_ text: String, _ project: String, _ pipeline: String) -> String {
    text.replacing("PIPELINE", with: pipeline).replacing("PROJECT", with: project)
  }

  private static let readme = #"""
    # PROJECT

    ```
    raudal check PROJECT.raudal                 every mistake that can be found without data
    raudal test PROJECT.raudal                  the tests at the end of the definition
    raudal run PROJECT.raudal --stop-at-end     from data/ to output/
    raudal fmt PROJECT.raudal                   the one layout
    ```

    The rows come from files in `data`. To read a topic instead, write in the source

    ```
    from kafka {
      brokers: env("KAFKA_BROKERS", "localhost:9092")
      topic: "NAME"
      …
    }
    ```

    and keep the rest. `raudal run --bind SOURCE=file:PATH` then still reads a file.

    """#
}
