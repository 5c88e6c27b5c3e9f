internal import Synchronization

/// Partitions that are read and that the cluster no longer names: told once, and once more when
/// they are there again. Their readers are told as well.
///
/// A topic that somebody deletes stays what the pipeline reads: it may be made anew, and then it
/// begins at 0 again. librdkafka notices within a second and says so in its log alone; the looks
/// for new partitions are there for what it misses.
final class AbsentPartitions: Sendable {
  typealias Partition = ClusterInspection.Partition

  private let place: String
  private let brokers: String
  private let notify: @Sendable (String) -> Void
  /// With the name that they were told by: the topic's, or their own where it has fewer partitions.
  private let gone = Mutex<[Partition: String]>([:])
  private let readers = Mutex<[GapFindings]>([])

  init(place: String, brokers: String, notify: @escaping @Sendable (String) -> Void) {
    self.place = place
    self.brokers = brokers
    self.notify = notify
  }

  func add(_ reader: GapFindings) { readers.withLock { $0.append(reader) } }
  func remove(_ reader: GapFindings) { readers.withLock { $0.removeAll { $0 === reader } } }

  /// Looks for these partitions among the topics that there are, with their numbers of partitions.
  func compare(_ partitions: some Sequence<Partition>, with counts: [String: Int32]) {
    var (lost, found): (Set<String>, Set<String>) = ([], [])
    var absent: [Partition] = []
    gone.withLock { gone in
      for partition in partitions {
        let count = counts[partition.topic]
        if partition.number < count ?? 0 {
          if let name = gone.removeValue(forKey: partition) { found.insert(name) }
          continue
        }
        let name = "topic `\(partition.topic)`" + (count == nil ? "" : " [\(partition.number)]")
        guard gone.updateValue(name, forKey: partition) != name else { continue }
        lost.insert(name)
        absent.append(partition)
      }
    }
    for name in found.sorted() { notify("\(place): \(name) is there again") }
    for name in lost.sorted() {
      notify(
        "\(place): \(name) is gone from \(brokers); nothing comes from it until it is there again")
    }
    for partition in absent { report(partition) }
  }

  /// Tells the readers alone: what is said of it, a look at the cluster decides.
  func report(_ partition: Partition) {
    for reader in readers.withLock({ $0 }) { reader.lose(partition) }
  }

  private static let words = [
    "topic does not exist", "desired partition is no longer available",
    "desired partition is not available",
  ]

  /// The partition of which a line of the library's log says that there is none:
  /// `rdkafka#consumer-2: events [0]: topic does not exist (…)`.
  static func partition(in line: String) -> Partition? {
    let ends = words.compactMap { line.firstRange(of: "]: \($0)")?.lowerBound }
    guard let end = ends.first, let open = line[..<end].lastIndex(of: "["),
      let number = Int32(line[line.index(after: open)..<end])
    else { return nil }
    // A name has no spaces; what the client is called may.
    let name = line[..<open].split(separator: " ").last ?? ""
    return name.isEmpty ? nil : Partition(topic: String(name), number: number)
  }
}
