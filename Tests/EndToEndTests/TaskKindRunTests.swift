import Foundation
import TestKit
import Testing

/// Mails, records and programs of a real process that is killed again and again.
@Suite(.serialized)
struct TaskKindRunTests {
  private struct Outcome: Decodable { var id: Int }

  private static func ids(_ place: Workplace, _ name: String) throws -> [Int] {
    let decoder = JSONDecoder()
    return try place.lines(name).map { try decoder.decode(Outcome.self, from: Data($0.utf8)).id }
      .sorted()
  }

  /// A pipeline whose task has these options.
  private static func definition(_ kind: String, _ options: String) -> String {
    #"""
    pipeline calls
    type Request { id: int, what: string }
    checkpoint { every: 300ms, keep: 3 }
    source requests: Request from file { path: "in.jsonl", event_time: arrival, on_error: fail }
    task call using \#(kind) {
      idempotency_key: id
      \#(options)
    }
    stream outcomes = requests | execute call as r | map { id, r.status, r.attempts }
    sink outcomes to file { path: "done", format: json }
    sink outcomes.failed to file { path: "failed", format: json }
    """#
  }

  private static func input(_ count: Int, _ what: (Int) -> String) -> String {
    (0..<count).map { #"{"id":\#($0),"what":"\#(what($0))"}"# + "\n" }.joined()
  }

  /// Kills a run so many times at various moments, then lets one end.
  private static func killed(_ place: Workplace, times: Int) throws {
    for round in 0..<times {
      let run = try place.start(["--stop-at-end", "--parallelism", "\(1 + round % 2)"])
      #expect(run.says("checkpoint "), "\(run.errors)")
      usleep(UInt32(round % 5) * 60_000)
      run.signal(SIGKILL)
      run.wait(30)
    }
    let last = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(last.status == 0, "\(last.errors)")
  }

  @Test func `killed eight times, each mail is sent, and again only with the same id`() throws {
    let (count, kills, calls) = (2_400, 8, 8)
    let service = try MailService()
    let place = try Workplace()
    let kinds = ["ok", "slow3", "ok", "450x1", "ok", "550"]
    try place.write("in.jsonl", Self.input(count) { kinds[$0 % kinds.count] })
    try place.write(
      "p.raudal",
      Self.definition(
        "smtp",
        #"""
        server: "smtp://localhost:\#(service.port)", tls: false, hello: "sender.test"
        from: "news@shop.example", to: "\(what)+\(id)@b.example", subject: "Number \(id)"
        text: "Hello", html: "<p>\(what)</p>", concurrency: \#(calls), rate: 300/s
        in_doubt: resend, retry: { attempts: 4, backoff: exponential(5ms, max: 50ms) }
        """#))
    try Self.killed(place, times: kills)
    let sent = (0..<count).filter { kinds[$0 % kinds.count] != "550" }
    #expect(try Self.ids(place, "done") == sent)
    #expect(
      try Self.ids(place, "failed") == (0..<count).filter { kinds[$0 % kinds.count] == "550" })
    let mails = try service.account().mails
    let names = Dictionary(grouping: mails, by: \.id)
    #expect(names.count == sent.count)
    #expect(names.values.allSatisfy { same in Set(same.map(\.subject)).count == 1 })
    // Only what was under way when the process ended was sent once more.
    #expect(mails.count <= sent.count + kills * calls, "\(mails.count)")
  }

  @Test func `killed eight times, each record is written, and again only with the same header`()
    throws
  {
    let (count, kills, calls) = (20_000, 8, 64)
    let broker = try Broker.shared()
    let topic = "commands-\(UUID().uuidString.prefix(8).lowercased())"
    let place = try Workplace()
    try place.write("in.jsonl", Self.input(count) { "do \($0)" })
    try place.write(
      "p.raudal",
      Self.definition(
        "kafka",
        #"""
        brokers: "\#(broker.address)", topic: "\#(topic)", key: what, value: { id: id, what: what }
        concurrency: \#(calls), rate: 3000/s
        """#))
    let made = try Self.python("made", broker, topic)
    #expect(made == "made\n", "\(made)")
    try Self.killed(place, times: kills)
    #expect(try Self.ids(place, "done") == Array(0..<count))
    #expect(try Self.ids(place, "failed").isEmpty)
    let text = try Self.python("read", broker, topic)
    let counts = try JSONDecoder().decode(
      [String: Int].self, from: Data(text.utf8))
    #expect(counts["keys"] == count && counts["strange"] == 0, "\(text)")
    #expect(counts["records"] ?? 0 <= count + kills * calls, "\(text)")
  }

  @Test func `programs of an engine that is killed are killed too, and their tasks done again`()
    throws
  {
    let place = try Workplace()
    let mark = "raudal-\(UUID().uuidString)"
    try place.write(
      "tool",
      """
      #!/bin/sh
      # \(mark)
      echo "$RAUDAL_IDEMPOTENCY_KEY" >> "$1/started"
      [ -e "$1/quick" ] || while :; do sleep 0.05; done
      """)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: place.path("tool").path)
    try place.write("in.jsonl", Self.input(6) { "\($0)" })
    try place.write(
      "p.raudal",
      Self.definition(
        "command",
        #"""
        program: "tool", arguments: ["\#(place.folder.path)"], concurrency: 3, timeout: 1m
        """#))
    func started() -> [Substring] {
      let text = try? String(contentsOf: place.path("started"), encoding: .utf8)
      return (text ?? "").split(separator: "\n")
    }
    let run = try place.start(["--stop-at-end"])
    #expect(run.until(60) { started().count == 3 }, "\(run.errors)")
    // A shell that starts another program is there twice for a moment.
    #expect(run.until(30) { Self.processes(place.path("tool").path) == 3 })
    run.signal(SIGKILL)
    run.wait(30)
    for _ in 0..<400 where Self.processes(place.path("tool").path) > 0 { usleep(25_000) }
    #expect(Self.processes(place.path("tool").path) == 0)
    try place.write("quick", "")
    let last = try place.run(["--stop-at-end"])
    #expect(last.status == 0, "\(last.errors)")
    #expect(try Self.ids(place, "done") == Array(0..<6))
    #expect(started().count == 9)
  }

  @Test func `a process that is not told how programs end does not begin`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Self.input(1) { "\($0)" })
    try place.write("p.raudal", Self.definition("command", #"program: "/bin/true""#))
    let run = try Commands.run(
      URL(filePath: "/usr/bin/env"),
      [
        "python3", "-c",
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN);"
          + " os.execv(sys.argv[1], sys.argv[1:])",
        Commands.raudal.path, "run", place.path("p.raudal").path, "--state",
        place.path("state").path, "--stop-at-end",
      ])
    #expect(run.status == 1 && run.errors.contains("ignores SIGCHLD"), "\(run.errors)")
    #expect(try Self.ids(place, "done").isEmpty)
  }

  @Test func `a secret of a task is in no plan, log or checkpoint`() throws {
    let place = try Workplace()
    try place.write("in.jsonl", Self.input(3) { "\($0)" })
    try place.write("password", "very-secret-word\n")
    try place.write(
      "p.raudal",
      Self.definition(
        "smtp",
        #"""
        server: "smtp://localhost:9", user: "me", password: secret("TASK_PASSWORD")
        from: "a@b.example", to: "c@d.example", subject: "x", text: "y"
        retry: { attempts: 1 }
        """#))
    let run = try Child(
      Commands.raudal,
      ["run", place.path("p.raudal").path, "--state", place.path("state").path, "--stop-at-end"],
      environment: ["TASK_PASSWORD_FILE": place.path("password").path]
    ).wait()
    #expect(run.status == 0, "\(run.errors)")
    #expect(try Self.ids(place, "failed") == [0, 1, 2])
    #expect(!(run.errors + run.output).contains("very-secret"))
    let plan = try Commands.run(Commands.raudal, ["explain", place.path("p.raudal").path])
    #expect(plan.status == 0 && !plan.output.contains("very-secret"))
    let walk = FileManager.default.enumerator(at: place.folder, includingPropertiesForKeys: nil)
    for case let file as URL in walk ?? .init() where file.lastPathComponent != "password" {
      guard let bytes = try? Data(contentsOf: file) else { continue }
      #expect(bytes.firstRange(of: Data("very-secret".utf8)) == nil, "\(file.path)")
    }
  }

  private static func processes(_ program: String) -> Int {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return folders.count { folder in
      guard Int(folder) != nil,
        let line = FileManager.default.contents(atPath: "/proc/\(folder)/cmdline")
      else { return false }
      let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return words.count > 1 && words[1] == program
    }
  }

  /// An independent client makes the topic (`made`), or counts what is in it (`read`).
  private static func python(_ what: String, _ broker: Broker, _ topic: String) throws -> String {
    let script = """
      import collections, json, sys
      sys.path.insert(0, "\(Commands.root.appending(path: ".tools/python").path)")
      from confluent_kafka import Consumer, TopicPartition
      from confluent_kafka.admin import AdminClient, NewTopic
      brokers, topic = "\(broker.address)", "\(topic)"
      if "\(what)" == "made":
          admin = AdminClient({"bootstrap.servers": brokers})
          admin.create_topics([NewTopic(topic, 2, 1)])[topic].result()
          print("made")
      else:
          c = Consumer({"bootstrap.servers": brokers, "group.id": "x",
                        "enable.partition.eof": True, "enable.auto.commit": False})
          c.assign([TopicPartition(topic, p, 0) for p in (0, 1)])
          ends, keys, strange, records = 0, collections.Counter(), 0, 0
          while ends < 2:
              m = c.poll(30)
              if m is None: sys.exit("silence")
              if m.error(): ends += 1; continue
              records += 1
              key = dict(m.headers())["Idempotency-Key"].decode()
              keys[key] += 1
              strange += str(json.loads(m.value())["id"]) != key
          print(json.dumps({"keys": len(keys), "records": records, "strange": strange}))
      """
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script]
    process.standardOutput = output
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self)
  }
}
