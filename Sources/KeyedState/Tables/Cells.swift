import Columns

/// Memory of one page of cells, freed with its last owner.
final class CellPage: @unchecked Sendable {
  let memory: Memory

  init(byteCount: Int) { memory = .allocate(byteCount) }

  deinit { memory.free() }
}

/// One fixed-width value for each group, in pages that are copied on the first write after a
/// snapshot.
///
/// Pages hold 4,096 cells; the first one starts small and grows, so that small panes stay small.
/// Writers call `own` before a kernel writes; `share` makes the snapshot's copy in O(pages).
final class Cells<Value: BitwiseCopyable & Sendable>: @unchecked Sendable {
  static var shift: UInt32 { 12 }
  static var pageSize: Int { 1 << 12 }
  static var mask: UInt32 { (1 << 12) - 1 }

  // Unchecked: as in `ByteBuffer`.
  @exclusivity(unchecked) private(set) var count = 0
  /// Addresses of the pages, for kernels.
  @exclusivity(unchecked) private(set) var table: UnsafeMutablePointer<UnsafeMutablePointer<Value>>
  @exclusivity(unchecked) private var tableCapacity = 4
  @exclusivity(unchecked) private var pages: [CellPage] = []
  @exclusivity(unchecked) private var firstCapacity = 0
  /// Whether a snapshot may still read the page.
  @exclusivity(unchecked) private var isShared: [Bool] = []
  @exclusivity(unchecked) private var sharedCount = 0
  private let initial: Value

  init(_ initial: Value) {
    self.initial = initial
    table = .allocate(capacity: tableCapacity)
  }

  deinit { table.deallocate() }

  /// The cells as one array, while they fit one page.
  @inline(__always)
  var flat: UnsafeMutablePointer<Value>? { pages.count == 1 ? table[0] : nil }

  @inline(__always)
  subscript(group: UInt32) -> Value {
    get { table[Int(group >> Self.shift)][Int(group & Self.mask)] }
    set { table[Int(group >> Self.shift)][Int(group & Self.mask)] = newValue }
  }

  /// Where a group's cell lies now.
  func address(of group: UInt32) -> UnsafeMutablePointer<Value> {
    table[Int(group >> Self.shift)] + Int(group & Self.mask)
  }

  /// Makes cells for groups below `groups`, with the initial value. Amortised O(new groups).
  func grow(to groups: Int) {
    guard groups > count else { return }
    if groups > firstCapacity && firstCapacity < Self.pageSize { growFirst(to: groups) }
    while pages.count * Self.pageSize < groups { addPage(Self.pageSize) }
    if sharedCount > 0 { ownPages(from: count, to: groups) }
    var at = count
    while at < groups {
      let start = at & Int(Self.mask)
      let end = min(Self.pageSize, start + groups - at)
      (table[at >> Int(Self.shift)] + start).update(repeating: initial, count: end - start)
      at += end - start
    }
    count = groups
  }

  /// Forgets all groups, keeping the memory where no snapshot reads it.
  func removeAll() {
    count = 0
  }

  /// Makes the pages of these groups writable.
  @inline(__always)
  func own(_ groups: UnsafePointer<UInt32>, _ number: Int) {
    guard sharedCount > 0 else { return }
    for i in 0..<number {
      let page = Int(groups[i] >> Self.shift)
      if isShared[page] { copyPage(page) }
    }
  }

  /// A copy that keeps today's values, for reading only.
  func share() -> Cells<Value> {
    let copy = Cells<Value>(initial)
    copy.count = count
    copy.pages = pages
    copy.firstCapacity = firstCapacity
    copy.reserveTable(pages.count)
    for page in pages.indices { copy.table[page] = table[page] }
    isShared = Array(repeating: true, count: pages.count)
    sharedCount = pages.count
    return copy
  }

  private func growFirst(to groups: Int) {
    var capacity = max(firstCapacity, 32)
    while capacity < groups && capacity < Self.pageSize { capacity *= 2 }
    let page = CellPage(byteCount: capacity * MemoryLayout<Value>.stride)
    let base = page.memory.base.bindMemory(to: Value.self, capacity: capacity)
    if let old = pages.first {
      _ = old
      base.update(from: table[0], count: min(count, capacity))
      if isShared[0] {
        isShared[0] = false
        sharedCount -= 1
      }
      pages[0] = page
    } else {
      pages.append(page)
      isShared.append(false)
    }
    table[0] = base
    firstCapacity = capacity
  }

  private func addPage(_ capacity: Int) {
    let page = CellPage(byteCount: capacity * MemoryLayout<Value>.stride)
    reserveTable(pages.count + 1)
    table[pages.count] = page.memory.base.bindMemory(to: Value.self, capacity: capacity)
    pages.append(page)
    isShared.append(false)
  }

  private func ownPages(from first: Int, to end: Int) {
    for page in (first >> Int(Self.shift))...((end - 1) >> Int(Self.shift)) where isShared[page] {
      copyPage(page)
    }
  }

  private func copyPage(_ index: Int) {
    isShared[index] = false
    sharedCount -= 1
    if isKnownUniquelyReferenced(&pages[index]) { return }
    let capacity = index == 0 ? firstCapacity : Self.pageSize
    let page = CellPage(byteCount: capacity * MemoryLayout<Value>.stride)
    let base = page.memory.base.bindMemory(to: Value.self, capacity: capacity)
    base.update(from: table[index], count: min(capacity, max(count - index * Self.pageSize, 0)))
    table[index] = base
    pages[index] = page
  }

  private func reserveTable(_ needed: Int) {
    guard needed > tableCapacity else { return }
    let larger = UnsafeMutablePointer<UnsafeMutablePointer<Value>>.allocate(
      capacity: max(needed, tableCapacity * 2))
    larger.update(from: table, count: min(pages.count, tableCapacity))
    table.deallocate()
    table = larger
    tableCapacity = max(needed, tableCapacity * 2)
  }
}

/// How a kernel finds a group's cell. Two forms, so that few groups pay for no page table.
protocol CellAddress {
  associatedtype Value
  subscript(group: UInt32) -> Value { get nonmutating set }
}

struct FlatCells<Value>: CellAddress {
  let base: UnsafeMutablePointer<Value>

  @inline(__always)
  subscript(group: UInt32) -> Value {
    get { base[Int(group)] }
    nonmutating set { base[Int(group)] = newValue }
  }
}

struct PagedCells<Value>: CellAddress {
  let table: UnsafeMutablePointer<UnsafeMutablePointer<Value>>

  @inline(__always)
  subscript(group: UInt32) -> Value {
    get { table[Int(group >> 12)][Int(group & 4095)] }
    nonmutating set { table[Int(group >> 12)][Int(group & 4095)] = newValue }
  }
}
