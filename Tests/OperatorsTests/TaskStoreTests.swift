import Columns
import KeyedState
import Schemas
import TestKit
import Testing

/// The store of tasks against lists of rows.
@Suite("Store of tasks")
struct TaskStoreTests {
  private static let schema = Schema([
    Field("key", .string), Field("n", .int), Field("note", .string, nullable: true),
  ])
  private static let shape = TaskStore.Shape(input: schema, key: 0, order: 1)

  private static func cells(_ number: Int, _ random: inout SeededRandom) -> [Cell] {
    let note =
      random.next() % 3 == 0 ? Cell.null : .text(String(repeating: "n", count: number % 40))
    return [.text("key \(number % 61)"), .int(Int64(number % 17)), note]
  }

  @Test("Rows stay what they are, however many have gone, and little memory is left for those")
  func rows() {
    for seed in 1...40 {
      var random = SeededRandom(seed: UInt64(seed))
      let store = TaskStore(Self.shape)
      var model: [UInt32: [Cell]] = [:]
      var number = 0
      for _ in 0..<60 {
        let size = [1, 3, 50, 900][Int(random.next() % 4)]
        let rows = (0..<size).map { Self.cells(number + $0, &random) }
        number += size
        for (task, cells) in zip(store.add(Batch(Self.schema, rows)), rows) {
          #expect(model.updateValue(cells, forKey: task) == nil)
        }
        let kept = Int.random(in: 0...model.count, using: &random)
        for task in model.keys.sorted().shuffled(using: &random).dropFirst(kept) {
          store.remove(task)
          model[task] = nil
        }
        #expect(store.count == model.count)
        #expect(store.byteCount < 400 * model.count + 40_000, "\(model.count) tasks")
        let tasks = Array(model.keys.shuffled(using: &random).prefix(200))
        guard !tasks.isEmpty else { continue }
        #expect(store.rows(of: tasks[...]).cells == tasks.compactMap { model[$0] })
      }
    }
  }

  @Test("Tasks of a key follow the first, and those of a line come one after the other")
  func lines() {
    for seed in 1...40 {
      var random = SeededRandom(seed: UInt64(seed))
      let store = TaskStore(Self.shape)
      var leaders: [String: UInt32] = [:]
      var followers: [String: [UInt32]] = [:]
      var lines: [Int64: [UInt32]] = [:]
      for number in 0..<600 {
        let cells = Self.cells(Int(random.next() % 900), &random)
        guard case .text(let key) = cells[0], case .int(let line) = cells[1] else { continue }
        let task = store.add(Batch(Self.schema, [cells]))[0]
        let leads = store.lead(task)
        #expect(leads == (leaders[key] == nil))
        if leads {
          leaders[key] = task
          lines[line, default: []].append(task)
          #expect(store.enterLine(task) == (lines[line]?.count == 1))
        } else {
          followers[key, default: []].append(task)
        }
        guard number % 3 > 0, let line = lines.keys.sorted().randomElement(using: &random),
          let head = lines[line]?.removeFirst()
        else { continue }
        let next = store.leaveLine(head)
        #expect(next == lines[line]?.first)
        if next == nil { lines[line] = nil }
        let led = store.key(of: head) ?? ""
        let freed = store.endLead(head)
        #expect(freed == followers.removeValue(forKey: led) ?? [])
        leaders[led] = nil
        for task in [head] + freed { store.remove(task) }
      }
    }
  }
}
