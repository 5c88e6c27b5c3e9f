import Foundation
import Testing

/// `raudal fmt` as a user runs it.
struct FormatCommandTests {
  private let loose = "stream  a=b|where x>1\nsink a to print\n"
  private let laidOut = "stream a = b | where x > 1\nsink a to print\n"

  private func fmt(_ arguments: [String], in place: Workplace) throws -> Commands.Result {
    try Commands.run(Commands.raudal, ["fmt"] + arguments, directory: place.folder)
  }

  private func text(_ name: String, in place: Workplace) throws -> String {
    try String(contentsOf: place.path(name), encoding: .utf8)
  }

  @Test func `a file gets its layout and keeps its permissions`() throws {
    let place = try Workplace()
    try place.write("a.raudal", loose)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o640], ofItemAtPath: place.path("a.raudal").path)
    try FileManager.default.createSymbolicLink(
      atPath: place.path("link.raudal").path, withDestinationPath: "a.raudal")
    let result = try fmt(["link.raudal"], in: place)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try text("a.raudal", in: place) == laidOut)
    let attributes = try FileManager.default.attributesOfItem(atPath: place.path("a.raudal").path)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: place.path("link.raudal").path)
        == "a.raudal")
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder.path).count == 3)
  }

  @Test func `a check lists what differs and writes nothing`() throws {
    let place = try Workplace()
    try place.write("a.raudal", loose)
    try place.write("b.raudal", laidOut)
    let result = try fmt(["--check", "a.raudal", "b.raudal"], in: place)
    #expect(result.status == 1)
    #expect(result.output == "a.raudal\n")
    #expect(result.errors == "")
    #expect(try text("a.raudal", in: place) == loose)
    let fine = try fmt(["--check", "b.raudal"], in: place)
    #expect(fine.status == 0 && fine.output == "")
  }

  @Test func `a file with mistakes of form is not touched and the others are`() throws {
    let place = try Workplace()
    try place.write("broken.raudal", "stream a = b | wher x\n")
    try place.write("a.raudal", loose)
    let result = try fmt(["broken.raudal", "a.raudal"], in: place)
    #expect(result.status == 1)
    #expect(result.errors.contains("E0040"), "\(result.errors)")
    #expect(try text("broken.raudal", in: place) == "stream a = b | wher x\n")
    #expect(try text("a.raudal", in: place) == laidOut)
    let missing = try fmt(["none.raudal"], in: place)
    #expect(missing.status == 1)
    #expect(missing.errors.contains("can't read none.raudal"), "\(missing.errors)")
  }

  @Test func `standard input is laid out on standard output`() throws {
    let place = try Workplace()
    try place.write("a.raudal", loose)
    let result = try Commands.run(
      URL(filePath: "/bin/bash"), ["-c", #""$RAUDAL" fmt - < a.raudal"#],
      environment: ["RAUDAL": Commands.raudal.path], directory: place.folder)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == laidOut)
    #expect(try text("a.raudal", in: place) == loose)
  }
}
