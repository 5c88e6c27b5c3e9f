import Foundation
import Testing

/// What a user sees where the program's streams are a terminal, or closed.
struct TerminalTests {
  private func place(follow: Bool) throws -> Workplace {
    let place = try Workplace(follow: follow)
    let printing = place.definition(named: "shown", follow: follow)
      .replacing("sink rows to file { path: \"rows\", format: json }", with: "sink rows to print")
    try place.write("p.raudal", printing)
    try place.write("in.jsonl", Workplace.events(0..<20))
    return place
  }

  private func run(_ program: String, _ arguments: [String], in place: Workplace) throws
    -> Commands.Result
  {
    try Commands.run(
      URL(filePath: program), arguments, environment: ["RAUDAL": Commands.raudal.path],
      directory: place.folder)
  }

  @Test(arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
  func `nothing that is printed gets into a file in place of a closed stream`(
    closed: String
  ) throws {
    let place = try place(follow: false)
    let command = "\"$RAUDAL\" run p.raudal --state state --stop-at-end \(closed)"
    let ended = try run("/bin/bash", ["-c", command], in: place)
    #expect(ended.status == 0, "\(ended.errors)")
    let words = ["-rlE", #""name":"n1"|finished with"#, "state", "counts"]
    let found = try run("/bin/grep", words, in: place)
    #expect(found.output.split(separator: "\n").allSatisfy { $0.hasPrefix("counts/0") })
    let shown = try Commands.run(
      Commands.raudal, ["checkpoint", "show", place.path("state").path])
    #expect(shown.status == 0, "\(shown.errors)")
  }

  /// A pseudo-terminal as all three streams; rows come while the status line stands, one of which
  /// the test sees for each look.
  private static let session = """
    import os, pty, select, signal, sys, time
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(os.environ["RAUDAL"], ["raudal", "run", "p.raudal", "--state", "state"])
    begin, seen, late = time.time(), b"", open("late.jsonl").readlines()
    stopped = False
    while True:
        if late and time.time() - begin > 1.7:
            open("in.jsonl", "a").write(late.pop(0))
        if not stopped and seen.count(b"checkpoint 3 ") > 1:
            os.kill(pid, signal.SIGTERM)
            stopped = True
        if time.time() - begin > 60:
            os.kill(pid, signal.SIGKILL)
        if not select.select([fd], [], [], 0.1)[0]: continue
        try: part = os.read(fd, 65536)
        except OSError: break
        if not part: break
        seen += part
    sys.stdout.buffer.write(seen)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """

  @Test func `rows on a terminal stand in lines of their own above the status`() throws {
    let place = try place(follow: true)
    try place.write("late.jsonl", Workplace.events(20..<40))
    let session = try run("/usr/bin/env", ["python3", "-c", Self.session], in: place)
    let text = session.output.replacing("\r\n", with: "\n")
    #expect(session.status == 0, "\(text) \(session.errors)")
    // As a terminal shows it: what is erased is not there.
    let lines = text.split(separator: "\n").map { line in
      line.replacing("\r\u{1B}[K", with: "\u{0}").split(separator: "\u{0}").last ?? ""
    }
    let rows = lines.filter { $0.contains(#""name""#) }
    #expect(rows.count == 40)
    #expect(rows.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") }, "\(rows)")
    #expect(!lines.contains("ended"), "\(lines)")
    let marks = text.matches(of: #/watermark [-0-9]+T[0-9:]+(\.[0-9]+)?Z/#)
    #expect(marks.count >= 2, "\(text)")
    #expect(marks.allSatisfy { $0.output.1?.count == 4 }, "\(marks.map(\.output.0))")
  }

  @Test(arguments: [
    ("--rate -1", "--rate is 0 or more, not -1"), ("--count -2", "--count is 0 or more, not -2"),
    ("--rate abc", "The value 'abc' is invalid"),
  ])
  func `a number that makes no sense is told as that, by the program's name`(
    options: String, message: String
  ) throws {
    let words = "generate ad-events --to stdout \(options)".split(separator: " ").map(String.init)
    let refused = try Commands.run(Commands.raudal, words)
    #expect(refused.status == 2)
    #expect(refused.errors.hasPrefix("raudal: \(message)"), "\(refused.errors)")
  }

  @Test func `a value that a param cannot have is a mistake of the command line`() throws {
    let place = try Workplace()
    try place.write(
      "p.raudal", place.definition(named: "given") + "\nparam period: duration = 1m\n")
    let refused = try place.run(["--set", "period=abc"])
    #expect(refused.status == 2, "\(refused.errors)")
    #expect(refused.errors.contains("is no duration"), "\(refused.errors)")
  }
}
