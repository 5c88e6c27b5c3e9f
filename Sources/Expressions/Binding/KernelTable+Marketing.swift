import Columns
import Schemas

extension KernelTable {
  static let marketing: [String: Maker] = [
    "utm_source": campaign("utm_source"), "utm_medium": campaign("utm_medium"),
    "utm_campaign": campaign("utm_campaign"), "utm_term": campaign("utm_term"),
    "utm_content": campaign("utm_content"), "utm_id": campaign("utm_id"),
    "user_agent_browser": mapping(cost: 1500) { UserAgent($0).browser?.write(to: $1) ?? false },
    "user_agent_browser_version": mapping(cost: 1500) {
      UserAgent($0).writeBrowserVersion(to: $1)
    },
    "user_agent_os": mapping(cost: 500) { text, buffer in
      UserAgent(text).system.map { buffer.append($0.name) } != nil
    },
    "user_agent_os_version": mapping(cost: 500) { UserAgent($0).writeSystemVersion(to: $1) },
    "user_agent_device": mapping(cost: 1500) { text, buffer in
      UserAgent(text).device.map { buffer.append($0) } != nil
    },
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

  private static func campaign(_ name: StaticString) -> Maker {
    let key = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    let bytes = Array(key)
    return mapping(cost: 80) { text, buffer in
      let start = buffer.count
      return bytes.withUnsafeBufferPointer { QueryString.write($0, of: text, to: buffer) }
        && buffer.count > start
    }
  }
}
