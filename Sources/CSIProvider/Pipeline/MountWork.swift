internal import AsyncSupport
internal import Azure
internal import Budgets
internal import ProviderCore

/// Runs the computing work of one mount, such as parsing and converting what users wrote.
///
/// Short work runs on the caller's thread, and nearly all work is short. Work that turns out to be long is interrupted
/// and started again on the executor. All work of a mount shares one budget, which ends with the mount's deadline or
/// when its task is cancelled.
package struct MountWork: Sendable {
    /// The maximum number of steps that run on the caller's thread. They take about a millisecond, during which a thread of
    /// gRPC or of the network serves no other mount.
    private static let inlineSteps = 20_000
    /// The maximum size of an input, in bytes, that is processed on the caller's thread.
    private static let inlineBytes = 128 << 10

    /// The namespace whose turn the work takes in the executor; empty for a small request that is not decoded yet.
    var owner = ""
    private let executor: WorkExecutor
    private let budget: MountBudget
    /// The time at which the mount gives up.
    let deadline: Deadline

    init(_ executor: WorkExecutor, limits: MountBudget.Limits, deadline: Deadline) {
        self.executor = executor
        self.deadline = deadline
        budget = MountBudget(limits) { deadline.remaining <= .zero }
    }

    /// Runs `work`, which reads `inputBytes` bytes of input. It may run twice, so it must not have side effects.
    ///
    /// Throws the error of `work`, or an error that names the limit if the mount exceeds its budget.
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
                    "the mount ran out of time while other mounts of its namespace used the node's computing threads",
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
