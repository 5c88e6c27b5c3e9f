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
    var caps: [FrequencyCap] = []
    for cap in stageCaps.caps {
      guard let read = self.cap(cap) else { continue }
      for other in caps where other.count <= read.count && other.span >= read.span {
        report(MarketingProblem.neverRefuses(by: "\(other)"), at: cap.count.span)
        break
      }
      caps.append(read)
    }
    guard let keys, caps.count == stageCaps.caps.count, !caps.isEmpty, !current.isUnknown else {
      return
    }
    let spec = FrequencyCapSpec(keys: keys, caps: caps)
    _ = add(.frequencyCap(spec), "frequency_cap", current.scope, stage)
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
