import Columns
import Glibc

extension ColumnBuilder {
  /// A text of 16 digits, another for each number.
  func append(key number: Int) {
    let alphabet = Array("0123456789abcdef".utf8)
    var word = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
    let digits = (0..<16).map { _ in
      defer { word >>= 4 }
      return alphabet[Int(word & 15)]
    }
    digits.withUnsafeBufferPointer { append(text: $0) }
  }
}

/// Bytes of memory that this process has.
func residentBytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var (size, resident) = (0, 0)
  _ = withUnsafeMutablePointer(to: &size) { size in
    withUnsafeMutablePointer(to: &resident) { resident in
      withVaList([size, resident]) { vfscanf(file, "%ld %ld", $0) }
    }
  }
  return resident * Int(sysconf(Int32(_SC_PAGESIZE)))
}
