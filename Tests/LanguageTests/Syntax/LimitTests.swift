import Diagnostics
import Syntax
import TestKit
import Testing

/// Input that would use up time, memory or stack.
@Suite struct LimitTests {
  @Test(arguments: [
    "[", "(", "{", "a = [", "x.y(", "\"\\(", "if ", "not ", "-", "case { ", "list<",
  ])
  func `No nesting exhausts the stack`(_ piece: String) {
    let bytes = Array(("param p: list<int> = " + String(repeating: piece, count: 20_000)).utf8)
    let file = SourceFile(path: "deep", bytes: bytes)
    let result = Parser.parse(file)
    #expect(!result.diagnostics.isEmpty)
    #expect(SyntaxInvariants.complaint(about: result, of: file) == nil)
  }

  @Test(arguments: [" + 1", ".a", "[0]", " ?? 1", " ++ x", ".f(1)", " * 2 - 1"])
  func `No chain of operators makes a tree too deep to walk`(_ link: String) {
    let text = "param p: int = x" + String(repeating: link, count: 5_000)
    let file = SourceFile(path: "chain", text: text)
    let result = Parser.parse(file)
    #expect(result.diagnostics.map(\.code) == ["E0022"])
    guard case .parameter(let parameter)? = result.tree.declarations.first else {
      Issue.record("the declaration is missing")
      return
    }
    #expect((parameter.defaultValue?.height ?? 0) <= 200)
  }

  @Test func `A long condition is not deep`() {
    let text = "stream a = b | where x == 0" + String(repeating: " or x == 1", count: 2_000)
    #expect(Parser.parse(SourceFile(path: "long", text: text)).diagnostics.isEmpty)
  }

  @Test func `A file of 10 MB is refused unread`() {
    let file = SourceFile(path: "big", bytes: [UInt8](repeating: 0x5B, count: 10_000_000))
    let result = Parser.parse(file)
    #expect(result.diagnostics.map(\.code) == ["E0002"])
    #expect(result.tree.tokens.isEmpty, "it was read nevertheless")
  }

  @Test func `At most 20 messages are told, the first of the file`() {
    let text = (0..<500).map { "foo\($0) bar\npipeline\n" }.joined()
    let diagnostics = Parser.parse(SourceFile(path: "many", text: text)).diagnostics
    #expect(diagnostics.count == 20)
    #expect(diagnostics.first?.primary.span.start == 0)
  }
}
