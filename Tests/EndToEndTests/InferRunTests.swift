import Foundation
import Testing

/// `infer` in real processes, over a real model: killed in mid-flight, beside ONNX Runtime's
/// Python, and with files that are none.
@Suite(.serialized)
struct InferRunTests {
  private static let models = Commands.root.appending(path: "Pipelines/models")
  private static let input = "input: { recency: float, frequency: float, monetary: float }"

  private static func definition(_ model: String, throttle: String = "") -> String {
    """
    pipeline scored
    type Event { id: int, name: string, at: timestamp }
    checkpoint { every: 100ms, keep: 3 }
    source events: Event from file {
      path: "in.jsonl", format: json, event_time: at, on_error: fail
    }
    model churn using onnx {
      \(model)
      \(input)
      output: { probability: float }
      batch: 64 within 2ms
    }
    stream scored = events \(throttle)
      | infer churn(id % 180, frequency: id % 20, monetary: cast(id % 400 as float) * 1.5e0) as c
      | map { id, c.probability, c.version }
    sink scored to file { path: "scored", format: json }
    """
  }

  private static let versions = """
    versions: {
      v1: { path: "churn.onnx", share: 70% }
      v2: { path: "copy.onnx", share: 30% }
      dark: { path: "copy.onnx", shadow: true }
    }
    sticky: id
    """

  private static func place(_ definition: String, rows: Int) throws -> Workplace {
    let place = try Workplace()
    for name in ["churn.onnx", "copy.onnx"] {
      try FileManager.default.copyItem(
        at: models.appending(path: "churn.onnx"), to: place.path(name))
    }
    try place.write("p.raudal", definition)
    try place.write("in.jsonl", Workplace.events(0..<rows))
    return place
  }

  @Test func `several columns choose the version together, at any parallelism`() throws {
    let versions = Self.versions.replacingOccurrences(of: "sticky: id", with: "sticky: [name, id]")
    let rows = 2_000
    var all: [[String]] = []
    for parallelism in ["1", "3"] {
      let place = try Self.place(Self.definition(versions), rows: rows)
      let run = try place.run(["--stop-at-end", "--parallelism", parallelism])
      #expect(run.status == 0, "\(run.errors)")
      all.append(try place.lines("scored").sorted())
    }
    #expect(all[0].count == rows && all[0] == all[1])
    let second = all[0].filter { $0.contains(#""version":"v2""#) }.count
    #expect(abs(Double(second) / Double(rows) - 0.3) < 0.06, "\(second)")
  }

  @Test func `killed again and again, a run gives each row once, with the same answer`() throws {
    let rows = 4_000
    let plain = try Self.place(Self.definition(Self.versions), rows: rows)
    let whole = try plain.run(["--stop-at-end", "--parallelism", "2"])
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try plain.lines("scored").sorted()
    #expect(expected.count == rows)
    let second = expected.filter { $0.contains(#""version":"v2""#) }.count
    #expect(abs(Double(second) / Double(rows) - 0.3) < 0.04, "\(second)")

    let place = try Self.place(
      Self.definition(Self.versions, throttle: "| throttle 400/s"), rows: rows)
    for round in 0..<Commands.kills {
      let run = try place.start(["--stop-at-end", "--parallelism", "\(1 + round % 3)"])
      #expect(run.says("checkpoint "), "\(run.errors)")
      usleep(UInt32(round % 5) * 30_000)
      run.signal(SIGKILL)
      run.wait(30)
    }
    let last = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(last.status == 0, "\(last.errors)")
    #expect(try place.lines("scored").sorted() == expected)
  }

  @Test func `10,000 rows are scored as ONNX Runtime's Python scores them`() throws {
    let place = try Self.place(Self.definition(#"path: "churn.onnx""#), rows: 10_000)
    let run = try place.run(["--stop-at-end", "--parallelism", "2"])
    #expect(run.status == 0, "\(run.errors)")
    let oracle = """
      import json, sys
      import numpy as np, onnxruntime
      ids = np.arange(10000)
      columns = [ids % 180, ids % 20, (ids % 400).astype(np.float64) * 1.5]
      names = ["recency", "frequency", "monetary"]
      given = {n: c.astype(np.float32).reshape(-1, 1) for n, c in zip(names, columns)}
      # As the stage runs it: with more threads sums of floats hang on the batch.
      options = onnxruntime.SessionOptions()
      options.intra_op_num_threads = 1
      want = onnxruntime.InferenceSession(sys.argv[1], options).run(None, given)[0]
      rows = [json.loads(line) for line in sys.stdin]
      got = {row["id"]: np.float32(row["probability"]) for row in rows}
      print(len(rows), sum(got[i] != want[i] for i in range(10000)))
      """
    try place.write("rows.jsonl", try place.lines("scored").joined(separator: "\n"))
    let python = try Commands.run(
      URL(filePath: "/bin/bash"),
      [
        "-c", #"python3 -c "$0" "$1" < "$2""#, oracle, place.path("churn.onnx").path,
        place.path("rows.jsonl").path,
      ], environment: ["PYTHONPATH": Commands.root.appending(path: ".tools/python").path])
    #expect(python.output == "10000 0\n", "\(python.errors)")
  }

  @Test func `shares and files may change between runs, which is told`() throws {
    let place = try Self.place(
      Self.definition(Self.versions, throttle: "| throttle 1000/s"), rows: 1_500)
    let first = try place.start(["--parallelism", "2"])
    #expect(first.says("checkpoint "), "\(first.errors)")
    first.signal(SIGTERM)
    #expect(first.wait(30).errors.contains("model churn v1: file "))
    let changed = Self.versions.replacing("70%", with: "40%").replacing("30%", with: "60%")
    try place.write("p.raudal", Self.definition(changed, throttle: "| throttle 1000/s"))
    let second = try place.run(["--stop-at-end"])
    #expect(second.status == 0, "\(second.errors)")
    #expect(second.errors.contains("model churn v1 has changed: file "), "\(second.errors)")
    #expect(second.errors.contains(", 40%; it was file "), "\(second.errors)")
    #expect(try place.lines("scored").count == 1_500)
  }

  @Test func `a model that is none is told with its place`() throws {
    let place = try Self.place(Self.definition(#"path: "bad.onnx""#), rows: 10)
    func errors(_ bytes: Data?) throws -> String {
      try? FileManager.default.removeItem(at: place.path("bad.onnx"))
      if let bytes { try place.write("bad.onnx", bytes) }
      for command in ["check", "run"] {
        let run = try Commands.run(Commands.raudal, [command, place.path("p.raudal").path])
        #expect(run.status == 1)
        if command == "run" { return run.errors }
      }
      return ""
    }
    let missing = try errors(nil)
    #expect(missing.contains("[E0548]") && missing.contains("there is no model file"), "\(missing)")
    let page = try errors(Data("<html><body>404</body></html>".utf8))
    #expect(page.contains("HTML"), "\(page)")
    let garbage = try errors(Data((0..<500).map { UInt8(truncatingIfNeeded: $0 &* 37) }))
    #expect(garbage.contains("[E0548]") && garbage.contains("no ONNX model"), "\(garbage)")
    let other = try errors(
      Data(contentsOf: Commands.root.appending(path: "Tests/Golden/Onnx/trees.onnx")))
    #expect(other.contains("[E0549]"), "\(other)")
    #expect(other.contains("`features`: float32[?, 8] and is given recency: float"), "\(other)")
    #expect(other.contains("p.raudal:9:10"), "\(other)")
  }

  @Test func `without the library a check warns, and a run says how it is installed`() throws {
    let place = try Self.place(Self.definition(#"path: "churn.onnx""#), rows: 10)
    let none = ["RAUDAL_ONNXRUNTIME": place.path("nowhere").path]
    let file = place.path("p.raudal").path
    let check = try Commands.run(Commands.raudal, ["check", file], environment: none)
    #expect(check.status == 0 && check.errors.contains("[W0540]"), "\(check.errors)")
    let run = try Commands.run(
      Commands.raudal, ["run", file, "--state", place.path("state").path], environment: none)
    #expect(run.status == 1, "\(run.errors)")
    #expect(run.errors.contains("pip install"), "\(run.errors)")
  }

  @Test func `a model of a file stands in for one whose server is not there`() throws {
    let own = Self.definition(#"path: "churn.onnx""#)
    let place = try Self.place(own, rows: 50)
    let whole = try place.run()
    #expect(whole.status == 0, "\(whole.errors)")
    let expected = try place.lines("scored").sorted()
    let remote = """
      model churn using openai {
        url: "http://127.0.0.1:1/v1", model: "m", prompt: "\\(recency) \\(frequency) \\(monetary)"
        \(Self.input), output: { probability: float }
        retry: { attempts: 1 }, breaker: { of: 5, for: 1h }, fallback: here
      }

      """
    let definition = own.replacing("model churn", with: "\(remote)model here")
    let chained = try Self.place(definition, rows: 50)
    let run = try chained.run()
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("model churn: a server"), "\(run.errors)")
    #expect(try chained.lines("scored").sorted() == expected)
    #expect(expected.count == 50)
  }

  @Test func `metrics and raudal why tell of each version`() throws {
    let place = try Self.place(
      Self.definition(Self.versions, throttle: "| throttle 500/s"), rows: 3_000)
    let run = try place.start(["--stop-at-end"])
    #expect(run.makes(checkpoint: 5), "\(run.errors)")
    let why = try Commands.run(
      Commands.raudal, ["why", place.path("p.raudal").path, "--state", place.path("state").path])
    #expect(why.output.contains("MODELS"), "\(why.output) \(why.errors)")
    #expect(why.output.contains("dark in the shadow"), "\(why.output)")
    #expect(why.output.contains("mean score 0."), "\(why.output)")
    run.signal(SIGKILL)
    run.wait(30)
  }
}
