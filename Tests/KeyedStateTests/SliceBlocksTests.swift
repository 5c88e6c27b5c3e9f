import Testing

@testable import KeyedState

/// Of which blocks of slices a window is made up.
struct SliceBlocksTests {
  @Test func `places are all slices once, in order, and few`() {
    for first in -70...70 as ClosedRange<Int64> {
      for count in 0...130 as ClosedRange<Int64> {
        let places = SliceBlocks.places(from: first, to: first + count)
        var next = first
        for place in places {
          #expect(place.first == next && place.end > next)
          next = place.end
        }
        #expect(next == first + count)
        #expect(places.count <= 6 * 4)
      }
    }
  }

  @Test func `a place's parts are its slices`() {
    for level in 1...5 {
      for index in -3...3 as ClosedRange<Int64> {
        let place = SliceBlocks.Place(level: level, index: index)
        #expect(place.parts.first?.first == place.first && place.parts.last?.end == place.end)
        #expect(zip(place.parts, place.parts.dropFirst()).allSatisfy { $0.end == $1.first })
      }
    }
  }
}
