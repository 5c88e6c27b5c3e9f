import Schemas

extension KernelTable {
  static let documents: [String: Maker] = [
    "json_value": { (call) throws(BindingError) in
      TextCall(JSONExtract(.scalar, try place(call)), .string, call.arguments, cost: 100)
    },
    "json_query": { (call) throws(BindingError) in
      let place = try places(call)
      let wrapper = try call.constantText(2)
      if place.isMany {
        let function = JSONCollection(place, isWrapped: wrapper == "UNCONDITIONAL")
        return TextCall(function, .json, call.arguments, cost: 100)
      }
      let kinds: [String?: JSONExtract.Kind] = [
        "CONDITIONAL": .wrappedUnlessArray, "UNCONDITIONAL": .wrapped,
      ]
      return TextCall(
        JSONExtract(kinds[wrapper] ?? .container, place), .json, call.arguments, cost: 100)
    },
    "json_exists": { (call) throws(BindingError) in
      ValueCall(JSONTest(try places(call)), .bool, call.arguments, cost: 100)
    },
  ]

  /// The path is the second argument, the whole document where it is left out.
  static func place(_ call: Call) throws(BindingError) -> JSONPlace {
    let place = try places(call)
    guard place.isMany else { return place }
    throw .badPath(
      try call.constantText(1) ?? "",
      reason: "`[*]` leads to many values; `json_query` gives them as an array")
  }

  /// The same of functions that take a path to many values too.
  private static func places(_ call: Call) throws(BindingError) -> JSONPlace {
    JSONPlace(try JSONPath(try call.constantText(1) ?? "$"), checks: call.types.first == .string)
  }
}
