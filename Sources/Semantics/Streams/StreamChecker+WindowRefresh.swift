import Diagnostics
import Plans
import Syntax

/// When a window tells results beside the one when it closes.
struct WindowRefreshClauses {
  /// Microseconds of event time.
  var every: Int64?
  var late: Int64?
  /// Whether nothing of the kind was written, right or wrong.
  var isNone = true
}

/// `emit every D`, `allow late D`
extension StreamChecker {
  func refresh(of window: WindowStageSyntax, _ kind: WindowSpec.Kind?) -> WindowRefreshClauses {
    var refresh = WindowRefreshClauses()
    if case .every(let period) = window.emission {
      refresh.isNone = false
      refresh.every = positive(period, "`emit every`")
      check(refresh.every, kind, at: window.emissionSpan ?? period.span)
    }
    if let late = window.allowLate {
      refresh.isNone = false
      refresh.late = positive(late, "`allow late`")
      if let kind, !kind.isGrid, !kind.isUnboundedSession {
        report(WindowProblem.lateOfKey(kind), at: late.span)
      }
    }
    return refresh
  }

  private func check(_ every: Int64?, _ kind: WindowSpec.Kind?, at span: Span) {
    guard let kind else { return }
    if case .count = kind { return report(WindowProblem.earlyOfCount, at: span) }
    if let every, let length = kind.length, every >= length {
      report(WindowProblem.neverEarly(length: length), at: span)
    }
  }
}
