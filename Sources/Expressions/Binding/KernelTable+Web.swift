import Columns
import Schemas

extension KernelTable {
  static let web: [String: Maker] = [
    "parse_url": { (call) throws(BindingError) in
      let name = try call.constantText(1) ?? ""
      guard let part = ParseURL.Part(rawValue: name) else {
        throw .badChoice(function: call.name, value: name)
      }
      let key = try call.constantText(2)
      return TextCall(ParseURL(part, key: key), .string, call.arguments, cost: 50)
    },
    "url_scheme": mapping(cost: 40, URLPart.scheme),
    "url_host": mapping(cost: 50, URLPart.host),
    "url_port": reading(cost: 50, URLPart.port),
    "url_path": mapping(cost: 40, URLPart.range { $0.path }),
    "url_query": mapping(cost: 40, URLPart.range { $0.query }),
    "url_fragment": mapping(cost: 40, URLPart.range { $0.fragment }),
    "url_without_query": mapping(cost: 40, URLPart.withoutQuery),
    "url_parameter": { call in
      let function = TextPairMapping { QueryString.write($1, of: $0, to: $2) }
      return TextCall(function, .string, call.arguments, cost: 80)
    },
    "url_encode": mapping(cost: 40, URLCoding.encode),
    "url_decode": mapping(cost: 40, URLCoding.decode),
    "url_decode_recursive": { (call) throws(BindingError) in
      let times = try call.constantInt(1) ?? 10
      let function = TextMapping { URLCoding.decode($0, atMost: times, to: $1) }
      return TextCall(function, .string, [call.arguments[0]], cost: 300)
    },
    "ip_prefix": { call in TextCall(AddressPrefix(), .string, call.arguments, cost: 150) },
    "ip_version": reading(cost: 80) { (text) -> Int64? in
      InternetAddress(text).map { $0.isV6 ? 6 : 4 }
    },
    "ip_is_private": reading(cost: 90) { (text) -> UInt8? in
      InternetAddress(text).map { $0.isPrivate ? 1 : 0 }
    },
    "ip_in": { call in
      ValueCall(TextPairReading(Network.contains), .bool, call.arguments, cost: 200)
    },
  ]
}
