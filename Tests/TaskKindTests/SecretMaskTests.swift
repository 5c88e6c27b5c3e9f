import Connectors
import Plans
import Testing

/// What of others' words is shown.
struct SecretMaskTests {
  @Test func `secrets are hidden whole, the longest first, and no piece of one at an end`() {
    let mask = SecretMask(["abc", "abcdef", ""], values: ["short", "longer value"])
    #expect(mask.shown("xabcdefabcx short longer value") == "x******x short ***")
    #expect(mask.shown("é abc ñ") == "é *** ñ")
    #expect(mask.hiding("ñ").shown("é abc ñ") == "é *** ***")
    let part = String(decoding: mask.shown("0123456789abcdef".utf8, atMost: 12), as: UTF8.self)
    #expect(part == "0123456789***")
    #expect(SecretMask().shown("abc") == "abc")
  }

  @Test func `options know their secrets and variables, at any depth`() throws {
    let resolver = OptionResolver(environment: ["A": "one", "B": "two", "C": "three"])
    let options = try resolver.resolve(
      [
        Option(
          "headers",
          .object([Option("x", .text([.string("Bearer "), .secret(name: "A")]))])),
        Option("list", .list([.json(.secret(name: "B")), .environment(name: "C", fallback: nil)])),
        Option("other", .environment(name: "D", fallback: "four")),
      ], place: "task `t`")
    #expect(options.secrets == ["one", "two"])
    #expect(options.variables == ["three"])
  }
}
