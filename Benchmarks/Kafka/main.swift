// Reads a topic once by a raw librdkafka loop and once by the engine's source, and compares rate
// and processor time: swift run -c release KafkaBenchmark BROKERS TOPIC PARTITIONS [ROUNDS
// [KEY=VALUE …]]
//
// or passes records on until it is killed, to compare latency with:
//
//   KafkaBenchmark relay BROKERS FROM TO PARTITIONS
//
// or copies records, to compare processor time with:
//
//   KafkaBenchmark copy BROKERS FROM TO RECORDS ROUNDS
import Columns
import Connectors
import Glibc
import KafkaConnector
import Platform
import Schemas
import Synchronization

struct WallClock: Platform.Clock {
  func now() -> Timestamp { Timestamp(microseconds: 0) }
  func monotonic() -> UInt64 { nanoseconds(CLOCK_MONOTONIC) }
}

/// Sleeps on a POSIX semaphore, as a worker does on its own wake.
final class SemaphoreWake: Wake, @unchecked Sendable {
  // A semaphore is made for several threads.
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
  init() { sem_init(semaphore, 0, 0) }
  deinit { semaphore.deallocate() }
  func wake() { sem_post(semaphore) }
  func wait() { sem_wait(semaphore) }
}

func nanoseconds(_ clock: clockid_t) -> UInt64 {
  var time = timespec()
  clock_gettime(clock, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

func readByEngine(
  brokers: String, topic: String, partitions: Int32
) throws -> (records: Int, bytes: Int) {
  let clock = WallClock()
  let environment = ConnectorEnvironment(
    pipeline: "benchmark", clock: clock, lanes: ThreadLanes(), workers: 1,
    checkpointInterval: 10_000_000)
  var config: [String: ResolvedValue] = [:]
  for argument in CommandLine.arguments.dropFirst(5) {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    if parts.count == 2 { config[parts[0]] = .text(parts[1]) }
  }
  let options = ResolvedOptions([
    "brokers": .text(brokers), "topic": .text(topic), "config": .object(config),
  ])
  let source = try KafkaSource(
    name: "events", place: "source `events`",
    configuration: ClientConfiguration(options, place: "source `events`"),
    options: SourceOptions(options, place: "source `events`"), environment: environment)
  let wake = SemaphoreWake()
  let reader = try source.makeReader(worker: 0, wake: wake)
  defer { reader.close() }
  for partition in try source.partitions(fixEnds: true) {
    try reader.add(partition.id, at: partition.start, end: partition.end)
  }
  var (records, bytes, ended) = (0, 0, Int32(0))
  while ended < partitions {
    switch try reader.poll(limit: 4096) {
    case .nothing: wake.wait()
    case .records(let batch, _):
      records += batch.count
      bytes += batch.byteCount
    case .ended: ended += 1
    case .rows, .caughtUp, .advanced: continue
    }
  }
  return (records, bytes)
}

func measure(_ name: String, _ body: () throws -> (records: Int, bytes: Int)) rethrows {
  let wall = nanoseconds(CLOCK_MONOTONIC)
  let processor = nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
  let (records, bytes) = try body()
  let seconds = Double(nanoseconds(CLOCK_MONOTONIC) - wall) / 1e9
  let busy = Double(nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - processor)
  let count = Double(max(records, 1))
  print(
    name, records, "records", bytes / 1_000_000, "MB", Int(count / seconds), "records/s",
    Int(busy / count), "ns of processor a record")
}

let arguments = CommandLine.arguments
if arguments.count == 6, arguments[1] == "relay", let partitions = Int32(arguments[5]) {
  try RawRelay.run(
    brokers: arguments[2], from: arguments[3], to: arguments[4], partitions: partitions)
}
if arguments.count == 7, arguments[1] == "copy", let records = Int(arguments[5]),
  let rounds = Int(arguments[6])
{
  for _ in 0..<rounds {
    try measure("copied") {
      try RawCopy.run(
        brokers: arguments[2], from: arguments[3], to: arguments[4], records: records)
    }
  }
  exit(0)
}
guard arguments.count >= 4, let partitions = Int32(arguments[3]) else {
  print("usage: KafkaBenchmark BROKERS TOPIC PARTITIONS [ROUNDS [KEY=VALUE …]]")
  exit(2)
}
for _ in 0..<(arguments.count > 4 ? Int(arguments[4]) ?? 1 : 1) {
  try measure("raw") {
    try RawConsumer.run(brokers: arguments[1], topic: arguments[2], partitions: partitions)
  }
  try measure("engine") {
    try readByEngine(brokers: arguments[1], topic: arguments[2], partitions: partitions)
  }
}
