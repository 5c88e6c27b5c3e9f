import Columns
import Schemas

extension KernelTable {
  static let codings: [String: Maker] = [
    "bin": { call in
      TextCall(IntToText(Numerals.binary), .string, call.arguments, cost: 30)
    },
    "hex": { call in
      if call.types.first == .int {
        return TextCall(IntToText(Numerals.hex), .string, call.arguments, cost: 30)
      }
      return TextCall(TextMapping(Numerals.hexOfBytes), .string, call.arguments)
    },
    "unhex": mapping(cost: 20) { Hex.parse($0, to: $1) },
    "conv": { (call) throws(BindingError) in
      let from = try base(call, 1)
      let to = try base(call, 2)
      let function = TextMapping { Numerals.convert($0, from: from, to: to, into: $1) }
      return TextCall(function, .string, [call.arguments[0]], cost: 60)
    },
    "chr": { call in
      TextCall(IntToText(Numerals.character), .string, call.arguments, cost: 5)
    },
    "ascii": reading(cost: 3) { Int64($0.first ?? 0) },
    "byte_length": reading(cost: 2) { Int64($0.count) },
    "to_base64": mapping(cost: 20) { text, buffer in
      Base64.write(text, to: buffer)
      return true
    },
    "from_base64": mapping(cost: 30) { text, buffer in
      let start = buffer.count
      guard Base64.parse(text, to: buffer) else { return false }
      let made = UnsafeBufferPointer(rebasing: buffer.bytes[start...])
      return String(validating: made, as: UTF8.self) != nil
    },
    "unbase64": mapping(cost: 20) { Base64.parse($0, to: $1) },
    "encode": { (call) throws(BindingError) in
      let set = try charset(call)
      return TextCall(
        TextMapping { set.encode($0, to: $1) }, .bytes, [call.arguments[0]], cost: 40)
    },
    "decode": { (call) throws(BindingError) in
      let set = try charset(call)
      return TextCall(
        TextMapping { set.decode($0, to: $1) }, .string, [call.arguments[0]], cost: 40)
    },
    "translate": { call in TextCall(Translate(), .string, call.arguments, cost: 40) },
    "overlay": { call in TextCall(Overlay(), .string, call.arguments, cost: 25) },
    "elt": { call in TextCall(Choose(), .string, call.arguments, strict: 1, cost: 8) },
    "space": { call in TextCall(Spaces(), .string, call.arguments, canFail: true, cost: 8) },
  ]

  static let searches: [String: Maker] = [
    "instr": { call in
      ValueCall(TextPairReading(Positions.first), .int, call.arguments)
    },
    "locate": { call in ValueCall(Locate(), .int, call.arguments) },
    "regexp_count": { (call) throws(BindingError) in
      let expression = try RegularExpression(try call.constantText(1) ?? "")
      let function = MatchSearch(expression, counts: true)
      return ValueCall(function, .int, call.arguments, canFail: true, cost: 150)
    },
    "regexp_instr": { (call) throws(BindingError) in
      let expression = try RegularExpression(try call.constantText(1) ?? "")
      let function = MatchSearch(expression, counts: false)
      return ValueCall(function, .int, call.arguments, canFail: true, cost: 80)
    },
    "is_alpha": test(cost: 10) { TextKind.isAlphabetic($0) },
    "is_digit": test(cost: 10) { TextKind.isDigits($0) },
    "is_decimal": test(cost: 15) { TextKind.isNumber($0) },
  ]

  static func test(cost: Int, _ body: @escaping TextTest.Body) -> Maker {
    { call in ValueCall(TextTest(body), .bool, [call.arguments[0]], strict: 0, cost: cost) }
  }

  private static func base(_ call: Call, _ index: Int) throws(BindingError) -> Int {
    let base = try call.constantInt(index) ?? 10
    guard (2...36).contains(base) else {
      throw .badChoice(function: call.name, value: "\(base)", known: "2 to 36")
    }
    return Int(base)
  }

  private static func charset(_ call: Call) throws(BindingError) -> Charset {
    let name = try call.constantText(1) ?? ""
    guard let set = Charset(rawValue: name) else {
      throw .badChoice(function: call.name, value: name)
    }
    return set
  }
}
