internal import CProcess
internal import Documents
internal import Glibc
package import ProviderCore
internal import SecretMemory

/// Reads the status of a provider on this machine.
package struct StatusClient: Sendable {
    /// The provider's socket, as in `serve --endpoint`.
    private let providerSocket: String
    /// The status socket.
    package let path: String

    /// The usual sockets of a provider: in the DaemonSets of this project and of Azure's provider, and the default of
    /// `serve`.
    package static let usualSockets = ["/provider/azure.sock", "/tmp/azure.sock"]

    private static let timeoutSeconds: Int32 = 10
    private static let maximumBytes = 32 << 20

    package init(providerSocket: String) {
        self.providerSocket = providerSocket
        path = NodeStatus.socketPath(nextTo: providerSocket)
    }

    /// Creates a client for the status socket in `serve --status-endpoint`.
    package init(statusSocket: String) {
        providerSocket = ""
        path = statusSocket
    }

    /// Returns a client for a provider at one of the usual sockets. Throws if none exists.
    package static func usual() throws(StatusError) -> StatusClient {
        let clients = usualSockets.map(StatusClient.init(providerSocket:))
        if let client = clients.first(where: { access($0.path, F_OK) == 0 }) { return client }
        if let client = clients.first(where: { access($0.providerSocket, F_OK) == 0 }) { return client }
        throw StatusError(
            "no provider runs here: neither \(clients.map(\.path).joined(separator: " nor ")) exists",
            fix: "run this in the provider's pod: \(Self.exampleInPod), or name the provider's socket with --endpoint")
    }

    private static let exampleInPod =
        "kubectl exec -n kube-system ds/csi-secrets-store-provider-azure -- /usr/local/bin/akv-csi status"

    /// Reads the current status. Throws if no provider responds.
    package func status() throws(StatusError) -> NodeStatus {
        let response = try request()
        guard let (head, body) = Self.split(response), head.hasPrefix("HTTP/1.1 200 ") else {
            throw StatusError(
                "what listens on \(path) does not answer as a provider does",
                fix: "name the provider's socket with --endpoint")
        }
        let document: JSONValue
        do throws(JSONError) { document = try JSONParser.parse(SecretBytes(body)) } catch {
            throw StatusError(
                "the provider ended while it answered: \(error.reason)", fix: "run the command again")
        }
        guard let status = NodeStatus(document) else {
            throw StatusError(
                "the provider answers in a form that this version of akv-csi does not know",
                fix: "use the akv-csi of the provider's version, such as the one in its pod: \(Self.exampleInPod)")
        }
        return status
    }

    private func request() throws(StatusError) -> [UInt8] {
        let descriptor = unix_socket_connect(path, Self.timeoutSeconds)
        guard descriptor >= 0 else { throw connectError(-descriptor) }
        defer { close(descriptor) }
        let request = Array(
            "GET \(NodeStatus.requestPath) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw connectionError(errno)
        }
        var response: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count == 0 { return response }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw connectionError(errno) }
            response += chunk[..<count]
            guard response.count <= Self.maximumBytes else {
                throw StatusError(
                    "what listens on \(path) sends more than \(Self.maximumBytes) bytes",
                    fix: "name the provider's socket with --endpoint")
            }
        }
    }

    /// Returns the head as text, and the body.
    private static func split(_ response: [UInt8]) -> (head: String, body: [UInt8])? {
        let end = Array("\r\n\r\n".utf8)
        guard let index = response.indices.first(where: { response[$0...].starts(with: end) }) else { return nil }
        return (String(decoding: response[..<index], as: UTF8.self), Array(response[(index + end.count)...]))
    }

    private func connectError(_ error: Int32) -> StatusError {
        switch error {
        case ENOENT where !providerSocket.isEmpty && access(providerSocket, F_OK) == 0:
            StatusError(
                "the provider at \(providerSocket) serves no status: \(path) does not exist",
                fix: "look for status-unavailable in the provider's log; older versions and --status-endpoint=none"
                    + " have no status"
            )
        case ENOENT:
            StatusError(
                "no provider runs here: \(path) does not exist",
                fix:
                    "run this where the provider runs, such as \(Self.exampleInPod), or name its socket with --endpoint"
            )
        case ECONNREFUSED:
            StatusError(
                "no provider listens on \(path), which is left over from one that has ended",
                fix: "look at why the provider does not run: kubectl logs -p in its pod")
        case EACCES, EPERM:
            StatusError(
                "this user may not use \(path)\(owner.map { ", which belongs to uid \($0)" } ?? "")",
                fix: "run this as root or as the provider's user")
        default: connectionError(error)
        }
    }

    private var owner: UInt32? {
        var information = stat()
        return stat(path, &information) == 0 ? information.st_uid : nil
    }

    private func connectionError(_ error: Int32) -> StatusError {
        error == EAGAIN || error == EWOULDBLOCK
            ? StatusError(
                "the provider did not answer on \(path) within \(Self.timeoutSeconds) s",
                fix: "look at its load and its log, then run the command again")
            : StatusError(
                "\(path) cannot be read: \(String(cString: strerror(error)))", fix: "run the command again")
    }
}

/// The reason why the status cannot be read, and the fix.
package struct StatusError: Error, CustomStringConvertible, Sendable {
    package var cause: String
    package var fix: String

    package init(_ cause: String, fix: String) {
        self.cause = cause
        self.fix = fix
    }

    package var description: String { "\(cause)\nTo fix: \(fix)" }
}
