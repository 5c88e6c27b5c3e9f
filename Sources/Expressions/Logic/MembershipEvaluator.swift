import Columns
import Schemas

/// `in`: true if the value equals a member; null if it does not and it or a member is null.
final class MembershipEvaluator: CallEvaluator {
  private let needles: [TextNeedle]?
  private let hasNullMember: Bool

  init(_ value: Evaluator, _ members: [Evaluator]) {
    let constants = members.compactMap(\.constant)
    let isConstant = constants.count == members.count
    hasNullMember = constants.contains(where: \.isNull)
    needles =
      isConstant && value.type.isText
      ? constants.compactMap { $0.textBytes.map(TextNeedle.init) } : nil
    super.init(
      .bool, [value] + members, strict: 1, canFail: false,
      cost: 1 + members.count * (needles == nil ? 1 : 2))
  }

  override func compute(_ arguments: [Column], _ frame: Frame, _ rows: RowSet) -> Column {
    let rowCount = rows.rowCount
    let value = arguments[0]
    let out = Column(fixed: .bool, rowCount: rowCount, withValidity: true)
    guard let valid = out.validity else { return out }
    let found = out.bools
    found.initialize(repeating: 0, count: rowCount)
    valid.initialize(repeating: hasNullMember ? 0 : 1, count: rowCount)
    let one = Column(fixed: .bool, rowCount: rowCount)
    let equal = one.bools
    if let needles, !value.isDictionary {
      for needle in needles {
        needle.matches(value, to: equal, rows)
        rows.eachRow { found[$0] |= equal[$0] }
      }
    } else {
      for (member, argument) in zip(arguments, self.arguments).dropFirst()
      where !(argument.constant?.isNull ?? false) {
        Comparing.compare(value, member, .equal, to: equal, rows)
        if let known = member.validity {
          rows.eachRow {
            found[$0] |= equal[$0] & known[$0]
            valid[$0] &= known[$0]
          }
        } else {
          rows.eachRow { found[$0] |= equal[$0] }
        }
      }
    }
    rows.eachRow { valid[$0] |= found[$0] }
    if let known = value.validity { rows.eachRow { valid[$0] &= known[$0] } }
    let mayBeNull = hasNullMember || arguments.contains(where: \.hasNulls)
    if !mayBeNull { out.dropValidity() }
    return withExtendedLifetime(one) { out }
  }
}
