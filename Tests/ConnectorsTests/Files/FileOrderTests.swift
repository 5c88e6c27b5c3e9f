import Foundation
import Testing

@testable import Connectors

struct FileOrderTests {
  @Test func `a folder that is away takes nothing from what was read, a file that is gone does`()
    throws
  {
    let scratch = Scratch()
    let (folder, away) = ("\(scratch.path)/in", "\(scratch.path)/away")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in ["a", "b", "c"] { try scratch.write("in/\(name).log", "\(name)\n") }
    let names = FileNames("\(folder)/*.log", in: ".")
    var place = FilePlace(file: "\(folder)/c.log", byte: 2, ordinal: 3)
    place.ledger = FileLedger(finished: ["\(folder)/a.log", "\(folder)/b.log"])
    /// What a new listing says.
    func listed() throws -> String? {
      var order = FileOrder(names, follows: true, ends: false)
      return try order.next(after: &place)?.file
    }
    try FileManager.default.moveItem(atPath: folder, toPath: away)
    #expect(try listed() == nil)
    #expect(["a", "b"].allSatisfy { place.ledger?.holds("\(folder)/\($0).log") ?? false })
    try FileManager.default.moveItem(atPath: away, toPath: folder)
    try FileManager.default.removeItem(atPath: "\(folder)/a.log")
    #expect(try listed() == nil)
    #expect(place.ledger?.holds("\(folder)/a.log") == false)
    #expect(place.ledger?.holds("\(folder)/b.log") == true)
  }
}
