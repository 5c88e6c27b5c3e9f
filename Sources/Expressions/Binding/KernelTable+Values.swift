import Columns
import Plans
import Schemas

extension KernelTable {
  static let values: [String: Maker] = [
    "json_int": jsonReading(JSONValue.int), "json_float": jsonReading(JSONValue.float),
    "json_bool": jsonReading(JSONValue.bool), "json_length": jsonReading(JSONValue.length),
    "json_type": { (call) throws(BindingError) in
      let function = JSONKindName(try place(call))
      return TextCall(function, .string, [call.arguments[0]], cost: 100)
    },
    "json_quote": mapping(cost: 20, JSONString.quote),
    "json_unquote": mapping(cost: 40, JSONString.unquote),
    "json_string": { (call) throws(BindingError) in try jsonText(call, 0) },
    "json_object": { (call) throws(BindingError) in try jsonObject(call) },
    "json_array": { (call) throws(BindingError) in
      let texts = try call.arguments.indices.map { (index) throws(BindingError) in
        try jsonText(call, index)
      }
      return TextCall(
        JSONAssembly(isObject: false, names: []), .json, texts, strict: 0,
        cost: 20 * texts.count)
    },
    "is_json": { (call) throws(BindingError) in
      let kind = try call.constantText(1) ?? "VALUE"
      return try test(cost: 100) { JSONValue.isDocument($0, kind: kind) }(call)
    },
    "typeof": { (call) throws(BindingError) in
      try Constant(.string("\(call.types[0])"), .string)
    },
    "is_distinct_from": { call in NotEvaluator(isSame(call)) },
    "is_not_distinct_from": { call in isSame(call) },
  ]

  private static func jsonReading<Value: BitwiseCopyable>(
    _ body: @escaping JSONReading<Value>.Body
  ) -> Maker {
    { (call) throws(BindingError) in
      let function = JSONReading(try place(call), body)
      return ValueCall(function, call.result, [call.arguments[0]], cost: 100)
    }
  }

  private static func jsonObject(_ call: Call) throws(BindingError) -> Evaluator {
    var names: [[UInt8]] = []
    var texts: [Evaluator] = []
    for index in stride(from: 0, to: call.arguments.count - 1, by: 2) {
      let name = Array((try call.constantText(index) ?? "").utf8)
      guard !names.contains(name) else {
        throw BindingError.nameTwice(String(decoding: name, as: UTF8.self))
      }
      names.append(name)
      texts.append(try jsonText(call, index + 1))
    }
    return TextCall(
      JSONAssembly(isObject: true, names: names), .json, texts, strict: 0,
      cost: 25 * texts.count)
  }

  /// An argument as JSON, null for null.
  private static func jsonText(_ call: Call, _ index: Int) throws(BindingError) -> Evaluator {
    let (argument, type) = (call.arguments[index], call.types[index])
    let quoted = TextMapping(JSONString.quote)
    switch type {
    case .string: return TextCall(quoted, .string, [argument])
    case .bytes:
      let base64 = TextMapping { bytes, buffer in
        buffer.append(UInt8(ascii: "\""))
        Base64.write(bytes, to: buffer)
        buffer.append(UInt8(ascii: "\""))
        return true
      }
      return TextCall(base64, .string, [argument])
    default:
      let text = try Casts.bind(argument, from: type, to: .string, isTry: false)
      switch type {
      case .float:
        // JSON has no word for what is no number.
        let finite = TextMapping { text, buffer in
          let isNumber = (text.last ?? 0) &- UInt8(ascii: "0") < 10
          if isNumber { buffer.append(text) } else { buffer.append("null") }
          return true
        }
        return TextCall(finite, .string, [text])
      case .timestamp, .date, .duration: return TextCall(quoted, .string, [text])
      default: return text
      }
    }
  }

  /// Equal, or both null.
  private static func isSame(_ call: Call) -> Evaluator {
    let nulls = call.arguments.map { IsNullEvaluator($0) }
    return CoalesceEvaluator(
      [
        CompareEvaluator(.equal, call.arguments[0], call.arguments[1]),
        JunctionEvaluator(nulls, isAnd: true),
      ], .bool)
  }
}
