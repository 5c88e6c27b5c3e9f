import Schemas

/// What marketing asks of URLs, browsers and personal data.
extension FunctionCatalogue {
  static let marketing: [FunctionSignature] = wholes + campaigns + userAgents + masking

  private static let campaignParts = ["source", "medium", "campaign", "term", "content", "id"]

  private static let userAgentParts = ["browser", "browser_version", "os", "os_version", "device"]

  private static func optionalTexts(_ names: [String]) -> [Field] {
    names.map { Field($0, .string, nullable: true) }
  }

  /// Functions whose result is a struct of what others give one by one: `f(x).p` is `f_p(x)`.
  private static let wholes: [FunctionSignature] = [
    FunctionSignature(
      "utm", [.value(.string)], .type(.structure(optionalTexts(campaignParts))),
      "The campaign's parameters of a URL: `.source` is what `utm_source` gives, and so on.",
      "utm(\"https://a.b/?utm_source=mail&utm_id=7\").source is \"mail\""),
    FunctionSignature(
      "user_agent", [.value(.string)],
      .type(.structure(optionalTexts(userAgentParts) + [Field("is_bot", .bool)])),
      "What a `User-Agent` header says: `.browser` is what `user_agent_browser` gives, and so on.",
      "user_agent(\"curl/8.4.0\").browser is \"curl\""),
  ]

  /// The function that gives one field of what a function gives whole.
  public static func function(giving field: String, of whole: String) -> String? {
    guard wholes.contains(where: { $0.name == whole }) else { return nil }
    let name = "\(whole)_\(field)"
    return signatures(named: name).isEmpty ? nil : name
  }

  private static let campaigns: [FunctionSignature] = campaignParts.map { part in
    ofText(
      "utm_\(part)", "The parameter `utm_\(part)` of a URL, decoded; null without it or empty.",
      "utm_\(part)(\"https://a.b/?utm_\(part)=spring%20sale\") is \"spring sale\"")
  }

  private static let firefox =
    "\"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0\""

  private static let userAgents: [FunctionSignature] = [
    ofText(
      "user_agent_browser", "The browser of a `User-Agent` header; null of one that is not known.",
      "user_agent_browser(\(firefox)) is \"Firefox\""),
    ofText(
      "user_agent_browser_version", "The version of that browser, as written.",
      "user_agent_browser_version(\(firefox)) is \"121.0\""),
    ofText(
      "user_agent_os", "The operating system of a `User-Agent` header.",
      "user_agent_os(\(firefox)) is \"Windows\""),
    ofText(
      "user_agent_os_version",
      "The version of that system; of Windows its name (`10`, `8.1`, `7`).",
      "user_agent_os_version(\(firefox)) is \"10\""),
    ofText(
      "user_agent_device", "`desktop`, `mobile`, `tablet`, `tv`, `console`, `bot` or null.",
      "user_agent_device(\(firefox)) is \"desktop\""),
    FunctionSignature(
      "user_agent_is_bot", [.value(.string)], .type(.bool),
      "Whether a program without a person behind it says so: crawlers, monitors, libraries.",
      "user_agent_is_bot(\"curl/8.4.0\") is true"),
  ]

  private static let masking: [FunctionSignature] = [
    FunctionSignature(
      "mask_email", [.value(.string)], .type(.string),
      "The address with its name cut to the first character; `***` of text that is none.",
      "mask_email(\"ana.lopez@example.com\") is \"a***@example.com\""),
    FunctionSignature(
      "mask_phone", [.value(.string)], .type(.string),
      "Each digit but the last 3 as `*`, the rest as it was; of fewer than 7 digits all.",
      "mask_phone(\"+34 612 345 678\") is \"+** *** *** 678\""),
    FunctionSignature(
      "pseudonym", [.value(.string), .value(.string)], .type(.string),
      "32 hex digits that stand for the text: the same for the same key, not to be traced back "
        + "without it (the first half of HMAC with SHA-256).",
      "pseudonym(\"ana@example.com\", \"key\") is \"60a14d1a443af830d473e4e230ddf1e2\""),
    FunctionSignature(
      "redact", [.value(.string)], .type(.string), fails: .overflow,
      "E-mail addresses, card numbers (by their check digit), IBANs (by theirs) and phone numbers "
        + "in running text as `[email]`, `[card]`, `[iban]`, `[phone]`.",
      "redact(\"mail ana@example.com or 612 345 678\") is \"mail [email] or [phone]\""),
    ofText(
      "email_domain", "The domain of an e-mail address in lower case; null of text that is none.",
      "email_domain(\"Ana@Example.com\") is \"example.com\""),
  ]
}
