import Columns
import Connectors
import Glibc

/// The inputs of the benchmarks on disk, and plain reading of them.
enum Files {
  static func read(_ path: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try chunks(of: path, size: 1 << 20) { chunk, count in
      bytes.append(contentsOf: UnsafeBufferPointer(start: chunk, count: count))
      return count
    }
    return bytes
  }

  /// Calls `take` with what is at hand; it returns how much of it it has used, and gets the rest
  /// again in front of the next chunk. 64 bytes behind the end are readable.
  static func chunks(
    of path: String, size: Int, _ take: (UnsafePointer<UInt8>, Int) -> Int
  ) throws {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw BenchmarkFailure("can't read \(path)") }
    defer { close(descriptor) }
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: 2 * size + 64)
    defer { buffer.deallocate() }
    var held = 0
    while true {
      let got = Glibc.read(descriptor, buffer + held, size)
      guard got > 0 else { break }
      let used = take(buffer, held + got)
      held += got - used
      memmove(buffer, buffer + used, held)
      guard held <= size else { throw BenchmarkFailure("\(path): a record is too long") }
    }
    if held > 0 { _ = take(buffer, held) }
  }

  static func write(_ bytes: UnsafeBufferPointer<UInt8>, to file: UnsafeMutablePointer<FILE>) {
    fwrite(bytes.baseAddress, 1, bytes.count, file)
  }

  static func create(_ path: String) throws -> UnsafeMutablePointer<FILE> {
    guard let file = fopen(path, "wb") else { throw BenchmarkFailure("can't write \(path)") }
    return file
  }

  /// An `ads.csv` of these ads.
  static func writeAds(_ columns: YahooColumns, to path: String) throws {
    let file = try create(path)
    defer { fclose(file) }
    fputs("ad_id,campaign_id\n", file)
    for ad in 0..<YahooColumns.adCount {
      fputs("\(columns.adText(ad)),\(columns.campaign(ad))\n", file)
    }
  }

  /// Ad events as JSON lines, and the generator's `ads.csv`.
  static func writeEvents(_ count: Int, to path: String, first: Int) throws {
    let file = try create(path)
    defer { fclose(file) }
    let generator = AdEventGenerator(seed: 1)
    let line = ByteBuffer(capacity: 512)
    for event in first..<first + count {
      line.removeAll()
      let time = 1_767_225_600_000_000 + Int64(event - first) * ColumnFeed.step
      generator.append(UInt64(event), eventTime: time, to: line)
      line.append("\n")
      write(line.bytes, to: file)
    }
  }
}
