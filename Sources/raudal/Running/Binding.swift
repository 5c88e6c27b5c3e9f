import Glibc
import Plans
import Schemas

/// `--bind events=file:PATH`: another place for a source's or table's input.
struct Binding {
  var name: String
  var path: String

  init(parsing text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, parts[1].hasPrefix("file:"), parts[1].count > 5 else {
      throw CommandFailure.usage("--bind takes SOURCE=file:PATH, not `\(text)`")
    }
    name = String(parts[0])
    path = String(parts[1].dropFirst(5))
  }

  /// Paths here are the user's own: relative to where the command runs, not to the definition.
  private var connector: ConnectorSpec {
    var absolute = path
    if !path.hasPrefix("/"), let here = getcwd(nil, 0) {
      absolute = "\(String(cString: here))/\(path)"
      free(here)
    }
    return ConnectorSpec(connector: "file", options: [Option("path", .string(absolute))])
  }

  /// A source that reads the file instead of what its definition says.
  /// - Throws: where it asks for what only records of a topic have.
  private func bound(_ source: SourceSpec) throws -> SourceSpec {
    var spec = source
    spec.connector = connector
    if let updates = source.updates, updates.keepsRows {
      let time = source.decoding.deletions?.time
      spec.decoding.deletions = DeletionSpec(keys: updates.key, time: time, isMarked: true)
    }
    guard source.connector.connector == "kafka" else { return spec }
    if spec.eventTime?.origin == .recordTimestamp {
      throw missing(
        "takes its event time from `meta.timestamp`", "`event_time: arrival` or a column")
    }
    for column in spec.decoding.columns where !column.field.isNullable {
      let origin: String
      switch column.origin {
      case .timestamp: origin = "meta.timestamp"
      case .key: origin = "meta.key"
      case .header(let name): origin = "meta.headers[\"\(name)\"]"
      case .field, .topic, .partition, .offset: continue
      }
      throw missing(
        "takes column `\(column.field.name)` from `\(origin)`", "`\(column.field.type)?`")
    }
    // What is a record's value in a topic has no heading, unless the definition says so.
    if spec.decoding.format == .csv, !spec.decoding.options.contains(where: { $0.name == "header" })
    {
      spec.decoding.options.append(Option("header", .bool(false)))
    }
    return spec
  }

  private func missing(_ what: String, _ instead: String) -> CommandFailure {
    CommandFailure.usage(
      "--bind \(name)=file:\(path): `\(name)` \(what), which lines of a file have not; write"
        + " \(instead)")
  }

  static func apply(_ bindings: [Binding], to plan: inout PhysicalPlan) throws {
    for binding in bindings {
      var isFound = false
      for index in plan.operators.indices {
        guard case .source(let spec) = plan.operators[index].kind, spec.name == binding.name
        else { continue }
        plan.operators[index].kind = .source(try binding.bound(spec))
        isFound = true
      }
      for index in plan.tables.indices where plan.tables[index].name == binding.name {
        plan.tables[index].connector = binding.connector
        isFound = true
      }
      if plan.lookups.contains(where: { $0.name == binding.name && $0.model == nil }) {
        plan.read(binding.name, from: binding.connector)
        isFound = true
      }
      guard !isFound else { continue }
      let names = plan.operators.compactMap { step -> String? in
        if case .source(let spec) = step.kind { spec.name } else { nil }
      }
      let tables = (plan.tables + plan.lookups).filter { $0.model == nil }
      throw CommandFailure.usage(
        "--bind: there is no source or table `\(binding.name)`; there are "
          + (names + tables.map(\.name)).joined(separator: ", "))
    }
  }
}

extension PhysicalPlan {
  /// A table that is asked becomes one that is read whole.
  fileprivate mutating func read(_ table: String, from connector: ConnectorSpec) {
    guard let place = lookups.firstIndex(where: { $0.name == table && $0.model == nil })
    else { return }
    var spec = lookups.remove(at: place)
    spec.connector = connector
    spec.lookup = nil
    for index in operators.indices {
      guard case .ask(let lookup, let keys, let columns, let isRequired) = operators[index].kind,
        lookup >= place
      else { continue }
      operators[index].kind =
        lookup == place
        ? .enrich(table: tables.count, keys: keys, columns: columns, isRequired: isRequired)
        : .ask(lookup: lookup - 1, keys: keys, columns: columns, isRequired: isRequired)
    }
    tables.append(spec)
  }
}
