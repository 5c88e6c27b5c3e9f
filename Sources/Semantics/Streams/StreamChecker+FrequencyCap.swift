import Diagnostics
import Plans
import Schemas
import Syntax

/// `frequency_cap N per D, … by c, …`
extension StreamChecker {
  func frequencyCap(_ stageCaps: FrequencyCapStageSyntax, _ stage: StageSyntax) {
    requireEventTime("frequency_cap", stage)
    let keys = rowKeys(stageCaps.by, of: "frequency_cap")
    let most = FrequencyCapSpec.mostCaps
    if stageCaps.caps.count > most {
      report(
        MarketingProblem.tooMany("caps of a stage", most),
        at: stageCaps.caps[most].count.span)
      return
    }
    let caps = stageCaps.caps.compactMap { cap($0) }
    guard let keys, caps.count == stageCaps.caps.count, !caps.isEmpty, !current.isUnknown else {
      return
    }
    warnOfIdleCaps(caps, stageCaps.caps)
    let spec = FrequencyCapSpec(keys: keys, caps: caps)
    _ = add(.frequencyCap(spec), "frequency_cap", current.scope, stage)
  }

  /// Caps that are never reached, because another one lets fewer rows pass in their spans; of equal
  /// ones the first stays.
  private func warnOfIdleCaps(
    _ caps: [FrequencyCap], _ written: [FrequencyCapStageSyntax.Cap]
  ) {
    for (place, cap) in caps.enumerated() {
      let stricter = caps.indices.first { other in
        caps[other].most(in: cap.span) <= cap.count && (caps[other] != cap || other < place)
      }
      guard let stricter else { continue }
      report(
        MarketingProblem.neverRefuses(by: "\(caps[stricter])"), at: written[place].count.span)
    }
  }

  private func cap(_ cap: FrequencyCapStageSyntax.Cap) -> FrequencyCap? {
    let count = definitions.constant(cap.count, as: .int, place: "the rows of a cap")
    let span = positive(cap.span, "the span of a cap")
    guard case .int(let rows)? = count else { return nil }
    guard rows > 0 else {
      report(StageProblem.notPositive("the rows of a cap"), at: cap.count.span)
      return nil
    }
    guard rows <= FrequencyCapSpec.mostRows else {
      report(
        MarketingProblem.tooMany("rows of a cap", Int(FrequencyCapSpec.mostRows)),
        at: cap.count.span)
      return nil
    }
    return span.map { FrequencyCap(count: rows, span: $0) }
  }
}

extension FrequencyCap {
  /// So many rows it lets pass in any time so long, at most: as many spans of its own cover that.
  fileprivate func most(in time: Int64) -> Int64 {
    let spans = time / span + (time.isMultiple(of: span) ? 0 : 1)
    return count.multipliedReportingOverflow(by: spans).overflow ? .max : count * spans
  }
}
