import Foundation
import TestKit
import Testing

/// Jobs as their user has them: files that are submitted, an engine that carries them out, a server
/// that keeps an account of its own.
@Suite(.serialized)
struct JobRunTests {
  private func rows(_ range: Range<Int>, _ what: String = "ok") -> [(id: Int, what: String)] {
    range.map { ($0, what) }
  }

  @Test func `a file that is submitted twice, once cut short, is sent once`() throws {
    let jobs = try JobPlace()
    let count = 20_000
    let file = try jobs.write("list.csv", rows(0..<count))
    let cut = try jobs.start(["submit", file, "--to", "mail", "--name", "spring", "--key", "id"])
    // Somewhere in the middle, wherever that is.
    _ = cut.until(60) { cut.output.contains("all of them right") }
    usleep(150_000)
    cut.signal(SIGKILL)
    cut.wait(30)
    try jobs.startEngine()
    for _ in 0..<2 {
      let submitted = try jobs.submit(file, "spring")
      #expect(submitted.status == 0, "\(submitted.errors)")
      #expect(submitted.output.contains("20000 tasks submitted, running"), "\(submitted.output)")
    }
    _ = jobs.stopEngine(SIGKILL)
    try jobs.startEngine()
    let totals = try jobs.untilEnded("spring", tasks: count)
    #expect(
      totals == [
        .init(outcome: "done", status: 200, tasks: count), .init(outcome: "waiting", tasks: 0),
      ])
    let account = try jobs.server.account()
    #expect(account.keys == count)
    // Only what was under way when the engine was killed may be called again, with its key.
    #expect(account.calls <= count + 100, "\(account.calls)")
    #expect(account.done["spring/0"] != nil && account.done["spring/19999"] != nil)
    let list = try jobs.job(["list"])
    #expect(list.output.contains("spring"), "\(list.errors)")
    let show = try jobs.job(["show", "spring", "--follow"])
    #expect(show.output.contains("100.0 %"), "\(show.output)\(show.errors)")
    #expect(show.output.contains("20000 done, 0 failed, 0 waiting"), "\(show.output)")
    #expect(jobs.stopEngine()?.status == 0)
  }

  @Test func `bad rows stop a submission, or are left out where that is said`() throws {
    let jobs = try JobPlace()
    try jobs.place.write("list.csv", "id,what,send_at\n1,ok,\n2,ok,soon\n3,ok,\n,ok,\n")
    let file = jobs.place.path("list.csv").path
    let refused = try jobs.submit(file, "spring", ["--report", jobs.place.path("bad.csv").path])
    #expect(refused.status == 1)
    #expect(refused.errors.contains("line 3: "), "\(refused.errors)")
    #expect(refused.errors.contains("line 5: its key is empty"), "\(refused.errors)")
    #expect(refused.errors.contains("nothing was sent"), "\(refused.errors)")
    let bad = try String(contentsOf: jobs.place.path("bad.csv"), encoding: .utf8)
    #expect(bad.hasPrefix("line,reason\n3,\"") && bad.split(separator: "\n").count == 3)
    #expect(try jobs.job(["list"]).output.split(separator: "\n").count == 1)
    let tried = try jobs.submit(file, "spring", ["--skip-bad", "--dry-run"])
    #expect(tried.status == 0, "\(tried.errors)")
    #expect(try jobs.job(["show", "spring"]).status == 1)
    let sent = try jobs.submit(file, "spring", ["--skip-bad"])
    #expect(sent.status == 0, "\(sent.errors)")
    #expect(try jobs.count("spring", "waiting") == 2)
    let missing = try jobs.submit(file, "spring", ["--key", "customer"])
    #expect(missing.status == 2)
    let unknown = try jobs.job(["pause", "sprung"])
    #expect(unknown.errors.contains("did you mean `spring`?"), "\(unknown.errors)")
  }

  @Test func `a job is paused, goes on, and is cancelled with an exact report`() throws {
    let jobs = try JobPlace()
    let count = 3_000
    let file = try jobs.write("list.csv", rows(0..<count))
    #expect(try jobs.submit(file, "spring", ["--paused"]).status == 0)
    try jobs.startEngine()
    let other = try jobs.write("other.csv", rows(0..<50))
    #expect(try jobs.submit(other, "summer").status == 0)
    _ = try jobs.untilEnded("summer", tasks: 50)
    #expect(try jobs.count("spring", "waiting") == count)
    #expect(try jobs.server.account().keys == 50)

    let resumed = try jobs.job(["resume", "spring", "--rate", "200/s"])
    #expect(resumed.output.contains("running, 200/s at most"), "\(resumed.errors)")
    _ = try jobs.until("spring") { totals in
      totals.contains { $0.outcome == "done" && $0.tasks >= 100 }
    }
    let cancelled = try jobs.job(["cancel", "spring"])
    #expect(cancelled.status == 0, "\(cancelled.errors)")
    let totals = try jobs.untilEnded("spring", tasks: count)
    let done = totals.filter { $0.outcome == "done" }.reduce(0) { $0 + $1.tasks }
    let unsent = totals.filter { $0.outcome == "cancelled" }.reduce(0) { $0 + $1.tasks }
    #expect(done + unsent == count, "\(totals)")
    #expect(done >= 100 && unsent > 0)
    let calls = try jobs.server.account().done.keys.filter { $0.hasPrefix("spring/") }
    #expect(calls.count == done)
    let report = try jobs.job(["report", "spring", "--tasks", "--format", "csv"])
    let lines = report.output.split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
    #expect(Set(lines.filter { $0[1] == "done" }.map { String($0[0]) }) == Set(calls))
    #expect(lines.filter { $0[1] == "cancelled" }.count == unsent)
    #expect(lines.count == count)
    #expect(try jobs.submit(file, "spring").errors.contains("was cancelled"))
    #expect(jobs.stopEngine()?.status == 0)
  }

  @Test func `where a row is required no call of a job goes out before it, nor faster`() throws {
    let jobs = try JobPlace(requiresRows: true)
    try jobs.startEngine()
    #expect(try jobs.submit(jobs.write("a.csv", rows(0..<20)), "warm").status == 0)
    _ = try jobs.untilEnded("warm", tasks: 20)
    let paused = try jobs.submit(jobs.write("b.csv", rows(0..<2_000)), "held", ["--paused"])
    #expect(paused.status == 0 && !paused.errors.contains("notice"), "\(paused.errors)")
    let why = try jobs.untilWhy("2000 rows waiting")
    #expect(why.contains("2000 rows waiting") && !why.contains("has no row"), "\(why)")
    #expect(try jobs.server.callCount() == 20)

    let file = try jobs.write("c.csv", rows(0..<60))
    let began = Date()
    let slow = try jobs.submit(file, "slow", ["--rate", "20/s"])
    #expect(slow.status == 0 && !slow.errors.contains("notice"), "\(slow.errors)")
    var calls = 0
    while calls < 60, Date().timeIntervalSince(began) < 120 {
      calls = try jobs.server.callCount() - 20
      // A rate that a table says has a burst of one; the clocks of two processes are compared.
      let most = 2 + 20 * Date().timeIntervalSince(began)
      #expect(Double(calls) <= most)
      usleep(50_000)
    }
    #expect(calls == 60)
    let again = try jobs.submit(file, "slow", ["--rate", "10/s"])
    #expect(again.errors.contains("as the job's former row says"), "\(again.errors)")
    #expect(try jobs.job(["resume", "held"]).status == 0)
    _ = try jobs.untilEnded("held", tasks: 2_000)
    #expect(jobs.stopEngine()?.status == 0)
  }

  @Test func `what failed is made again where a condition holds, once`() throws {
    let jobs = try JobPlace()
    let file = try jobs.write(
      "list.csv", rows(0..<20, "ok") + rows(20..<25, "503") + rows(25..<30, "400"))
    try jobs.startEngine()
    #expect(try jobs.submit(file, "spring", ["--set", "note=hi"]).status == 0)
    let first = try jobs.untilEnded("spring", tasks: 30)
    #expect(
      first == [
        .init(outcome: "done", status: 200, tasks: 20),
        .init(outcome: "failed", status: 400, tasks: 5),
        .init(outcome: "failed", status: 503, tasks: 5), .init(outcome: "waiting", tasks: 0),
      ])
    let wrong = try jobs.job(["redrive", "spring", "--where", "state == 503"])
    #expect(wrong.status == 2 && wrong.errors.contains("`state`"), "\(wrong.errors)")
    #expect(jobs.stopEngine()?.status == 0)
    try jobs.mendServer()
    try jobs.startEngine()
    for _ in 0..<2 {
      let redriven = try jobs.job(["redrive", "spring", "--where", "status == 503"])
      #expect(redriven.status == 0, "\(redriven.errors)")
    }
    _ = try jobs.until("spring") { totals in
      totals.contains { $0.outcome == "redriven" && $0.tasks == 5 }
        && totals.contains { $0.outcome == "done" && $0.tasks == 25 }
    }
    let again = try jobs.job(["redrive", "spring", "--where", "status == 503"])
    #expect(again.output.contains("0 tasks made again; 5 have been before"), "\(again.output)")
    let account = try jobs.server.account()
    #expect(account.done["spring/20#2"] == 1 && account.keys == 35)
    #expect(try jobs.count("spring", "waiting") == 0)
    let table = try jobs.job(["report", "spring"])
    #expect(table.output.contains("job spring: running, 30 tasks"), "\(table.output)")
    let show = try jobs.job(["show", "spring"])
    #expect(
      show.output.contains("25 done, 5 failed, 5 redriven, 0 waiting"), "\(show.output)")
    #expect(jobs.stopEngine()?.status == 0)
  }

  @Test func `tasks that are to be tried again are told while the run is at work`() throws {
    let jobs = try JobPlace()
    try jobs.waitLong()
    let file = try jobs.write("list.csv", rows(0..<10) + rows(10..<15, "503"))
    let other = try jobs.write("other.csv", rows(0..<1))
    #expect(try jobs.submit(file, "spring").status == 0)
    #expect(try jobs.submit(other, "summer").status == 0)
    #expect(try jobs.job(["list", "--retrying"] + jobs.state).status == 1)
    try jobs.startEngine()
    _ = try jobs.until("spring") { $0.contains { $0.outcome == "done" && $0.tasks == 10 } }
    var show = ""
    for _ in 0..<300 where !show.contains("retrying") {
      show = try jobs.job(["show", "spring"] + jobs.state).output
      if !show.contains("retrying") { usleep(200_000) }
    }
    #expect(show.contains("10 done, 0 failed, 5 waiting (5 retrying)"), "\(show)")
    let list = try jobs.job(["list", "--retrying"] + jobs.state)
    #expect(list.output.contains("spring") && !list.output.contains("summer"), "\(list)")
    // Whoever reads no further ends a command that goes on.
    let begun = try jobs.firstLines(2, of: ["show", "spring", "--follow"] + jobs.state)
    #expect(begun.output.contains("waiting"), "\(begun)")
    #expect(jobs.stopEngine()?.status == 0)
    // What a run that is over has said is not told.
    #expect(!(try jobs.job(["show", "spring"] + jobs.state).output.contains("retrying")))
  }

  @Test func `of two tasks one is named, and no job has the name of the other's`() throws {
    let jobs = try JobPlace()
    try jobs.addTask()
    let file = try jobs.write("list.csv", rows(0..<4))
    #expect(try jobs.submit(file, "spring").status == 0)
    let taken = try jobs.job(["submit", file, "--to", "note", "--name", "spring", "--key", "id"])
    #expect(taken.status == 1)
    #expect(taken.errors.contains("job `spring` is one of task `mail`"), "\(taken.errors)")
    let unnamed = try jobs.job(["pause", "spring"])
    #expect(unnamed.status == 2 && unnamed.errors.contains("`--to`"), "\(unnamed.errors)")
    let wrong = try jobs.job(["pause", "spring", "--to", "note"])
    #expect(wrong.errors.contains("say `--to mail`"), "\(wrong.errors)")
    let paused = try jobs.job(["pause", "spring", "--to", "mail"])
    #expect(paused.output == "job spring: paused\n", "\(paused.errors)")
    let list = try jobs.job(["list", "--to", "mail"])
    #expect(list.output.contains("spring") && list.output.contains("paused"), "\(list.errors)")
  }

  @Test func `a second file adds its tasks to those that the job has`() throws {
    let jobs = try JobPlace()
    #expect(try jobs.submit(jobs.write("a.csv", rows(0..<30)), "spring").status == 0)
    #expect(try jobs.submit(jobs.write("b.csv", rows(20..<60)), "spring").status == 0)
    #expect(try jobs.count("spring", "waiting") == 60)
    #expect(try jobs.submit(jobs.write("c.csv", rows(5..<10)), "spring").status == 0)
    #expect(try jobs.count("spring", "waiting") == 60)
  }
}
