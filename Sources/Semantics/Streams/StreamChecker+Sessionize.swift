import Diagnostics
import Plans
import Schemas
import Syntax

/// `sessionize by c, … gap D [max D] as c`
extension StreamChecker {
  func sessionize(_ sessions: SessionizeStageSyntax, _ stage: StageSyntax) {
    requireEventTime("sessionize", stage)
    let keys = sessions.by.isEmpty ? nil : rowKeys(sessions.by, of: "sessionize")
    let gap = sessions.gap.flatMap { positive($0, "`gap`") }
    let limit = sessions.limit.flatMap { positive($0, "`max`") }
    guard !current.isUnknown else { return lose() }
    guard let name = sessions.name, isFree(name) else { return lose() }
    guard let keys, let gap, sessions.limit == nil || limit != nil else {
      current.scope.fields.append(Field(name.text, FieldType(.unknown)))
      return
    }
    let spec = SessionizeSpec(keys: keys, gap: gap, limit: limit, name: name.text)
    let (foldKeys, expiry, states) = spec.fold
    _ = addFold(spec.columns, of: name.text, states, "sessionize", "numbered", stage) {
      FoldSpec(keys: foldKeys, expiry: expiry, states: states, columns: $0, title: spec.text)
    }
  }
}
