import Diagnostics
import Foundation
import Testing

@Suite struct RenderingTests {
  private let file = SourceFile(
    path: "campaign_views.raudal",
    text: "stream v = events\n\n  | window tumbling 10s by campain_id {\n\tx = \"é\u{1B}\" }\n")

  private func span(_ text: String) -> Span {
    let range = String(decoding: file.bytes, as: UTF8.self).utf8.firstRange(of: text.utf8)
    let view = String(decoding: file.bytes, as: UTF8.self).utf8
    guard let range else { return file.span }
    return Span(
      view.distance(from: view.startIndex, to: range.lowerBound),
      view.distance(from: view.startIndex, to: range.upperBound), in: file.id)
  }

  private var diagnostic: Diagnostic {
    Diagnostic(
      code: "E0102", title: "`campain_id` is not a column here",
      primary: Label(span("campain_id"), "did you mean `campaign_id`?"),
      secondary: [Label(span("events"), "comes from here")],
      notes: ["columns here: ad_id, campaign_id"],
      hints: [Hint("write it right", edits: [Edit(span("campain_id"), "campaign_id")])])
  }

  @Test func `A message has the layout of the language's page`() {
    let expected = """
      error[E0102]: `campain_id` is not a column here
        ┌─ campaign_views.raudal:3:28
        │
       1│ stream v = events
        │            ------ comes from here
        ·
       3│   | window tumbling 10s by campain_id {
        │                            ^^^^^^^^^^ did you mean `campaign_id`?
        │
        = columns here: ad_id, campaign_id
        = hint: write it right

      """
    #expect(TextRenderer(files: [file]).render(diagnostic) == expected)
  }

  @Test func `Colour changes nothing but colour`() throws {
    let plain = TextRenderer(files: [file]).render(diagnostic)
    let coloured = TextRenderer(files: [file], isColoured: true).render(diagnostic)
    #expect(coloured != plain)
    #expect(coloured.replacing(try Regex("\u{1B}\\[[0-9;]*m"), with: "") == plain)
  }

  @Test func `JSON holds places, labels and edits`() throws {
    let text = JSONRenderer(files: [file]).render([diagnostic])
    let json = try JSONSerialization.jsonObject(with: Data(text.utf8))
    let object = try #require((json as? [[String: Any]])?.first)
    #expect(object["code"] as? String == "E0102")
    #expect(object["severity"] as? String == "error")
    let primary = try #require(object["primary"] as? [String: Any])
    #expect(primary["file"] as? String == "campaign_views.raudal")
    #expect(primary["start"] as? [String: Int] == ["offset": 46, "line": 3, "column": 28])
    let hints = try #require(object["hints"] as? [[String: Any]])
    let edit = try #require((hints.first?["edits"] as? [[String: Any]])?.first)
    #expect(edit["replacement"] as? String == "campaign_id")
  }

  @Test func `No message can move the cursor`() throws {
    var message = diagnostic
    message.title = "a\u{1B}[2Jb\nc"
    message.primary = Label(span("x ="), "\u{202E}")
    let text = TextRenderer(files: [file]).render(message)
    let controls = text.unicodeScalars.filter {
      $0.value < 0x20 && $0 != "\n" || $0.value == 0x202E
    }
    #expect(controls.isEmpty)
    let json = JSONRenderer(files: [file]).render([message])
    #expect(try JSONSerialization.jsonObject(with: Data(json.utf8)) is [Any])
  }

  @Test func `The nearest word is found, and no far one`() {
    let words = ["where", "window", "with", "campaign_id"]
    #expect(nearestWord(to: "wher", among: words) == "where")
    #expect(nearestWord(to: "hwere", among: words) == "where")
    #expect(nearestWord(to: "campain_id", among: words) == "campaign_id")
    #expect(nearestWord(to: "filter", among: words) == nil)
    #expect(nearestWord(to: "", among: words) == nil)
  }
}
