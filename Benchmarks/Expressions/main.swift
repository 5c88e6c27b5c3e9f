// Kernels of expressions beside the same loops in C++, in turns within one run:
// swift run -c release ExpressionBenchmark [ROUNDS]
import Columns
import Expressions
import Glibc
import Plans
import Schemas
import Yardsticks

/// What is measured: an expression, and the loop that does the same to a batch's columns.
struct Subject {
  let name: String
  let expression: Expression
  /// Writes what it computes into scratch of 16 bytes a row.
  let loop: (Batch, UnsafeMutableRawPointer) -> Void
}

/// Processor time of this thread, in nanoseconds.
func processorTime() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

func column(_ name: String) -> Expression {
  let index = Workload.schema.index(of: name) ?? 0
  return .column(Workload.schema[index])
}

func call(_ name: String, _ type: DataType, _ operands: Expression...) -> Expression {
  let nullable = operands.contains(where: \.isNullable)
  return Expression(.call(name, operands), FieldType(type, nullable: nullable))
}

extension UnsafeMutableRawPointer {
  var ints: UnsafeMutablePointer<Int64> { assumingMemoryBound(to: Int64.self) }
  var floats: UnsafeMutablePointer<Double> { assumingMemoryBound(to: Double.self) }
  var mask: UnsafeMutablePointer<UInt8> { assumingMemoryBound(to: UInt8.self) }
}

extension Batch {
  subscript(name: String) -> Column { columns[schema.index(of: name) ?? 0] }
}

let word: StaticString = "view"
let subjects: [Subject] = [
  Subject(name: "a + b, int", expression: call("add", .int, column("a"), column("b"))) {
    _ = loop_add_ints($0["a"].ints, $0["b"].ints, $1.ints, $0.rowCount)
  },
  Subject(name: "a * b, int", expression: call("multiply", .int, column("a"), column("b"))) {
    _ = loop_multiply_ints($0["a"].ints, $0["b"].ints, $1.ints, $0.rowCount)
  },
  Subject(name: "m + n, int?", expression: call("add", .int, column("m"), column("n"))) {
    batch, out in
    guard let m = batch["m"].validity, let n = batch["n"].validity else { return }
    let valid = (out + 8 * batch.rowCount).mask
    _ = loop_add_nullable(
      batch["m"].ints, m, batch["n"].ints, n, out.ints, valid, batch.rowCount)
  },
  Subject(name: "div(a, b), int", expression: call("div", .int, column("a"), column("b"))) {
    _ = loop_divide_ints($0["a"].ints, $0["b"].ints, $1.ints, $0.rowCount)
  },
  Subject(name: "x + y, float", expression: call("add", .float, column("x"), column("y"))) {
    loop_add_floats($0["x"].floats, $0["y"].floats, $1.floats, $0.rowCount)
  },
  Subject(name: "x * y, float", expression: call("multiply", .float, column("x"), column("y"))) {
    loop_multiply_floats($0["x"].floats, $0["y"].floats, $1.floats, $0.rowCount)
  },
  Subject(name: "x / y, float", expression: call("divide", .float, column("x"), column("y"))) {
    _ = loop_divide_floats($0["x"].floats, $0["y"].floats, $1.floats, $0.rowCount)
  },
  Subject(name: "a < b, int", expression: call("less", .bool, column("a"), column("b"))) {
    loop_less_ints($0["a"].ints, $0["b"].ints, $1.mask, $0.rowCount)
  },
  Subject(name: "a == b, int", expression: call("equal", .bool, column("a"), column("b"))) {
    loop_equal_ints($0["a"].ints, $0["b"].ints, $1.mask, $0.rowCount)
  },
  Subject(name: "x < y, float", expression: call("less", .bool, column("x"), column("y"))) {
    loop_less_floats($0["x"].floats, $0["y"].floats, $1.mask, $0.rowCount)
  },
  Subject(
    name: "c + d, decimal",
    expression: call(
      "add", DecimalRules.sum(Workload.money, Workload.money), column("c"), column("d"))
  ) {
    loop_add_decimals($0["c"].decimals, $0["d"].decimals, $1, $0.rowCount)
  },
  Subject(
    name: "c * d, decimal",
    expression: call(
      "multiply", DecimalRules.product(Workload.money, Workload.money), column("c"), column("d"))
  ) {
    loop_multiply_decimals($0["c"].decimals, $0["d"].decimals, $1, $0.rowCount)
  },
  Subject(name: "c < d, decimal", expression: call("less", .bool, column("c"), column("d"))) {
    loop_less_decimals($0["c"].decimals, $0["d"].decimals, $1.mask, $0.rowCount)
  },
  Subject(name: "s == t, string", expression: call("equal", .bool, column("s"), column("t"))) {
    let (s, t) = ($0["s"], $0["t"])
    guard let a = s.offsets, let b = t.offsets else { return }
    loop_equal_text(a, s.bytes, b, t.bytes, $1.mask, $0.rowCount)
  },
  Subject(
    name: "s == \"view\", string",
    expression: call(
      "equal", .bool, column("s"), .literal(.string(word.description), .string))
  ) {
    let s = $0["s"]
    guard let offsets = s.offsets else { return }
    loop_equal_constant(
      offsets, s.bytes, word.utf8Start, word.utf8CodeUnitCount, $1.mask, $0.rowCount)
  },
]

/// How often all batches are gone through in one measurement.
let repetitions = 50

func measure(_ subject: Subject, _ workload: Workload, rounds: Int) throws {
  let bound = try BoundExpression(subject.expression, schema: Workload.schema)
  let scratch = UnsafeMutableRawPointer.allocate(byteCount: 16 * Workload.rows, alignment: 64)
  defer { scratch.deallocate() }
  var ours: [Double] = []
  var theirs: [Double] = []
  for round in 0...rounds {
    let start = processorTime()
    for _ in 0..<repetitions {
      for batch in workload.batches { _ = bound.evaluate(batch) }
    }
    let middle = processorTime()
    for _ in 0..<repetitions {
      for batch in workload.batches { subject.loop(batch, scratch) }
    }
    let end = processorTime()
    // The first round warms caches and does not count.
    if round == 0 { continue }
    ours.append(Double(middle - start))
    theirs.append(Double(end - middle))
  }
  report(subject.name, ours, theirs)
}

func report(_ name: String, _ ours: [Double], _ theirs: [Double]) {
  let events = Double(repetitions * Workload.batchCount * Workload.rows)
  let ratio = median(zip(ours, theirs).map { $0 / $1 })
  func rate(_ times: [Double]) -> String { "\(Int(events / median(times) * 1000)) M" }
  let shown = name + String(repeating: " ", count: max(0, 22 - name.count))
  print(
    "\(shown) raudal \(rate(ours)) events/s per core, C++ \(rate(theirs)), "
      + "time \(Double(Int(ratio * 100)) / 100) of C++'s")
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted[sorted.count / 2]
}

let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 21
let workload = Workload()
for subject in subjects { try measure(subject, workload, rounds: max(1, rounds)) }
