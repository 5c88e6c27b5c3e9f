/// A binary heap of numbered things, the least rank first, of which any may be ranked anew or taken
/// out in O(log things). Where each stands is kept by its owner, who may have several heaps of
/// things of one numbering; -1: nowhere.
struct RankedHeap<Rank: Comparable> {
  private var items: [(rank: Rank, id: Int)] = []

  var isEmpty: Bool { items.isEmpty }
  var first: Int? { items.first?.id }

  /// Puts a thing in, or gives it another rank.
  mutating func set(_ id: Int, _ rank: Rank, _ places: inout [Int]) {
    if places[id] < 0 {
      places[id] = items.count
      items.append((rank, id))
    } else {
      items[places[id]].rank = rank
    }
    settle(places[id], &places)
  }

  mutating func remove(_ id: Int, _ places: inout [Int]) {
    let place = places[id]
    guard place >= 0 else { return }
    places[id] = -1
    let last = items.removeLast()
    guard place < items.count else { return }
    items[place] = last
    places[last.id] = place
    settle(place, &places)
  }

  private mutating func settle(_ place: Int, _ places: inout [Int]) {
    var at = place
    let item = items[at]
    while at > 0, item.rank < items[(at - 1) / 2].rank {
      move((at - 1) / 2, to: at, &places)
      at = (at - 1) / 2
    }
    while true {
      var least = 2 * at + 1
      guard least < items.count else { break }
      if least + 1 < items.count, items[least + 1].rank < items[least].rank { least += 1 }
      guard items[least].rank < item.rank else { break }
      move(least, to: at, &places)
      at = least
    }
    items[at] = item
    places[item.id] = at
  }

  private mutating func move(_ from: Int, to place: Int, _ places: inout [Int]) {
    items[place] = items[from]
    places[items[place].id] = place
  }
}
