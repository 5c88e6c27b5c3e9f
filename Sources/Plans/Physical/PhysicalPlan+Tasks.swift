public import Schemas

extension PhysicalPlan {
  /// Each of its tasks with the columns of its stage's input.
  public var taskInputs: [(task: TaskSpec, input: Schema)] {
    tasks.enumerated().map { number, task in
      let stage = operators.first { step in
        if case .execute(let execution) = step.kind { execution.task == number } else { false }
      }
      let input = stage?.inputs.first.map { PhysicalVerifier.schema(of: $0, in: self) }
      return (task, input ?? Schema([]))
    }
  }
}
