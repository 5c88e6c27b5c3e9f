import CPlatform
import Columns
import Connectors
import Glibc
import Plans
import Platform
import Schemas

/// Makes the calls of `task … using command`: a program for each attempt, as many at a time as
/// calls may be under way.
final class CommandTask: TaskClient {
  /// Of a call's time: when a program is asked to end, and when it is made to. The engine gives up
  /// at its end, and none is there any more then.
  private static let ask = 0.9
  private static let end = 0.97

  private let place: String
  private let template: CommandTemplate
  private let decoder: ResponseDecoder
  private let timeout: Int64
  private let threads: CallThreads
  /// Readable when everything ends.
  private let stop: Int32

  init(
    _ spec: TaskSpec, _ template: CommandTemplate, in place: String
  ) throws(ConnectorError) {
    self.place = place
    self.template = template
    decoder = try ResponseDecoder(spec)
    timeout = spec.timeout
    threads = CallThreads("command.\(spec.name)", count: spec.callsAtOnce)
    stop = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard stop >= 0 else {
      throw ConnectorError(.retriable, "\(place): the process has no room for a descriptor")
    }
  }

  deinit { Glibc.close(stop) }

  func start() throws(ConnectorError) {
    var information = stat()
    guard stat(template.directory, &information) == 0, information.st_mode & S_IFMT == S_IFDIR
    else {
      throw ConnectorError(
        .configuration, "\(place): `directory`: there is no folder \(template.directory)")
    }
    guard stat(template.program, &information) == 0, information.st_mode & S_IFMT == S_IFREG,
      access(template.program, X_OK) == 0
    else {
      throw ConnectorError(
        .configuration,
        "\(place): `program`: \(template.program) is no file that this user may execute. Correct "
          + "the path; a relative one begins where the definition is")
    }
    let watch = raudal_process_watch(getpid())
    guard watch >= 0 else {
      throw ConnectorError(
        .configuration, "\(place): programs can't be watched here; Linux 5.3 or newer is needed")
    }
    Glibc.close(watch)
    guard raudal_endings_are_kept() == 1 else {
      throw ConnectorError(
        .configuration,
        "\(place): this process ignores SIGCHLD, so nobody is told how programs end. Whoever starts"
          + " it must leave that signal as it is")
    }
  }

  func perform(
    _ attempt: TaskAttempt, _ answer: @escaping @Sendable (TaskAnswer) -> Void
  ) {
    let content: ProgramRun.Content
    do throws(TemplateRefusal) {
      content = try template.content(attempt)
    } catch {
      return answer(TaskAnswer(.invalid(error.reason)))
    }
    let now = ProgramRun.now()
    let span = Double(timeout) * 1_000
    let times = ProgramRun.Times(
      ask: now &+ UInt64(span * Self.ask), end: now &+ UInt64(span * Self.end))
    threads.submit { [self] _ in
      guard times.ask > ProgramRun.now() else {
        return answer(TaskAnswer(.unreached("there was no room for a further program in time")))
      }
      if let told = run(content, times) { answer(told) }
    }
  }

  /// Nil where nobody waits for it any more.
  private func run(_ content: ProgramRun.Content, _ times: ProgramRun.Times) -> TaskAnswer? {
    guard var run = ProgramRun(content, template.limits, times, stop: stop) else {
      return TaskAnswer(.unreached("the process has no room for a further program"))
    }
    let ending = run.run()
    switch ending {
    case .stopped: return nil
    case .exited(0):
      return TaskAnswer(.done, status: 0, response: decoder.isEmpty ? [] : Self.trimmed(run.output))
    case .exited(let status):
      return TaskAnswer(
        .refused("exit status \(status)" + said(run.errors)), status: status, isFailure: true)
    case .signalled(let signal):
      return TaskAnswer(.broken("it was ended by signal \(signal)" + said(run.errors)))
    case .late:
      return TaskAnswer(
        .timedOut("it did not end within \(TimeRendering.duration(timeout))" + said(run.errors)))
    case .tooMuchOutput:
      return TaskAnswer(
        .refused("it wrote more than \(template.limits.output) bytes; see `output_bytes`"),
        isFailure: true)
    case .unknown(let code):
      return TaskAnswer(
        .broken("how it ended is not known: \(String(cString: strerror(code)))" + said(run.errors)))
    case .notStarted(E2BIG):
      return TaskAnswer(.invalid("its arguments and environment are too long"))
    case .notStarted(let code):
      return TaskAnswer(.unreached("it can't be started: \(String(cString: strerror(code)))"))
    }
  }

  /// Its last line, as the end of a message.
  private func said(_ errors: [UInt8]) -> String {
    let lines = template.mask.shown(errors).split { $0 == 0x0A || $0 == 0x0D }
    let last = lines.last { line in line.contains { $0 > 0x20 } }
    guard let last else { return "" }
    let line = String(decoding: last, as: UTF8.self)
    let shown = String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 }))
    return ": \(shown.prefix(300))"
  }

  private static func trimmed(_ output: [UInt8]) -> [UInt8] {
    guard let first = output.firstIndex(where: { $0 > 0x20 }),
      let last = output.lastIndex(where: { $0 > 0x20 })
    else { return [] }
    return Array(output[first...last])
  }

  func read(_ responses: [[UInt8]?]) -> (columns: [Column], unreadable: [Int: String]) {
    decoder.read(responses)
  }

  /// Programs that run are ended at once.
  func close() {
    threads.close()
    eventfd_write(stop, 1)
  }
}
