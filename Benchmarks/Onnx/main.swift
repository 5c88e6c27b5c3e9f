// A model of 100 trees over columns, beside the same calls in C over rows that lie as the model
// wants them, in turns within one run, and through the stage `infer`: OnnxBenchmark MODEL [ROUNDS]
import Columns
import Glibc
import OnnxLoop
import OnnxRuntime
import Schemas

/// Processor time of this thread, in nanoseconds; the model runs on it alone.
func processorTime() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

func fail(_ message: String) -> Never {
  print("OnnxBenchmark: \(message)")
  exit(1)
}

let width = 8
let rowCount = 131_072

/// The same values as columns of the engine and as rows of C.
struct Workload {
  var batches: [[Column]] = []
  let rows = UnsafeMutablePointer<Float>.allocate(capacity: rowCount * width)
  let batch: Int

  init(batch: Int) {
    self.batch = batch
    var random = UInt64(7)
    for start in stride(from: 0, to: rowCount, by: batch) {
      let columns = (0..<width).map { _ in Column(fixed: .float, rowCount: batch) }
      for row in 0..<batch {
        for index in 0..<width {
          random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          let value = Double(random >> 40) / Double(1 << 22) - 2
          columns[index].floats[row] = value
          rows[(start + row) * width + index] = Float(value)
        }
      }
      batches.append(columns)
    }
  }

  func runEngine(_ binding: OnnxBinding, _ scores: UnsafeMutablePointer<Double>) throws -> Int64 {
    let began = processorTime()
    for (number, columns) in batches.enumerated() {
      let answer = try binding.run(columns, rowCount: batch)[0]
      (scores + number * batch).update(from: answer.floats, count: batch)
    }
    return processorTime() - began
  }

  func runLoop(_ loop: OpaquePointer, _ scores: UnsafeMutablePointer<Double>) -> Int64 {
    let began = processorTime()
    for start in stride(from: 0, to: rowCount, by: batch)
    where onnx_loop_run(loop, rows + start * width, batch, scores + start) != 0 {
      fail("the model failed")
    }
    return processorTime() - began
  }
}

func measure(_ binding: OnnxBinding, _ loop: OpaquePointer, batch: Int, rounds: Int) throws {
  let workload = Workload(batch: batch)
  let ours = UnsafeMutablePointer<Double>.allocate(capacity: rowCount)
  let theirs = UnsafeMutablePointer<Double>.allocate(capacity: rowCount)
  _ = try workload.runEngine(binding, ours)
  _ = workload.runLoop(loop, theirs)
  guard (0..<rowCount).allSatisfy({ ours[$0] == theirs[$0] }) else { fail("answers differ") }
  let stage = try StageRun(
    path: binding.model.path, batch: batch, columns: Workload(batch: Batch.rowLimit).batches)
  _ = try stage.run(ours)
  guard (0..<rowCount).allSatisfy({ ours[$0] == theirs[$0] }) else {
    fail("the stage's answers differ")
  }
  var stageRatios: [Double] = []
  var ratios: [Double] = []
  var times: (engine: [Int64], loop: [Int64], stage: [Int64]) = ([], [], [])
  for _ in 0..<rounds {
    times.engine.append(try workload.runEngine(binding, ours))
    times.loop.append(workload.runLoop(loop, theirs))
    times.stage.append(try stage.run(ours))
    stageRatios.append(Double(times.loop.last!) / Double(times.stage.last!))
    ratios.append(Double(times.loop.last!) / Double(times.engine.last!))
  }
  func rate(_ times: [Int64]) -> Int { rowCount * 1_000_000 / Int(times.sorted()[rounds / 2]) }
  func middle(_ ratios: [Double]) -> Double {
    (ratios.sorted()[rounds / 2] * 1000).rounded() / 1000
  }
  print(
    "batch \(batch): engine \(rate(times.engine)) k rows/s, C \(rate(times.loop)) k rows/s, "
      + "ratio \(middle(ratios)); stage \(rate(times.stage)) k rows/s, ratio "
      + "\(middle(stageRatios))")
}

guard CommandLine.arguments.count > 1 else { fail("MODEL [ROUNDS]") }
let path = CommandLine.arguments[1]
let rounds = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 7 : 7
do {
  let model = try OnnxModel(path: path)
  let binding = try model.bind(
    inputs: (0..<width).map { Field("x\($0)", .float) },
    answers: [OnnxAnswer(Field("score", .float), output: "probabilities", index: 1)])
  guard
    let loop = onnx_loop_open(
      try OnnxLibrary.shared().path, path, strdup("features"), strdup("probabilities"), width)
  else { fail("the C loop does not open \(path)") }
  for batch in [64, 1024] { try measure(binding, loop, batch: batch, rounds: rounds) }
} catch {
  fail("\(error)")
}
