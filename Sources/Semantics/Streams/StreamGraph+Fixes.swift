import Diagnostics
import Plans
import Schemas
import Syntax

/// Edits that mend a definition.
extension StreamGraph {
  /// What the stage of a step is called: `left join`, whose step stands at its first word.
  func word(ofStep index: LogicalPlan.NodeID) -> String {
    let word = definitions.text(spans[index])
    let isJoin = JoinStageSyntax.Kind(rawValue: word).map { $0 != .inner } ?? false
    return isJoin ? "\(word) join" : word
  }

  /// Another option in a source's block.
  func adding(_ option: String, toSource name: String) -> Edit? {
    switch declared[name] {
    case .source(let source)?: return adding(option, to: source.connector)
    case .table(let table)?:
      guard case .connector(let connector) = table.origin else { return nil }
      return adding(option, to: connector)
    default: return nil
    }
  }

  func adding(_ option: String, to connector: ConnectorSyntax) -> Edit? {
    let block = connector.options
    guard block.span.count > 0 else { return Edit(connector.name.span.after, " { \(option) }") }
    guard let last = block.options.last else {
      let inside = Span(Int(block.span.start) + 1, Int(block.span.start) + 1, in: block.span.file)
      return Edit(inside, " \(option) ")
    }
    let file = definitions.files[Int(block.span.file.index)]
    guard file.line(of: last.span) > file.line(of: block.span) else {
      return Edit(last.span.after, ", \(option)")
    }
    // As far in as the option before.
    let line = file.bytesOfLine(file.line(of: last.span))
    let indent = file.bytes[line].prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    return Edit(last.span.after, "\n\(String(decoding: indent, as: UTF8.self))\(option)")
  }

  /// Whether rows are, or stem from, what was set aside with an error, which has no event time
  /// whatever the source says.
  func isOfErrors(_ input: LogicalInput) -> Bool {
    nodes.indices.contains(input.node) && steps(behind: input) == nil
  }

  /// All steps that rows come from; nil where some are what was set aside with an error.
  private func steps(behind input: LogicalInput) -> Set<LogicalPlan.NodeID>? {
    var open = [input]
    var seen: Set<LogicalPlan.NodeID> = []
    while let next = open.popLast() {
      guard next.output != .errors, nodes.indices.contains(next.node) else { return nil }
      if seen.insert(next.node).inserted { open += nodes[next.node].inputs }
    }
    return seen
  }

  /// The event time that a stage lacks, at the one source that its rows come from.
  func addingEventTime(behind input: LogicalInput) -> Edit? {
    guard let steps = steps(behind: input) else { return nil }
    let without = steps.filter { nodes[$0].inputs.isEmpty && !nodes[$0].hasEventTime }
    guard without.count == 1, let source = without.first,
      case .source(let spec) = nodes[source].kind
    else { return nil }
    let times = nodes[source].schema.visibleFields.filter { $0.fieldType == FieldType(.timestamp) }
    let isTopic = spec.connector.connector == "kafka"
    let time = times.count == 1 ? times[0].name : isTopic ? "meta.timestamp" : "arrival"
    return adding("event_time: \(time)", toSource: spec.name)
  }

  /// A sink for the last stream, or else source, at the end of the file.
  func addingSink(to tree: SyntaxTree) -> Edit? {
    let streams = order.filter { if case .stream? = declared[$0.text] { true } else { false } }
    let sources = order.filter { if case .source? = declared[$0.text] { true } else { false } }
    guard let name = (streams.last ?? sources.last)?.text else { return nil }
    let end = tree.file.span.after
    let gap = tree.file.bytes.last == UInt8(ascii: "\n") ? "" : "\n"
    return Edit(end, "\(gap)sink \(name) to print\n")
  }
}

extension ExpressionSyntax {
  /// The expression with a value in the place of null.
  func settling(to type: DataType) -> [Edit] {
    let fallback: String
    switch type {
    case .int, .float, .decimal: fallback = "0"
    case .string: fallback = "\"\""
    case .bool: fallback = "false"
    case .duration: fallback = "0s"
    default: return []
    }
    switch kind {
    case .name, .member, .element, .call, .text, .cast: return [Edit(span.after, " ?? \(fallback)")]
    default: return [Edit(span.before, "("), Edit(span.after, ") ?? \(fallback)")]
    }
  }
}
