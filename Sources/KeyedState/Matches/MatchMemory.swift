import Schemas

/// What of the rows that a thread took later conditions may depend on: threads that remember the
/// same take the same ways from there on.
package struct MatchMemory: Sendable {
  struct Slot: Hashable, Sendable {
    enum Kind: Sendable {
      /// The last row, or the first one.
      case last, first
      /// How many rows.
      case count
      /// Which rows.
      case list
    }

    /// Only rows of this step; nil: all.
    var step: Int?
    var kind: Kind
  }

  /// A list of rows before another one.
  struct List: Hashable {
    var slot: Int
    var before: Int
  }

  /// Bits of a word.
  private static let mostSlots = 64
  private static let nothing = -1

  private let slots: [Slot]
  /// By state: the slots that count from there on, as bits.
  private let kept: [UInt64]

  package static let empty = MatchMemory([], kept: [])

  private init(_ slots: [Slot], kept: [UInt64]) {
    self.slots = slots
    self.kept = kept
  }

  package init(_ states: [MatchProgram.State], _ questions: MatchQuestions) {
    var slots: [Slot] = []
    for measure in questions.measures {
      if let slot = measure.remembered, !slots.contains(slot) { slots.append(slot) }
    }
    // All rows of a step tell all that any slot of it tells, and there are few steps.
    let isMuch = slots.count > Self.mostSlots
    if isMuch {
      slots = Set(slots.map(\.step)).sorted { ($0 ?? -1) < ($1 ?? -1) }
        .map { Slot(step: $0, kind: .list) }
    }
    var read: [Int: UInt64] = [:]
    for question in questions.asks {
      for number in question.measures {
        guard var slot = questions.measures[number].remembered else { continue }
        if isMuch { slot.kind = .list }
        read[question.step, default: 0] |= 1 << UInt64(slots.firstIndex(of: slot) ?? 0)
      }
    }
    self.init(slots, kept: Self.kept(states, read))
  }

  /// By state: what it asks, and all that it leads to.
  private static func kept(
    _ states: [MatchProgram.State], _ read: [Int: UInt64]
  ) -> [UInt64] {
    var kept = states.map { state in
      read.reduce(UInt64(0)) { state.steps >> UInt32($1.key) & 1 == 1 ? $0 | $1.value : $0 }
    }
    var changes = true
    while changes {
      changes = false
      for state in states.indices {
        let all = states[state].next.reduce(kept[state]) { $0 | kept[$1] }
        if all != kept[state] {
          kept[state] = all
          changes = true
        }
      }
    }
    return kept
  }

  var isEmpty: Bool { slots.isEmpty }

  /// Of no row.
  var none: [Int] { Array(repeating: Self.nothing, count: slots.count) }

  /// What counts from a state on.
  func kept(_ memory: [Int], at state: Int) -> [Int] {
    if memory.isEmpty { return memory }
    var memory = memory
    for slot in slots.indices where kept[state] >> UInt64(slot) & 1 == 0 {
      memory[slot] = Self.nothing
    }
    return memory
  }

  /// Remembers that a row was taken as a step. `lists` are this row's, `count` those so far: two
  /// threads that have the same list and take the same row have the same list again.
  func take(
    _ row: Int, _ step: Int, _ memory: inout [Int], _ lists: inout [List: Int],
    _ count: inout Int
  ) {
    for (number, slot) in slots.enumerated() where slot.step.map({ $0 == step }) ?? true {
      switch slot.kind {
      case .last: memory[number] = row
      case .first: if memory[number] == Self.nothing { memory[number] = row }
      case .count: memory[number] += 1
      case .list:
        let list = List(slot: number, before: memory[number])
        memory[number] = lists[list] ?? count
        if lists[list] == nil {
          lists[list] = count
          count += 1
        }
      }
    }
  }
}

extension MatchMeasure {
  /// What its value depends on; nil: not on the rows that were taken.
  fileprivate var remembered: MatchMemory.Slot? {
    let isOfAny = filter != nil || spec.arguments.contains(where: \.isNullable)
    switch (choice, spec.function) {
    case (.previous, _): return nil
    case (.last, _): return MatchMemory.Slot(step: step, kind: .last)
    case (.all, "count") where !isOfAny: return MatchMemory.Slot(step: step, kind: .count)
    case (.all, "last") where !isOfAny: return MatchMemory.Slot(step: step, kind: .last)
    case (.all, "first") where !isOfAny: return MatchMemory.Slot(step: step, kind: .first)
    case (.all, _): return MatchMemory.Slot(step: step, kind: .list)
    }
  }
}
