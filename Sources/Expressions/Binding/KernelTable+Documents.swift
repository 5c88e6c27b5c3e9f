import Schemas

extension KernelTable {
  static let documents: [String: Maker] = [
    "json_value": { (call) throws(BindingError) in
      TextCall(JSONExtract(.scalar, try place(call)), .string, call.arguments, cost: 100)
    },
    "json_query": { (call) throws(BindingError) in
      TextCall(JSONExtract(.container, try place(call)), .json, call.arguments, cost: 100)
    },
    "json_exists": { (call) throws(BindingError) in
      ValueCall(JSONTest(try place(call)), .bool, call.arguments, cost: 100)
    },
  ]

  /// The path is the second argument, the whole document where it is left out.
  static func place(_ call: Call) throws(BindingError) -> JSONPlace {
    JSONPlace(try JSONPath(try call.constantText(1) ?? "$"), checks: call.types.first == .string)
  }
}
