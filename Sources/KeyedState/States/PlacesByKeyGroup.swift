import Schemas

/// Places of state by the key groups that they belong to, as snapshots write them.
struct PlacesByKeyGroup<Place: BitwiseCopyable> {
  private var places: [Place]
  /// Where each key group's places end.
  private var ends: [Int]

  /// `hash`: of a place's key. O(places + key groups).
  init(_ all: some Collection<Place>, hash: (Place) -> UInt64) {
    var counts = Array(repeating: 0, count: KeyGroup.count + 1)
    for place in all { counts[Int(KeyGroup(hash: hash(place)).number) + 1] += 1 }
    for group in 1...KeyGroup.count { counts[group] += counts[group - 1] }
    ends = Array(counts.dropFirst())
    guard let any = all.first else {
      places = []
      return
    }
    places = Array(repeating: any, count: all.count)
    for place in all {
      let group = Int(KeyGroup(hash: hash(place)).number)
      places[counts[group]] = place
      counts[group] += 1
    }
  }

  /// A key group's places in their order, at most `limit` at a time.
  func chunks(_ group: Int, limit: Int) -> [ArraySlice<Place>] {
    let start = group == 0 ? 0 : ends[group - 1]
    return stride(from: start, to: ends[group], by: limit).map {
      places[$0..<min($0 + limit, ends[group])]
    }
  }
}

/// A row or key of one of several parts.
struct PartPlace: BitwiseCopyable {
  var part: UInt32
  var number: UInt32
}
