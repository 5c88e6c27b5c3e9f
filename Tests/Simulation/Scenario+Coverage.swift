extension Scenario {
  /// What came to pass, so that a test can see that its seeds reach it.
  package struct Coverage: Sendable {
    package var deaths = 0
    package var freezes = 0
    package var rescales = 0
    package var commitsLost = 0
    package var answersLost = 0
    package var diskErrors = 0
    package var timesFull = 0
    package var tornWrites = 0
    package var sumsChecked = 0
    package var partitionsDiscovered = 0
    package var entriesReplayed = 0
    package var entriesMoved = 0
    package var lateRows = 0
    /// What a stage is held against.
    package var rowsExpected = 0

    private static var names: [(String, WritableKeyPath<Coverage, Int>)] {
      [
        ("deaths", \.deaths), ("frozen processes that woke up", \.freezes),
        ("restarts with other workers", \.rescales), ("lost commits", \.commitsLost),
        ("lost answers to commits", \.answersLost), ("disk errors", \.diskErrors),
        ("full disks", \.timesFull), ("torn writes", \.tornWrites),
        ("sums checked", \.sumsChecked), ("partitions discovered", \.partitionsDiscovered),
        ("late rows", \.lateRows), ("journal entries replayed", \.entriesReplayed),
        ("journal entries that came to another worker", \.entriesMoved),
      ]
    }

    package static func += (a: inout Coverage, b: Coverage) {
      a.rowsExpected += b.rowsExpected
      for (_, path) in names { a[keyPath: path] += b[keyPath: path] }
    }

    package init() {}

    /// What never came to pass.
    package var lacks: [String] {
      Self.names.filter { self[keyPath: $0.1] == 0 }.map(\.0)
    }
  }
}
