/// The namespace, priority and deadline of a request.
package struct RequestContext: Sendable {
    /// The namespace of the pod. Namespaces take turns, and a pause that a service asks for applies only to the
    /// namespace of the request.
    package var namespace: String
    package var priority: RequestPriority
    package var deadline: Deadline
    /// Tells the request run when a request must not be sent any more; nil if requests are never withdrawn.
    var withdrawal: Withdrawal?

    package init(namespace: String, priority: RequestPriority, deadline: Deadline) {
        self.namespace = namespace
        self.priority = priority
        self.deadline = deadline
    }

    /// Returns the same context with another deadline.
    func until(_ deadline: Deadline) -> RequestContext {
        var copy = self
        copy.deadline = deadline
        return copy
    }
}

/// The order of requests to a service with a limit.
package enum RequestPriority: Sendable {
    /// The pod waits for the volume to start.
    case firstMount
    /// The files of a running pod are compared with the vault.
    case republish
}
