internal import Columns
package import Connectors
internal import Glibc

/// What a Kafka source block says besides its connection.
package struct SourceOptions: Sendable {
  package enum Topics: Sendable {
    case named([String])
    case matching(TopicPattern)
  }

  /// Where reading begins at the first start.
  package enum Start: Sendable, Equatable {
    case earliest, latest
    /// The group's offsets; the beginning where it has none.
    case committed
    /// Microseconds: at the first record of that time or later.
    case time(Int64)
    /// By partition number, or `topic:number`; the beginning elsewhere.
    case offsets([String: Int64])
  }

  /// What happens when a position no longer exists.
  package enum OnGap: String, Sendable { case fail, earliest, latest }

  package var topics: Topics
  package var start: Start
  package var onGap: OnGap
  /// Microseconds; nil: never.
  package var discovery: Int64?
  /// nil: the pipeline's own.
  package var group: String?

  package init(_ options: ResolvedOptions, place: String) throws(ConnectorError) {
    topics = try Self.topics(options, place: place)
    start = try Self.start(options["start"], place: place)
    group = try Self.text(options["group"], "group", place: place)
    let gap = try Self.text(options["on_gap"], "on_gap", place: place) ?? "fail"
    guard let onGap = OnGap(rawValue: gap) else {
      throw ConnectorError(
        .configuration, "\(place): `on_gap` is `fail`, `earliest` or `latest`, not `\(gap)`")
    }
    self.onGap = onGap
    switch options["discovery"] {
    case nil: discovery = 30_000_000
    case .duration(let time)?: discovery = time > 0 ? time : nil
    default:
      throw ConnectorError(.configuration, "\(place): `discovery` is a duration such as `30s`")
    }
  }

  private static func text(
    _ value: ResolvedValue?, _ name: String, place: String
  ) throws(ConnectorError) -> String? {
    switch value {
    case nil: return nil
    case .text(let text)? where !text.isEmpty: return text
    default: throw ConnectorError(.configuration, "\(place): `\(name)` is a text")
    }
  }

  private static func topics(
    _ options: ResolvedOptions, place: String
  ) throws(ConnectorError) -> Topics {
    if let pattern = try text(options["topic_pattern"], "topic_pattern", place: place) {
      guard options["topic"] == nil else {
        throw ConnectorError(
          .configuration, "\(place) has `topic` and `topic_pattern`: write one of them")
      }
      guard let compiled = TopicPattern(pattern) else {
        throw ConnectorError(
          .configuration, "\(place): `topic_pattern: \"\(pattern)\"` is no regular expression")
      }
      return .matching(compiled)
    }
    switch options["topic"] {
    case .text(let name)? where !name.isEmpty: return .named([name])
    case .list(let list)? where !list.isEmpty:
      var names: [String] = []
      for value in list {
        guard let name = try text(value, "topic", place: place) else { continue }
        if !names.contains(name) { names.append(name) }
      }
      return .named(names)
    default:
      throw ConnectorError(
        .configuration,
        "\(place) reads no topic: write `topic: \"…\"` or `topic_pattern: \"…\"`")
    }
  }

  private static func start(
    _ value: ResolvedValue?, place: String
  ) throws(ConnectorError) -> Start {
    switch value {
    case nil, .text("earliest")?: return .earliest
    case .text("latest")?: return .latest
    case .text("committed")?: return .committed
    case .int(let microseconds)?: return .time(microseconds)
    case .text(let text)?:
      if let time = time(text) { return .time(time) }
    case .object(let object)?:
      if case .text(let text)? = object["timestamp"], let time = time(text) { return .time(time) }
      if case .int(let microseconds)? = object["timestamp"] { return .time(microseconds) }
      var offsets: [String: Int64] = [:]
      for (name, offset) in object {
        guard case .int(let offset) = offset, offset >= 0 else { break }
        offsets[name] = offset
      }
      if offsets.count == object.count, !offsets.isEmpty { return .offsets(offsets) }
    default: break
    }
    throw ConnectorError(
      .configuration,
      "\(place): `start` is `earliest`, `latest`, `committed`, `timestamp \"…\"`, or offsets by"
        + " partition: `{ \"0\": 120 }`")
  }

  private static func time(_ text: String) -> Int64? {
    var text = text
    return text.withUTF8 { TimestampText.parse($0) }
  }
}

/// A compiled regular expression (POSIX extended) that a topic's whole name must match.
package final class TopicPattern: @unchecked Sendable {
  // `regexec` may be called from several threads; the expression never changes.
  private let expression: UnsafeMutablePointer<regex_t>
  /// As the definition has it.
  package let text: String

  /// nil if it is no regular expression.
  package init?(_ pattern: String) {
    let memory = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
    guard regcomp(memory, "^(\(pattern))$", REG_EXTENDED | REG_NOSUB) == 0 else {
      memory.deallocate()
      return nil
    }
    expression = memory
    text = pattern
  }

  deinit {
    regfree(expression)
    expression.deallocate()
  }

  package func matches(_ topic: String) -> Bool {
    regexec(expression, topic, 0, nil, 0) == 0
  }
}
