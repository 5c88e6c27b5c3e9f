package import Columns
import Schemas

/// How far the results of a key group are out: those of all windows that start before `window`, and
/// in that one the groups up to `last`, in the order in which groups are put out.
struct EmissionPlace: Hashable, Comparable {
  /// A group by its key.
  struct Group: Hashable, Comparable {
    var hash: UInt64
    /// Nil for the group of null.
    var key: [UInt8]?

    static func < (a: Group, b: Group) -> Bool {
      if a.hash != b.hash { return a.hash < b.hash }
      guard let left = a.key, let right = b.key else { return a.key == nil && b.key != nil }
      return left.lexicographicallyPrecedes(right)
    }
  }

  var window: Int64
  /// Nil: none of the window's groups is out.
  var last: Group?

  /// Behind all windows.
  static let end = EmissionPlace(window: .max, last: nil)

  static func < (a: EmissionPlace, b: EmissionPlace) -> Bool {
    if a.window != b.window { return a.window < b.window }
    guard let left = a.last, let right = b.last else { return a.last == nil && b.last != nil }
    return left < right
  }
}

/// How far the closed windows of the key groups are out, where a barrier came while they were being
/// put out: kept beside the panes, so that after a restore what is out is not put out again,
/// whatever worker owns the key group then.
///
/// Each worker writes it of its own key groups in every snapshot, so the last one counts.
package struct EmissionPlaces {
  package static let declaration = StateDeclaration(
    name: "emission", kind: .replicated,
    schema: Schema([
      Field("first_group", .int), Field("last_group", .int), Field("window", .int),
      Field("hash", .int, nullable: true), Field("key", .bytes, nullable: true),
    ]),
    keyColumns: 0)

  private var places = Array(repeating: EmissionPlace.end, count: KeyGroup.count)

  package init() {}

  subscript(keyGroup: Int) -> EmissionPlace {
    get { places[keyGroup] }
    set { places[keyGroup] = newValue }
  }

  func least(in keyGroups: Range<Int>) -> EmissionPlace { places[keyGroups].min() ?? .end }

  mutating func limit(to bound: EmissionPlace) {
    for keyGroup in places.indices { places[keyGroup] = min(places[keyGroup], bound) }
  }

  /// The rows of the state: one for each stretch of key groups that stand alike.
  package func block(of keyGroups: Range<Int>) -> StateBlock {
    var stretches: [(first: Int, last: Int, place: EmissionPlace)] = []
    for keyGroup in keyGroups {
      if let open = stretches.last, open.place == places[keyGroup] {
        stretches[stretches.count - 1].last = keyGroup
      } else {
        stretches.append((keyGroup, keyGroup, places[keyGroup]))
      }
    }
    let schema = Self.declaration.schema
    let builders = schema.fields.map { ColumnBuilder($0.type, capacity: max(stretches.count, 1)) }
    for (first, last, place) in stretches {
      builders[0].append(int: Int64(first))
      builders[1].append(int: Int64(last))
      builders[2].append(int: place.window)
      if let hash = place.last?.hash {
        builders[3].append(int: Int64(bitPattern: hash))
      } else {
        builders[3].appendNull()
      }
      if let key = place.last?.key {
        key.withUnsafeBufferPointer { builders[4].append(text: $0) }
      } else {
        builders[4].appendNull()
      }
    }
    return StateBlock(
      state: Self.declaration.name, scope: .whole,
      rows: Batch(
        schema: schema, columns: builders.map { $0.finish() }, rowCount: stretches.count))
  }

  /// Takes over the rows of a block; those of a later one replace what an earlier one said.
  package mutating func restore(_ rows: Batch) {
    for row in 0..<rows.rowCount {
      let (first, last) = (rows.columns[0].ints[row], rows.columns[1].ints[row])
      guard first >= 0, first <= last, last < Int64(KeyGroup.count) else { continue }
      var place = EmissionPlace(window: rows.columns[2].ints[row], last: nil)
      if rows.columns[3].isValid(row) {
        let key = rows.columns[4].isValid(row) ? Array(rows.columns[4].text(row)) : nil
        place.last = EmissionPlace.Group(
          hash: UInt64(bitPattern: rows.columns[3].ints[row]), key: key)
      }
      for keyGroup in Int(first)...Int(last) { places[keyGroup] = place }
    }
  }
}
