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
    "similar_to": { (call) throws(BindingError) in
      let expression = try SimilarPattern.expression(try call.constantText(1) ?? "")
      return ValueCall(Matching(expression), .bool, call.arguments, canFail: true, cost: 80)
    },
    "printf": { (call) throws(BindingError) in try printf(call) },
    "regexp_extract": { (call) throws(BindingError) in
      let expression = try RegularExpression(try call.constantText(1) ?? "")
      let group = try group(call, of: expression) ?? 0
      return TextCall(
        RegexpExtract(expression, group: group), .string, call.arguments, canFail: true, cost: 100)
    },
    "regexp_extract_all": { (call) throws(BindingError) in
      let expression = try RegularExpression(try call.constantText(1) ?? "")
      let group = try group(call, of: expression) ?? min(1, expression.groupCount)
      return TextCall(
        NestedCall { arguments, row, buffer, frame in
          ListText.matches(
            of: expression, group: group, arguments.text(0, row), row, to: buffer, frame)
        }, call.result, call.arguments, canFail: true, cost: 200)
    },
    "regexp_replace": { (call) throws(BindingError) in
      let expression = try RegularExpression(try call.constantText(1) ?? "")
      return TextCall(
        RegexpReplace(expression), .string, call.arguments, canFail: true, cost: 150)
    },
  ]

  /// The number of a group, the third argument.
  private static func group(
    _ call: Call, of expression: RegularExpression
  ) throws(BindingError) -> Int? {
    guard let group = try call.constantInt(2) else { return nil }
    guard group >= 0, group <= expression.groupCount else {
      throw .noGroup(group, pattern: expression.pattern, count: expression.groupCount)
    }
    return Int(group)
  }

  /// Each argument is bound as its text.
  private static func printf(_ call: Call) throws(BindingError) -> Evaluator {
    let format = try FormatText(
      try call.constantText(0) ?? "", types: Array(call.types.dropFirst()))
    var texts: [Evaluator] = []
    for index in call.arguments.indices.dropFirst() {
      let (argument, type) = (call.arguments[index], call.types[index])
      let isText = type == .string || type == .bytes
      texts.append(
        isText ? argument : try Casts.bind(argument, from: type, to: .string, isTry: false))
    }
    return TextCall(
      Printf(format), .string, texts, strict: 0, canFail: true, cost: 40 + 40 * texts.count)
  }
}
