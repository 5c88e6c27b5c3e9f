import CPlatform
import Glibc
import Platform

/// The bytes of a Parquet file, read at any place.
package final class ParquetInput {
  private enum Place {
    case descriptor(Int32)
    case memory([UInt8])
  }

  let size: Int64
  private let place: Place

  package init(_ bytes: [UInt8]) {
    place = .memory(bytes)
    size = Int64(bytes.count)
  }

  /// Opens a file; of a pipe the end would have to be read first.
  package init(path: String) throws(ParquetError) {
    let descriptor = raudal_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
    guard descriptor >= 0 else {
      throw ParquetError("\(FileError(code: errno, path: path, operation: "read"))")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw ParquetError("\(path) is no regular file")
    }
    place = .descriptor(descriptor)
    size = Int64(status.st_size)
  }

  deinit {
    if case .descriptor(let descriptor) = place { close(descriptor) }
  }

  /// So many bytes from there on, which must lie within the file.
  func read(at offset: Int64, count: Int) throws(ParquetFault) -> [UInt8] {
    guard offset >= 0, count >= 0, offset <= size, Int64(count) <= size - offset else {
      throw ParquetFault("it would go on behind the end of the file")
    }
    switch place {
    case .memory(let bytes): return Array(bytes[Int(offset)..<(Int(offset) + count)])
    case .descriptor(let descriptor):
      var bytes = [UInt8](repeating: 0, count: count)
      var done = 0
      while done < count {
        let got = bytes.withUnsafeMutableBytes { buffer in
          pread(
            descriptor, buffer.baseAddress.map { $0 + done }, count - done, off_t(offset) + done)
        }
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { throw ParquetFault("the file was cut while it was read") }
        done += got
      }
      return bytes
    }
  }
}
