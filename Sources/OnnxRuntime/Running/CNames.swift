import Glibc

/// Names as C takes them, for as long as this lives. Never written after the start.
final class CNames: @unchecked Sendable {
  let pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>
  let count: Int

  init(_ names: [String]) {
    count = names.count
    pointers = .allocate(capacity: max(names.count, 1))
    for (index, name) in names.enumerated() { pointers[index] = UnsafePointer(strdup(name)) }
  }

  deinit {
    for index in 0..<count { free(UnsafeMutablePointer(mutating: pointers[index])) }
    pointers.deallocate()
  }
}
