import Syntax

extension StageKindSyntax {
  var dump: String {
    switch self {
    case .filter(let condition): "where \(condition.dump)"
    case .map(let columns): "map \(columns.dump)"
    case .with(let columns): "with \(columns.dump)"
    case .drop(let columns): "drop \(columns.map(\.dump).joined(separator: ", "))"
    case .rename(let names):
      "rename " + names.map { "\($0.old.dump) as \($0.new.text)" }.joined(separator: ", ")
    case .flatten(let list, let name): "flatten \(list.dump) as \(name.text)"
    case .union(let streams): "union \(streams.map(\.dump).joined(separator: ", "))"
    case .key(let by): "key \(by.dump)"
    case .dedupe(let it):
      "dedupe \(it.by.dump) keep \(it.keepsLast ? "last" : "first")\(it.within.dump("within"))"
    case .enrich(let it): it.dump
    case .join(let it): it.dump
    case .window(let it): it.dump
    case .aggregate(let by, let columns): "aggregate \(by.dump) \(columns.dump)"
    case .top(let it): it.dump
    case .over(let it): it.dump
    case .match(let it): it.dump
    case .funnel(let it):
      "funnel \(it.by.dump)\(it.within.dump("within"))\(it.isStrict ? " strict" : "") "
        + it.steps.dump
    case .fold(let it): it.dump
    case .attribute(let it): it.dump
    case .anomaly(let it): it.dump
    case .sessionize(let it):
      "sessionize \(it.by.dump)" + it.gap.dump("gap") + it.limit.dump("max")
        + (it.name.map { " as \($0.text)" } ?? "")
    case .retention(let it): it.dump
    case .experiment(let it): it.dump
    case .frequencyCap(let it):
      "frequency_cap "
        + it.caps.map { "\($0.count.dump) per \($0.span.dump)" }.joined(separator: ", ")
        + " \(it.by.dump)"
    case .infer(let model, let arguments, let name):
      "infer \(model.text)(\(arguments.map(\.dump).joined(separator: ", "))) as \(name.text)"
    case .execute(let it):
      "execute \(it.task.text) as \(it.name.text)"
        + (it.steering.map {
          " steered by \($0.table.text) on \($0.on.dump)\($0.isRequired ? " required" : "")"
        } ?? "")
    case .sample(let value): "sample \(value.dump)"
    case .limit(let value): "limit \(value.dump)"
    case .throttle(let value): "throttle \(value.dump)"
    case .missing: "?"
    }
  }
}

extension Optional where Wrapped == ExpressionSyntax {
  func dump(_ word: String) -> String { map { " \(word) \($0.dump)" } ?? "" }
}

extension [AssignmentSyntax] {
  var dump: String {
    "{" + map { "\($0.name.text) = \($0.value.dump)" }.joined(separator: "; ") + "}"
  }
}

extension [ColumnItemSyntax] {
  var dump: String {
    let items = map { item in
      switch item {
      case .computed(let it): "\(it.name.text) = \(it.value.dump)"
      case .carried(let column): column.dump
      case .all(let side, _): "\(side.text).*"
      }
    }
    return "{" + items.joined(separator: "; ") + "}"
  }
}

extension [GroupKeySyntax] {
  var dump: String {
    "by ["
      + map { ($0.name.map { "\($0.text) = " } ?? "") + $0.value.dump }.joined(separator: ", ")
      + "]"
  }
}

extension [ExpressionSyntax] {
  var dump: String { "[" + map(\.dump).joined(separator: ", ") + "]" }
}

extension EnrichStageSyntax {
  var dump: String {
    "enrich \(table.text) on \(on.dump)" + (alias.map { " as \($0.text)" } ?? "")
      + (isRequired ? " required" : "") + asOf.dump("as of")
  }
}

extension JoinStageSyntax {
  var dump: String {
    let text = "\(kind.rawValue) join \(other.dump)" + (alias.map { " as \($0.text)" } ?? "")
    return text + " on \(on.dump)" + (bounds.map { " within\($0.dump)" } ?? "")
      + expireAfter.dump("expire after")
  }
}

extension JoinStageSyntax.Bounds {
  var dump: String {
    switch self {
    case .around(let span): " \(span.dump)"
    case .before(let span): " \(span.dump) before"
    case .after(let span): " \(span.dump) after"
    case .beforeAndAfter(let low, let high): " \(low.dump) before and \(high.dump) after"
    case .between(let low, let high, let span):
      (span?.dump ?? "") + " between \(low.dump) and \(high.dump)"
    case .sameWindow: " same window"
    }
  }
}

extension AttributeStageSyntax {
  var dump: String {
    let looks = lookBacks.map { "within \($0.span.dump)\($0.condition.dump("where"))" }
    return "attribute \(other.dump)" + (alias.map { " as \($0.text)" } ?? "") + " on \(on.dump) "
      + looks.joined(separator: " else ") + " by \(model?.dump ?? "?")"
      + value.dump("of") + (credit.map { " as \($0.text)" } ?? "")
  }
}

extension ModelCallSyntax {
  var dump: String { "\(name.text)(\(settings.map(\.dump).joined(separator: ", ")))" }
}

extension RetentionStageSyntax {
  var dump: String {
    "retention \(period?.dump ?? "?") \(by.dump)" + (per.isEmpty ? "" : " per \(per.dump)")
      + offset.dump("offset") + zone.dump("zone") + periods.dump("for")
  }
}

extension ExperimentStageSyntax {
  var dump: String {
    "experiment" + variant.dump("of") + " \(by.dump)" + conversion.dump("converted")
      + within.dump("within") + every.dump("every") + confidence.dump("confidence")
      + effect.dump("effect") + expireAfter.dump("expire after") + " \(variants.dump)"
  }
}

extension AnomalyStageSyntax {
  var dump: String {
    "anomaly" + value.dump("of") + " \(by.dump) using \(model?.dump ?? "?")"
      + threshold.dump("above") + warmUp.dump("after") + (warmUp == nil ? "" : " rows")
      + (ignoresAnomalies ? " ignore anomalies" : "") + expireAfter.dump("expire after")
      + (name.map { " as \($0.text)" } ?? "")
  }
}

extension WindowStageSyntax {
  var dump: String {
    var text = "window "
    switch kind {
    case .tumbling(let size): text += "tumbling \(size.dump)"
    case .hopping(let size, let every): text += "hopping \(size.dump) every \(every.dump)"
    case .cumulative(let size, let every): text += "cumulative \(size.dump) every \(every.dump)"
    case .session(let gap, let max): text += "session gap \(gap.dump)\(max.dump("max"))"
    case .count(let count): text += "count \(count.dump)"
    case .missing: text += "?"
    }
    text += offset.dump("offset") + zone.dump("zone") + " \(by.dump)"
    switch emission {
    case .onClose: text += emissionSpan == nil ? "" : " emit on close"
    case .every(let period): text += " emit every \(period.dump)"
    }
    return text + allowLate.dump("allow late") + " \(columns.dump)"
  }
}

extension TopStageSyntax {
  var dump: String {
    let orders = by.map { $0.value.dump + ($0.isDescending ? " desc" : "") }
    return "top \(count.dump)\(withTies ? " with ties" : "") by [\(orders.joined(separator: ", "))]"
      + (per.isEmpty ? "" : " per \(per.dump)") + (rank.map { " as \($0.text)" } ?? "")
  }
}

extension OverStageSyntax {
  var dump: String {
    let frame =
      switch frame {
      case .rows(let count): "rows \(count.dump)"
      case .time(let span): "time \(span.dump)"
      }
    return "over \(by.dump) \(frame) preceding \(columns.dump)"
  }
}

extension MatchStageSyntax {
  var dump: String {
    "match \(by.dump)\(within.dump("within")) \(sequence?.dump ?? "?") \(definitions.dump)"
      + " emit \(emit.dump)"
      + options.map { " \($0.name.text): \($0.value.dump)" }.joined()
  }
}

extension FoldStageSyntax {
  var dump: String {
    let states = state.map { "\($0.name.text): \($0.type.dump) = \($0.initial.dump)" }
    return "fold \(by.dump)\(expireAfter.dump("expire after"))"
      + " {\(states.joined(separator: "; "))} \(columns.dump)"
  }
}

extension PatternSyntax {
  var dump: String {
    switch kind {
    case .event(let name): name.text
    case .sequence(let parts): "(seq \(parts.map(\.dump).joined(separator: " ")))"
    case .alternatives(let parts): "(alt \(parts.map(\.dump).joined(separator: " ")))"
    case .repeated(let part, let least, let most, let isReluctant):
      "(\(part.dump){\(least),\(most.map { "\($0)" } ?? "")}\(isReluctant ? "?" : ""))"
    case .not(let part): "(not \(part.dump))"
    case .missing: "?"
    }
  }
}
