/// Which requests go first when a service allows only so many.
package enum RequestPriority: Sendable {
    /// A pod is waiting to start.
    case firstMount
    /// A running pod's files are compared with the vault.
    case republish
}
