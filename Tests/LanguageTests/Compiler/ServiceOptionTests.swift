import Compiler
import Diagnostics
import Plans
import Testing

/// What blocks of services may say, and how a slip in them is told.
@Suite struct ServiceOptionTests {
  /// What is told of a definition with these lines.
  private func told(_ lines: String, stage: String = "where id > 0") -> String {
    let file = SourceFile(
      path: "p.raudal",
      text: """
        pipeline p
        type E { id: int, text: string, zone: string, at: timestamp }
        type T { id: int, name: string }
        source e: E from memory { event_time: at }
        \(lines)
        stream s = e | \(stage)
        sink s to print
        """)
    let found = DefinitionCompiler.compile(file: file).diagnostics
    return TextRenderer(files: [file]).render(found.filter { $0.severity == .error })
  }

  private func table(_ options: String) -> String {
    told("table t: T key id from http { \(options) }", stage: "enrich t on id")
  }

  private func task(_ hours: String) -> String {
    told(
      """
      task send using http {
        url: "Http://a/b", idempotency_key: id, hours: \(hours) zone zone
      }
      """, stage: "execute send as r")
  }

  @Test func `a path without quotes is told with them`() {
    let url = #"url: "http://a/\(id)""#
    #expect(table("\(url), path: \"data.items[0]\"") == "")
    for path in ["data.items[0]", "data[0].items", "data.items.list", "data"] {
      let message = table("\(url), path: \(path)")
      #expect(message.contains("`path` must be a text"), "\(message)")
      #expect(message.contains("put it in quotes: `\"\(path)\"`"), "\(message)")
    }
    let named = "param spot: string = \"data\"\ntable t: T key id from http { \(url), path: spot }"
    #expect(told(named, stage: "enrich t on id") == "")
  }

  @Test func `a scheme is the same in any case`() {
    for scheme in ["HTTP", "Https", "http"] {
      #expect(table(#"url: "\#(scheme)://a/\(id)""#) == "")
    }
    #expect(table(#"url: "HTTPX://a/\(id)""#).contains("E0538"))
    #expect(HTTPAddress.normalised("HTTPS://Host/Path") == "https://Host/Path")
    #expect(HTTPAddress.normalised("http://A") == "http://A")
    #expect(HTTPAddress.normalised("http:/a") == nil && HTTPAddress.normalised("HTTP") == nil)
  }

  @Test func `hours may be the whole day, up to its end`() {
    #expect(task(#""00:00" until "24:00""#) == "")
    #expect(task(#""09:00" until "24:00""#) == "")
    for wrong in [#""00:00" until "00:00""#, #""09:00" until "09:00""#] {
      #expect(task(wrong).contains("E0573"), "\(wrong)")
    }
  }

  @Test func `a model whose versions all say what they are called need not say it`() {
    func model(_ second: String) -> String {
      told(
        """
        model m using openai {
          url: "http://a/v1", prompt: "what is \\(text)"
          versions: { a: { model: "x", share: 50% }, b: { \(second)share: 50% } }
          sticky: id, input: { text: string }, output: { mood: string }
        }
        """, stage: "infer m(text) as c")
    }
    #expect(model("model: \"y\", ") == "")
    #expect(model("").contains("an openai model needs `model`"))
  }
}
