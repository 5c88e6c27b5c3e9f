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
    "is_json": { call in
      ValueCall(JSONTest(nil, checks: true), .bool, call.arguments, strict: 0, cost: 100)
    },
    "md5": { call in TextCall(Digest(.md5), .string, call.arguments, cost: 400) },
    "sha256": { call in TextCall(Digest(.sha256), .string, call.arguments, cost: 600) },
    "parse_url": { (call) throws(BindingError) in
      let name = try call.constantText(1) ?? ""
      guard let part = ParseURL.Part(rawValue: name) else {
        throw .badChoice(function: call.name, value: name)
      }
      let key = try call.constantText(2)
      return TextCall(ParseURL(part, key: key), .string, call.arguments, cost: 50)
    },
  ]

  private static func path(_ call: Call) throws(BindingError) -> JSONPath {
    try JSONPath(try call.constantText(1) ?? "$")
  }

  private static func isText(_ call: Call) -> Bool { call.types.first == .string }
}
