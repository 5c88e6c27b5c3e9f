package import Columns
package import Schemas

/// Which columns of a batch the keys and aggregates read.
package struct WindowInputs: Sendable {
  package var keys: [Int]
  package var aggregates: [(arguments: [Int], filter: Int?)]

  package init(keys: [Int], aggregates: [(arguments: [Int], filter: Int?)]) {
    self.keys = keys
    self.aggregates = aggregates
  }
}

/// What became of a batch's rows.
package struct Absorbed {
  package var taken = 0
  /// Rows of windows that were all closed for them.
  package var late: Selection?
  /// Of those, rows whose own partition's watermark was not past them.
  package var lateAfterIdle = 0
  /// Rows between windows, where windows leave gaps.
  package var outside = 0
}

extension WindowStore {
  /// Takes rows into their slices. A row is late for a window that the watermark of the row's own
  /// partition, or `watermark`, the operator's, has passed by as much as late rows are allowed.
  ///
  /// The batch must carry event times. O(rows), whatever the overlap of windows.
  package func absorb(_ batch: Batch, _ inputs: WindowInputs, watermark: Timestamp) -> Absorbed {
    var absorbed = Absorbed()
    guard let moments = batch.hidden.eventTimes, batch.selectedCount > 0 else { return absorbed }
    let list = RowList(
      rows: batch.selection.map { UnsafePointer($0.rows) }
        ?? work.identity.first(batch.rowCount),
      count: batch.selectedCount)
    let shown = clockTimes(moments, list)
    defer { withExtendedLifetime(shown) {} }
    let times = UnsafePointer(shown.ints)
    let keys = keys(
      inputs.keys.map { batch.columns[$0] }, list, rowCount: batch.rowCount,
      selection: batch.selection)
    let columns = BatchColumns(batch, inputs)
    if batch.hidden.lateWatermarks == nil,
      let slice = onlySlice(times, list, watermark)
    {
      take(PaneKey(slice: slice, from: .min), list, keys, columns)
      absorbed.taken = list.count
      return absorbed
    }
    let assigned = assign(batch, times, list, watermark)
    let rows = work.rows.reserve(list.count)
    let ends = partition(
      list, UnsafePointer(work.targets.base), count: assigned.panes.count, into: rows)
    var start = 0
    for (key, end) in zip(assigned.panes, ends) {
      let part = RowList(rows: UnsafePointer(rows + start), count: end - start)
      take(key, part, keys, columns)
      start = end
    }
    absorbed.taken = start
    absorbed.late = assigned.late
    absorbed.lateAfterIdle = assigned.lateAfterIdle
    absorbed.outside = list.count - start - (assigned.late?.count ?? 0)
    return absorbed
  }

  /// What the grid's clock shows at the rows' event times.
  private func clockTimes(_ moments: Column, _ list: RowList) -> Column {
    guard let clock = grid.clock else { return moments }
    let shown = Column(fixed: .timestamp, rowCount: moments.rowCount)
    for i in 0..<list.count {
      let row = Int(list.rows[i])
      shown.ints[row] = clock(moments.ints[row])
    }
    return shown
  }

  /// The slice that holds all rows, if one does and none of its windows is closed.
  private func onlySlice(
    _ times: UnsafePointer<Int64>, _ list: RowList, _ watermark: Timestamp
  ) -> Int64? {
    let rows = list.rows
    var least = Int64.max
    var greatest = Int64.min
    for i in 0..<list.count {
      let time = times[Int(rows[i])]
      least = min(least, time)
      greatest = max(greatest, time)
    }
    let slice = grid.sliceStart(least)
    let first = grid.firstWindow(slice)
    guard greatest &- slice < grid.slice, first >= firstKept(watermark.microseconds),
      first <= grid.lastWindow(slice)
    else { return nil }
    return slice
  }

  private struct Assigned {
    var panes: [PaneKey] = []
    var late: Selection?
    var lateAfterIdle = 0
  }

  /// Writes the pane of each row into `work.targets`, as a place in the list of panes returned;
  /// `UInt32.max` for rows that no open window takes.
  private func assign(
    _ batch: Batch, _ times: UnsafePointer<Int64>, _ list: RowList, _ watermark: Timestamp
  ) -> Assigned {
    let targets = work.targets.reserve(list.count)
    let own = batch.hidden.lateWatermarks?.ints
    let firstOpen = firstKept(watermark.microseconds)
    var assigned = Assigned()
    var places: [PaneKey: UInt32] = [:]
    var last = PaneKey(slice: .min, from: .min)
    var lastTarget = UInt32.max
    for i in 0..<list.count {
      let row = Int(list.rows[i])
      let time = times[row]
      let behind = own.map { $0[row] } ?? .min
      let isLast = lastTarget != .max && last.from == .min && behind == .min
      if isLast && time >= last.slice && time &- last.slice < grid.slice {
        targets[i] = lastTarget
        continue
      }
      let slice = grid.sliceStart(time)
      let first = grid.firstWindow(slice)
      let ownOpen = behind == .min ? Int64.min : firstKept(behind)
      let from = max(ownOpen, firstOpen)
      guard max(first, from) <= grid.lastWindow(slice) else {
        targets[i] = .max
        guard first <= grid.lastWindow(slice) else { continue }
        let late = assigned.late ?? Selection(capacity: list.count)
        late.rows[late.count] = list.rows[i]
        late.count += 1
        assigned.late = late
        if ownOpen <= grid.lastWindow(slice) { assigned.lateAfterIdle += 1 }
        continue
      }
      let key = PaneKey(slice: slice, from: from > first ? from : .min)
      if let place = places[key] {
        lastTarget = place
      } else {
        lastTarget = UInt32(assigned.panes.count)
        places[key] = lastTarget
        assigned.panes.append(key)
      }
      last = key
      targets[i] = lastTarget
    }
    return assigned
  }

  private func take(_ key: PaneKey, _ list: RowList, _ keys: BatchKeys, _ columns: BatchColumns) {
    let pane = pane(key)
    rowsTaken[key.slice, default: 0] &+= Int64(list.count)
    let groups = work.groups.reserve(list.count)
    keys.find(pane, list, into: groups)
    if configuration.tracksChanges { pane.markDirty(UnsafePointer(groups), list.count) }
    let all = GroupRows(groups: UnsafePointer(groups), rows: list.rows, count: list.count)
    for (state, aggregate) in zip(pane.states, columns.aggregates) {
      state.update(chosen(all, aggregate), aggregate.input)
    }
  }

  /// The rows that pass an aggregate's filter and have all its arguments.
  func chosen(_ all: GroupRows, _ aggregate: BatchColumns.Aggregate) -> GroupRows {
    var rows = all
    for mask in aggregate.masks { rows = refine(rows, mask) }
    return rows
  }

  /// Keeps the rows whose byte in the mask is 1. In place from the second mask on.
  private func refine(_ rows: GroupRows, _ mask: UnsafePointer<UInt8>) -> GroupRows {
    let groups = work.chosenGroups.reserve(max(rows.count, 1))
    let numbers = work.chosenRows.reserve(max(rows.count, 1))
    var count = 0
    for i in 0..<rows.count {
      let row = rows.rows[i]
      groups[count] = rows.groups[i]
      numbers[count] = row
      count &+= Int(truncatingIfNeeded: mask[Int(row)])
    }
    return GroupRows(
      groups: UnsafePointer(groups), rows: UnsafePointer(numbers), count: count)
  }
}

/// The columns that aggregates read, made ready once for all panes of a batch.
struct BatchColumns {
  struct Aggregate {
    let input: AggregateInput
    /// A byte a row: the filter, and the validity of filter and arguments.
    let masks: [UnsafePointer<UInt8>]
  }

  let aggregates: [Aggregate]
  /// Keeps the masks alive.
  private let columns: [Column]

  init(_ batch: Batch, _ inputs: WindowInputs) {
    var columns: [Column] = []
    let hidden = batch.hidden
    aggregates = inputs.aggregates.map { aggregate in
      let arguments = aggregate.arguments.map { batch.columns[$0].withFixedValues() }
      var masks: [UnsafePointer<UInt8>] = []
      if let filter = aggregate.filter {
        let column = batch.columns[filter].withFixedValues()
        columns.append(column)
        masks.append(UnsafePointer(column.bools))
        if let validity = column.validity { masks.append(UnsafePointer(validity)) }
      }
      for argument in arguments {
        columns.append(argument)
        if let validity = argument.validity { masks.append(UnsafePointer(validity)) }
      }
      let input = AggregateInput(
        columns: arguments,
        times: hidden.eventTimes.map { UnsafePointer($0.ints) },
        lanes: hidden.lanes.map { UnsafePointer($0.ints) },
        places: hidden.places.map { UnsafePointer($0.ints) })
      return Aggregate(input: input, masks: masks)
    }
    self.columns = columns
  }
}
