/// The status of a call that failed.
package struct RPCStatus: Error, Hashable, Sendable {
    package var code: RPCCode
    /// Text for the client. The driver shows it in the pod's events, so it must not contain a secret.
    package var message: String

    package init(code: RPCCode, message: String) {
        self.code = code
        self.message = message
    }
}

/// gRPC's status codes.
package enum RPCCode: Int32, CaseIterable, Sendable {
    case ok = 0
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16

    /// The codes that the kubelet does not consider final. After a failed first mount it keeps the volume's directory,
    /// and with rotation on the driver then reports an empty volume as mounted. A provider must never respond with one
    /// of them (observed driver and kubelet behaviour).
    package static let leavesEmptyVolume: Set<RPCCode> = [
        .cancelled, .deadlineExceeded, .resourceExhausted, .aborted, .unavailable,
    ]

    /// The name as gRPC's Go implementation spells it, which operators see in pod events.
    package var name: String {
        switch self {
        case .ok: "OK"
        case .cancelled: "Canceled"
        case .unknown: "Unknown"
        case .invalidArgument: "InvalidArgument"
        case .deadlineExceeded: "DeadlineExceeded"
        case .notFound: "NotFound"
        case .alreadyExists: "AlreadyExists"
        case .permissionDenied: "PermissionDenied"
        case .resourceExhausted: "ResourceExhausted"
        case .failedPrecondition: "FailedPrecondition"
        case .aborted: "Aborted"
        case .outOfRange: "OutOfRange"
        case .unimplemented: "Unimplemented"
        case .internal: "Internal"
        case .unavailable: "Unavailable"
        case .dataLoss: "DataLoss"
        case .unauthenticated: "Unauthenticated"
        }
    }
}
