import Schemas

extension KernelTable {
  static let documents: [String: Maker] = [
    "json_value": { (call) throws(BindingError) in
      let path = try path(call)
      return TextCall(
        JSONExtract(.scalar, path, checks: isText(call)), .string, call.arguments, cost: 100)
    },
    "json_query": { (call) throws(BindingError) in
      let path = try path(call)
      return TextCall(
        JSONExtract(.container, path, checks: isText(call)), .json, call.arguments, cost: 100)
    },
    "json_exists": { (call) throws(BindingError) in
      let path = try path(call)
      return ValueCall(JSONTest(path, checks: isText(call)), .bool, call.arguments, cost: 100)
    },
  ]

  static func path(_ call: Call) throws(BindingError) -> JSONPath {
    try JSONPath(try call.constantText(1) ?? "$")
  }

  static func isText(_ call: Call) -> Bool { call.types.first == .string }
}
