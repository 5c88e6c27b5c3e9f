import Columns
import Schemas

extension KernelTable {
  static let marketing: [String: Maker] = parts.mapValues { mapping(cost: $0.cost, $0.body) }
    .merging(others) { first, _ in first }

  private static let others: [String: Maker] = [
    "utm": whole("utm", cost: 500), "user_agent": whole("user_agent", cost: 6000),
    "user_agent_is_bot": reading(cost: 1000) { (text) -> UInt8? in
      UserAgent(text).bot == nil ? 0 : 1
    },
    "mask_email": mapping(cost: 20, Masking.email),
    "mask_phone": mapping(cost: 20, Masking.phone),
    "email_domain": mapping(cost: 20, Masking.domain),
    "pseudonym": { call in
      TextCall(Authentication(.sha256, length: 16), .string, call.arguments, cost: 2000)
    },
    "redact": { (call) throws(BindingError) in
      TextCall(try Redaction(), .string, call.arguments, canFail: true, cost: 300)
    },
  ]

  /// What functions of one part give, and those of the whole put together.
  private static let parts: [String: (cost: Int, body: TextMapping.Body)] = [
    "utm_source": campaign("utm_source"), "utm_medium": campaign("utm_medium"),
    "utm_campaign": campaign("utm_campaign"), "utm_term": campaign("utm_term"),
    "utm_content": campaign("utm_content"), "utm_id": campaign("utm_id"),
    "user_agent_browser": (1500, { UserAgent($0).browser?.write(to: $1) ?? false }),
    "user_agent_browser_version": (1500, { UserAgent($0).writeBrowserVersion(to: $1) }),
    "user_agent_os": (
      500, { text, buffer in UserAgent(text).system.map { buffer.append($0.name) } != nil }
    ),
    "user_agent_os_version": (500, { UserAgent($0).writeSystemVersion(to: $1) }),
    "user_agent_device": (
      1500, { text, buffer in UserAgent(text).device.map { buffer.append($0) } != nil }
    ),
  ]

  private static func campaign(_ name: StaticString) -> (cost: Int, body: TextMapping.Body) {
    let key = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    let bytes = Array(key)
    return (
      80,
      { text, buffer in
        let start = buffer.count
        return bytes.withUnsafeBufferPointer { QueryString.write($0, of: text, to: buffer) }
          && buffer.count > start
      }
    )
  }

  /// A struct of all the parts that the result's type names.
  private static func whole(_ name: String, cost: Int) -> Maker {
    { (call) throws(BindingError) in
      guard case .structure(let fields) = call.result else { throw call.noKernel }
      var bodies: [TextMapping.Body] = []
      for field in fields {
        if field.name == "is_bot" {
          // As it lies in a struct: a byte.
          bodies.append { text, buffer in
            buffer.append(UserAgent(text).bot == nil ? 0 : 1)
            return true
          }
        } else if let part = parts["\(name)_\(field.name)"] {
          bodies.append(part.body)
        } else {
          throw call.noKernel
        }
      }
      let layout = StructLayout(fields.map(\.type))
      return TextCall(TextParts(bodies, layout), call.result, call.arguments, cost: cost)
    }
  }
}
