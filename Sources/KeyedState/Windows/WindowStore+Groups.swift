import Columns
import Schemas

/// The keys of a batch, made ready for the tables of several panes.
struct BatchKeys {
  enum Form {
    /// One dictionary column of text.
    case codes(Column, DictionaryHashes)
    case bytes(KeyBytes, UnsafePointer<UInt64>)
  }

  let form: Form
  let nullHash: UInt64

  func find(_ pane: Pane, _ list: RowList, into groups: UnsafeMutablePointer<UInt32>) {
    switch form {
    case .codes(let column, let hashes):
      pane.codeMap(hashes).find(
        column, list, nullHash: nullHash, in: pane.table, into: groups)
    case .bytes(let keys, let hashes):
      pane.table.find(keys, hashes, list, into: groups)
    }
    pane.grow()
  }
}

extension WindowStore {
  /// Hashes and encodes the keys of the rows in `list`, which are those of `selection`.
  func keys(
    _ columns: [Column], _ list: RowList, rowCount: Int, selection: Selection?
  ) -> BatchKeys {
    if layout.codec.isText, let dictionary = columns[0].dictionary {
      return BatchKeys(
        form: .codes(columns[0], hashes(dictionary)), nullHash: nullHash)
    }
    let hashes = work.hashes.reserve(rowCount)
    KeyHasher.hash(columns: columns, rowCount: rowCount, selection: selection, into: hashes)
    let bytes = layout.codec.bytes(of: columns, list, rowCount: rowCount, scratch: work.keys)
    return BatchKeys(form: .bytes(bytes, UnsafePointer(hashes)), nullHash: nullHash)
  }

  /// Reorders rows so that those of one target stand together, in their order; returns where each
  /// target's end. `targets[i]` is the target of row `list.rows[i]`; rows of target `count` and
  /// above are left out.
  func partition(
    _ list: RowList, _ targets: UnsafePointer<UInt32>, count: Int,
    into rows: UnsafeMutablePointer<UInt32>
  ) -> [Int] {
    var ends = Array(repeating: 0, count: count + 1)
    ends.withUnsafeMutableBufferPointer { ends in
      for i in 0..<list.count { ends[min(Int(targets[i]), count)] &+= 1 }
      var sum = 0
      for target in 0..<count {
        let rows = ends[target]
        ends[target] = sum
        sum &+= rows
      }
      for i in 0..<list.count where Int(targets[i]) < count {
        let target = Int(targets[i])
        rows[ends[target]] = list.rows[i]
        ends[target] &+= 1
      }
    }
    ends.removeLast()
    return ends
  }
}

extension Column {
  /// The column without a dictionary where its values have a fixed width; text stays as it is.
  func withFixedValues() -> Column {
    guard let dictionary, !type.isText else { return self }
    let plain = Column(fixed: type, rowCount: rowCount, withValidity: hasNulls)
    let width = type.width
    for row in 0..<rowCount {
      (plain.values + row * width).copyMemory(
        from: dictionary.values + Int(codes[row]) * width, byteCount: width)
    }
    if let validity { plain.validity?.update(from: validity, count: rowCount) }
    return plain
  }
}
