import Schemas

extension KernelTable {
  static let text: [String: Maker] = [
    "concat": { call in TextCall(Concat(), .string, call.arguments, cost: 8) },
    "concat_ws": { call in TextCall(ConcatSeparated(), .string, call.arguments, strict: 1) },
    "substring": { call in TextCall(Slice(.substring), .string, call.arguments) },
    "left": { call in TextCall(Slice(.left), .string, call.arguments) },
    "right": { call in TextCall(Slice(.right), .string, call.arguments) },
    "split_index": { call in TextCall(SplitIndex(), .string, call.arguments) },
    "lower": { call in TextCall(CaseFunction(.lower), .string, call.arguments) },
    "upper": { call in TextCall(CaseFunction(.upper), .string, call.arguments) },
    "initcap": { call in TextCall(CaseFunction(.initcap), .string, call.arguments) },
    "trim": { call in TextCall(Trim(start: true, end: true), .string, call.arguments) },
    "ltrim": { call in TextCall(Trim(start: true, end: false), .string, call.arguments) },
    "rtrim": { call in TextCall(Trim(start: false, end: true), .string, call.arguments) },
    "lpad": { call in TextCall(Pad(start: true), .string, call.arguments, canFail: true) },
    "rpad": { call in TextCall(Pad(start: false), .string, call.arguments, canFail: true) },
    "repeat": { call in TextCall(Repeat(), .string, call.arguments, canFail: true) },
    "reverse": { call in TextCall(Reverse(), .string, call.arguments) },
    "replace": { call in TextCall(Replace(), .string, call.arguments, canFail: true) },
    "char_length": { call in ValueCall(CharLength(), .int, call.arguments) },
    "position": { call in ValueCall(Position(), .int, call.arguments) },
    "starts_with": { call in ValueCall(Containing(.start), .bool, call.arguments, cost: 6) },
    "ends_with": { call in ValueCall(Containing(.end), .bool, call.arguments, cost: 6) },
    "contains": { call in ValueCall(Containing(.anywhere), .bool, call.arguments, cost: 15) },
    "like": { (call) throws(BindingError) in
      let pattern = LikePattern(try call.constantText(1) ?? "")
      return ValueCall(Like(pattern), .bool, call.arguments, cost: 15)
    },
    "matches": { (call) throws(BindingError) in
      let expression = try RegularExpression(try call.constantText(1) ?? "")
      return ValueCall(Matching(expression), .bool, call.arguments, canFail: true, cost: 80)
    },
    "regexp_extract": { (call) throws(BindingError) in
      let expression = try RegularExpression(try call.constantText(1) ?? "")
      let group = try call.constantInt(2) ?? 0
      guard group >= 0, group <= expression.groupCount else {
        throw .noGroup(group, pattern: expression.pattern, count: expression.groupCount)
      }
      return TextCall(
        RegexpExtract(expression, group: Int(group)), .string, call.arguments, canFail: true,
        cost: 100)
    },
    "regexp_replace": { (call) throws(BindingError) in
      let expression = try RegularExpression(try call.constantText(1) ?? "")
      return TextCall(
        RegexpReplace(expression), .string, call.arguments, canFail: true, cost: 150)
    },
  ]
}
