import CPlatform
import Glibc

/// One run of a program, from its start until nothing is left of it. Waits: it belongs on a thread
/// of its own, which lives as long as the program.
struct ProgramRun {
  struct Limits: Sendable {
    /// Bytes of its output.
    var output: Int
    /// Bytes of its address space, and seconds of a processor; 0: no limit.
    var memory: UInt64
    var seconds: UInt64
  }

  struct Content: Sendable {
    var program: String
    /// The first is the program's own name.
    var arguments: [String]
    /// `NAME=value`
    var environment: [String]
    var directory: String
    var input: [UInt8] = []
  }

  /// Monotonic nanoseconds: when it is asked to end, and when it is made to.
  struct Times {
    var ask: UInt64
    var end: UInt64
  }

  enum Ending {
    case exited(Int)
    case signalled(Int32)
    /// It was told to end, for its time was over.
    case late
    case tooMuchOutput
    /// Everything ends.
    case stopped
    /// It ran, and how it ended is not known; an error of the system.
    case unknown(Int32)
    /// Nothing of it ran; an error of the system.
    case notStarted(Int32)
  }

  /// Bytes of its errors' end that are kept.
  private static let errorBytes = 4_096
  /// Reads of a pipe in one turn: all that it can hold, 1 MiB. One that is filled faster than it
  /// is read must not keep us from the clock.
  private static let turnReads = 64

  private let content: Content
  private let limits: Limits
  private let times: Times
  /// Is readable when everything ends.
  private let stop: Int32
  private var pipes: ProgramPipes
  private var isAsked = false
  private var hasTooMuch = false
  private var isStopped = false
  private(set) var output: [UInt8] = []
  private(set) var errors: [UInt8] = []

  /// Nil where there is no room for its pipes.
  init?(_ content: Content, _ limits: Limits, _ times: Times, stop: Int32) {
    guard let pipes = ProgramPipes() else { return nil }
    self.content = content
    self.limits = limits
    self.times = times
    self.stop = stop
    self.pipes = pipes
  }

  mutating func run() -> Ending {
    defer { pipes.close() }
    let process = start()
    guard process > 0 else { return .notStarted(-process) }
    pipes.closeTheirs()
    if content.input.isEmpty { pipes.closeInput() }
    let watch = raudal_process_watch(process)
    let unwatched = watch < 0 ? errno : 0
    if watch >= 0 {
      serve(process, watch)
      close(watch)
    }
    // Its id, and with it its group's, is not given to others before it is waited for.
    kill(-process, SIGKILL)
    let (status, code) = Self.wait(for: process)
    take()
    if isStopped { return .stopped }
    if hasTooMuch { return .tooMuchOutput }
    if isAsked { return .late }
    if unwatched != 0 || code != 0 { return .unknown(unwatched != 0 ? unwatched : code) }
    let signal = status & 0x7F
    return signal == 0 ? .exited(Int(status >> 8 & 0xFF)) : .signalled(signal)
  }

  /// How it ended, or the error of the system: where someone else has waited for it.
  private static func wait(for process: pid_t) -> (status: Int32, code: Int32) {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      if errno != EINTR { return (0, errno) }
    }
    return (status, 0)
  }

  /// Its id, or the error of the system below zero.
  private func start() -> pid_t {
    // Copies that live until the program has them, the null at the end of each list included.
    let arguments = content.arguments.map { strdup($0) } + [nil]
    let environment = content.environment.map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    return content.program.withCString { path in
      content.directory.withCString { directory in
        arguments.withUnsafeBufferPointer { arguments in
          environment.withUnsafeBufferPointer { environment in
            var program = raudal_program(
              path: path, arguments: arguments.baseAddress, environment: environment.baseAddress,
              directory: directory, input: pipes.input.theirs, output: pipes.output.theirs,
              errors: pipes.errors.theirs, memory: limits.memory, seconds: limits.seconds)
            let process = raudal_spawn(&program)
            return process > 0 ? process : -max(errno, 1)
          }
        }
      }
    }
  }

  /// Feeds it and takes what it says until it has ended.
  private mutating func serve(_ process: pid_t, _ watch: Int32) {
    var written = 0
    var isKilled = false
    while true {
      let now = Self.now()
      if !isAsked, now >= times.ask {
        isAsked = true
        kill(-process, SIGTERM)
      }
      if !isKilled, isStopped || hasTooMuch || now >= times.end {
        isKilled = true
        kill(-process, SIGKILL)
      }
      let due = isAsked ? times.end : times.ask
      let isOver = isKilled || due <= now
      let wait = isOver ? Int32(1_000) : Int32(clamping: (due - now) / 1_000_000 + 1)
      var waited = [
        pollfd(fd: watch, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isStopped ? -1 : stop, events: Int16(POLLIN), revents: 0),
        pollfd(fd: pipes.input.ours, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: pipes.output.ours, events: Int16(POLLIN), revents: 0),
        pollfd(fd: pipes.errors.ours, events: Int16(POLLIN), revents: 0),
      ]
      if poll(&waited, nfds_t(waited.count), wait) < 0 { continue }
      if waited[1].revents != 0 { isStopped = true }
      if waited[2].revents != 0 { feed(&written) }
      take()
      if waited[0].revents != 0 { return }
    }
  }

  private mutating func feed(_ written: inout Int) {
    let count = content.input[written...].withUnsafeBytes {
      Glibc.write(pipes.input.ours, $0.baseAddress, $0.count)
    }
    if count > 0 { written += count }
    let isGone = count < 0 && errno != EAGAIN && errno != EINTR
    // One that does not read its input to the end may have done its task all the same.
    if written == content.input.count || isGone { pipes.closeInput() }
  }

  /// Takes what it has said.
  private mutating func take() {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    for _ in 0..<Self.turnReads {
      guard !hasTooMuch, let count = Self.read(pipes.output.ours, &buffer) else { break }
      if count == 0 {
        pipes.closeOutput()
        break
      }
      output += buffer[..<count]
      hasTooMuch = output.count > limits.output
    }
    for _ in 0..<Self.turnReads {
      guard let count = Self.read(pipes.errors.ours, &buffer) else { break }
      if count == 0 {
        pipes.closeErrors()
        break
      }
      errors += buffer[..<count]
      if errors.count > 2 * Self.errorBytes { errors.removeFirst(errors.count - Self.errorBytes) }
    }
  }

  /// 0 at the end; nil where there is nothing now.
  private static func read(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int? {
    guard descriptor >= 0 else { return nil }
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    return count >= 0 ? count : errno == EAGAIN || errno == EINTR ? nil : 0
  }

  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
