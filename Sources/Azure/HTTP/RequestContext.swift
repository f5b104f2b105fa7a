/// For whom a request is made, how urgent it is, and when it is of no use any more.
package struct RequestContext: Sendable {
    /// The namespace of the pod. Namespaces take turns, and a pause that a service asks for holds back one of them.
    package var namespace: String
    package var priority: RequestPriority
    package var deadline: Deadline
    /// Says when the request is not to be sent any more; nil if it always is.
    var withdrawal: Withdrawal?

    package init(namespace: String, priority: RequestPriority, deadline: Deadline) {
        self.namespace = namespace
        self.priority = priority
        self.deadline = deadline
    }

    /// The same with another deadline.
    func until(_ deadline: Deadline) -> RequestContext {
        var copy = self
        copy.deadline = deadline
        return copy
    }
}

/// Which requests go first when a service allows only so many.
package enum RequestPriority: Sendable {
    /// A pod is waiting to start.
    case firstMount
    /// A running pod's files are compared with the vault.
    case republish
}
