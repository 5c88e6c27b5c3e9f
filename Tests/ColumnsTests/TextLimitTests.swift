import Testing

@testable import Columns

struct TextLimitTests {
  @Test func `text that its offsets cannot count ends the process with the reason`() async {
    TextLimit.check(9, of: 9)
    await #expect(processExitsWith: .failure) { TextLimit.check(10, of: 9) }
  }
}
