import Diagnostics
import Plans
import Schemas
import Syntax

/// A `join` without `within`: all rows so far, of streams that may update.
extension StreamChecker {
  /// Whether the streams are such as the join takes; reports what they are not.
  func checkStreams(
    _ join: JoinStageSyntax, _ stage: StageSyntax, _ other: StreamOutput
  ) -> Bool {
    guard join.bounds != nil else {
      checkExpiry(join, other)
      return !current.isUnknown && !other.isUnknown
    }
    if let time = join.expireAfter {
      report(RunningJoinProblem.expiryWithin, at: time.span)
    }
    requireEventTime("join", stage)
    if !other.isUnknown { requireEventTime("join", of: other, at: join.other.span) }
    guard !current.isUnknown, !other.isUnknown else { return false }
    let mode = graph.mode(of: other.input)
    guard mode.isUpdating else { return true }
    report(UpdateProblem.refused(stage: "join", mode: mode), at: join.other.span)
    return false
  }

  private func checkExpiry(_ join: JoinStageSyntax, _ other: StreamOutput) {
    guard let time = join.expireAfter else { return }
    _ = positive(time, "`expire after`")
    guard join.kind == .inner else {
      let word = JoinSpec.Kind(join.kind).word
      return report(RunningJoinProblem.expiryOf(word), at: time.span)
    }
    let modes = [current, other].filter { !$0.isUnknown }.map { graph.mode(of: $0.input) }
    if let mode = modes.first(where: \.isUpdating) {
      return report(RunningJoinProblem.expiryOfUpdates(mode), at: time.span)
    }
    if !current.isUnknown { requireEventTime("expire after", of: current, at: time.span) }
    if !other.isUnknown { requireEventTime("expire after", of: other, at: join.other.span) }
  }

  /// What a join without an interval is; `spec` has its keys and columns.
  func running(
    _ join: JoinStageSyntax, _ spec: JoinSpec, _ result: RowScope, _ other: StreamOutput
  ) -> RunningJoinSpec? {
    guard join.bounds == nil else { return nil }
    let (left, right) = (graph.mode(of: current.input), graph.mode(of: other.input))
    let updates = spec.kind != .inner || left.isUpdating || right.isUpdating
    let key = RunningJoinKey(spec, result).columns(left, right)
    return RunningJoinSpec(
      leftUpdates: left.isUpdating, rightUpdates: right.isUpdating,
      expiry: join.expireAfter.flatMap { positive($0, "`expire after`") },
      mode: updates ? .updates(key: key) : .append)
  }
}

/// By which columns the result of a join updates: those of both sides, and those that are equal,
/// for rows of a key must be made in one place.
private struct RunningJoinKey {
  private let spec: JoinSpec
  private let fields: [String: Field]

  init(_ spec: JoinSpec, _ result: RowScope) {
    self.spec = spec
    fields = Dictionary(
      result.fields.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Nil where there are no such columns.
  func columns(_ left: StreamMode, _ right: StreamMode) -> [String]? {
    guard let lefts = Self.plain(spec.leftKeys), let rights = Self.plain(spec.rightKeys) else {
      return nil
    }
    let (ofLeft, ofRight) = (Self.key(left), Self.key(right))
    switch spec.kind {
    case .semi, .anti:
      return ofLeft.flatMap { names(lefts + $0, []) }
    case .inner, .left:
      guard let ofLeft, let ofRight else { return nil }
      // Where there is a right row its equal columns say nothing new.
      return names(lefts + ofLeft, ofRight.filter { !rights.contains($0) })
    case .right:
      guard let ofLeft, let ofRight else { return nil }
      return names(ofLeft.filter { !lefts.contains($0) }, rights + ofRight)
    case .full:
      guard let ofLeft, let ofRight, !hasSharedNull else { return nil }
      return names(lefts + ofLeft, rights + ofRight)
    }
  }

  private static func key(_ mode: StreamMode) -> [String]? {
    if case .updates(let key) = mode { key } else { nil }
  }

  private static func plain(_ keys: [Expression]) -> [String]? {
    let names = keys.compactMap { key -> String? in
      if case .column(let name) = key.node { name } else { nil }
    }
    return names.count == keys.count ? names : nil
  }

  /// A column of both that is null in a row of either would be so in two rows.
  private var hasSharedNull: Bool {
    spec.columns.contains { column in
      if case .key = column.source { fields[column.name]?.isNullable ?? true } else { false }
    }
  }

  /// What columns of the sides are called in the result; nil where one is not there.
  private func names(_ lefts: [String], _ rights: [String]) -> [String]? {
    var found: [String] = []
    for source in lefts.map(JoinedColumn.Source.left) + rights.map(JoinedColumn.Source.right) {
      guard let name = name(of: source) else { return nil }
      if !found.contains(name) { found.append(name) }
    }
    return found
  }

  private func name(of source: JoinedColumn.Source) -> String? {
    let column = spec.columns.first { column in
      guard !(fields[column.name]?.isHidden ?? true) else { return false }
      if column.source == source { return true }
      guard case .key(let number) = column.source else { return false }
      switch source {
      case .left(let name): return spec.leftKeys[number].columnNames == [name]
      case .right(let name): return spec.rightKeys[number].columnNames == [name]
      case .key: return false
      }
    }
    return column?.name
  }
}
