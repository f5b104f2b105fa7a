internal import AsyncSupport
internal import Azure
internal import Budgets
internal import ProviderCore

/// The computing work of one mount: what is done between its requests, with what users write.
///
/// Short work, as nearly all is, runs where it is asked for. Work that turns out to be long is interrupted, and run again
/// on the executor. All of it together has one budget, which ends with the mount's deadline or its task.
package struct MountWork: Sendable {
    /// The most steps that run on the caller's thread: some milliseconds.
    private static let inlineSteps = 100_000
    /// The largest input, in bytes, that is looked at on the caller's thread.
    private static let inlineBytes = 128 << 10

    /// Whose turn the work takes; empty for a small request that has not been read.
    var owner = ""
    private let executor: WorkExecutor
    private let budget: MountBudget
    /// When the mount gives up.
    let deadline: Deadline

    init(_ executor: WorkExecutor, limits: MountBudget.Limits, deadline: Deadline) {
        self.executor = executor
        self.deadline = deadline
        budget = MountBudget(limits) { deadline.remaining <= .zero }
    }

    /// Runs `work`, which has `inputBytes` to read. It may run twice, so it must not have effects.
    ///
    /// Throws what `work` throws, or, when the mount would cost more than a mount may, the error that says so.
    func run<Value: Sendable>(
        inputBytes: Int = 0, _ work: @escaping @Sendable () throws(ProviderError) -> Value
    ) async throws(ProviderError) -> Value {
        let attempt = { @Sendable () -> Result<Value, ProviderError> in Result(catching: work) }
        if inputBytes <= Self.inlineBytes, let result = budget.run(upTo: Self.inlineSteps, attempt) {
            return try checked(result)
        }
        let budget = budget
        let result = await withTaskCancellationHandler {
            await executor.run(for: owner, timeout: max(.zero, deadline.remaining)) { budget.run(attempt) }
        } onCancel: {
            budget.cancel()
        }
        guard let result else {
            throw Task.isCancelled
                ? ProviderError(.cancelled, "the caller gave up")
                : ProviderError(
                    .timedOut,
                    "the mount waited until its end for the computing work of other mounts of its namespace",
                    hint: "spread the pods of this namespace over more nodes, or mount fewer objects with each")
        }
        return try checked(result)
    }

    private func checked<Value>(_ result: Result<Value, ProviderError>) throws(ProviderError) -> Value {
        guard let overrun = budget.overrun else { return try result.get() }
        if overrun == .ended, Task.isCancelled { throw ProviderError(.cancelled, "the caller gave up") }
        throw ProviderError(overrun)
    }
}
