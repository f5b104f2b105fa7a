internal import Foundation
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// An HTTP proxy that leads Azure's host names to the emulator, and nothing anywhere else.
///
/// With `HTTPS_PROXY` set to it, any client reaches the emulated vaults under their real names: no
/// manifest, no SDK option and no `/etc/hosts` has to change.
struct ConnectProxy: Service {
    private static let maximumHeadBytes = 16 << 10

    let listener: Listener
    let target: SocketAddress
    let extraHosts: Set<String>
    /// `user:password`; nil lets everybody through.
    let credentials: String?
    let calls: CallLog
    let faults: FaultBook
    let logger: Logger

    /// Accepted connections are bare, and read nothing, until somebody handles them: those that nobody gets to
    /// handle, because the proxy stops, are just dropped.
    typealias Listener = NIOAsyncChannel<any Channel, Never>
    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    static func listen(host: String, port: Int) async throws -> Listener {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .bind(host: host, port: port) { channel in channel.eventLoop.makeSucceededFuture(channel) }
    }

    /// `halfCloses` so that the end of a server's bytes reaches the client, after the last of them.
    private static func open(_ channel: any Channel, halfCloses: Bool) async throws -> Connection {
        try await channel.eventLoop.submit {
            let connection = try Connection(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: halfCloses))
            // What was held back until now.
            channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
            return connection
        }.get()
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await withThrowingDiscardingTaskGroup { group in
                try await listener.executeThenClose { connections in
                    for try await connection in connections {
                        group.addTask { await handle(connection) }
                    }
                }
            }
        }
    }

    private func handle(_ channel: any Channel) async {
        do {
            let client = try await Self.open(channel, halfCloses: true)
            try await client.executeThenClose { inbound, outbound in
                var bytes = inbound.makeAsyncIterator()
                var head = ByteBuffer()
                while !String(buffer: head).contains("\r\n\r\n") {
                    guard head.readableBytes < Self.maximumHeadBytes, var chunk = try await bytes.next() else { return }
                    head.writeBuffer(&chunk)
                }
                let host = Self.host(in: String(buffer: head)) ?? ""
                let call = FaultBook.Call(service: .proxy(host), stage: .tunnel, method: "CONNECT")
                let names = CallLog.classes(of: call)
                calls.begin(names)
                defer { calls.end(names) }
                guard isServed(host) else {
                    try await outbound.write(ByteBuffer(string: "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"))
                    return
                }
                guard Self.isAuthorized(String(buffer: head), by: credentials) else {
                    try await outbound.write(
                        ByteBuffer(
                            string: "HTTP/1.1 407 Proxy Authentication Required\r\n"
                                + "Proxy-Authenticate: Basic realm=\"akv-emulator\"\r\nContent-Length: 0\r\n\r\n"))
                    return
                }
                guard try await isOpened(for: call, on: client.channel, outbound) else { return }
                calls.add(\.connections)
                let target = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                    .channelOption(.autoRead, value: false).connect(to: target).get()
                let server = try await Self.open(target, halfCloses: false)
                try await Self.join(&bytes, outbound, client.channel, server)
            }
        } catch {
            logger.debug("connection ended", metadata: ["error": "\(error)"])
        }
    }

    /// Whether the proxy does what it is asked to; if not, it has misbehaved already.
    private func isOpened(
        for call: FaultBook.Call, on channel: any Channel, _ client: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws -> Bool {
        let (delay, fault) = faults.strikes(call)
        try await Pause.wait(delay, on: channel.eventLoop)
        guard let fault else { return true }
        switch fault.kind {
        case .hang: try await channel.waitUntilClosed(limit: FaultGate.hangLimit)
        case .reset: await channel.abort()
        case .status:
            let head = "HTTP/1.1 \(fault.status ?? 502) Misbehaving\r\nContent-Length: 0\r\n\r\n"
            try await client.write(ByteBuffer(string: head))
        default: break
        }
        return false
    }

    /// Copies both ways until either side ends.
    private static func join(
        _ fromClient: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        _ toClient: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ client: any Channel,
        _ server: Connection
    ) async throws {
        try await server.executeThenClose { fromServer, toServer in
            // Only now, when whatever fails closes both: the client may have gone while we connected.
            try await toClient.write(ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        for try await chunk in fromServer { try await toClient.write(chunk) }
                        toClient.finish()
                    } catch {
                        // A reset on one side is one on the other too, which also ends the loop below.
                        await client.abort()
                    }
                }
                while let chunk = try await fromClient.next() { try await toServer.write(chunk) }
                toServer.finish()
                group.cancelAll()
            }
        }
    }

    private func isServed(_ host: String) -> Bool {
        VaultHosts.isServed(host) || extraHosts.contains(host.lowercased())
    }

    /// Whether the request has the Basic credentials (RFC 7617) that are demanded.
    private static func isAuthorized(_ head: String, by credentials: String?) -> Bool {
        guard let credentials else { return true }
        let expected = "basic \(Data(credentials.utf8).base64EncodedString())"
        return head.split(separator: "\r\n").contains { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "proxy-authorization" else { return false }
            let value = parts[1].drop { $0 == " " }
            return value.prefix(6).lowercased() + value.dropFirst(6) == expected
        }
    }

    /// The host of `CONNECT host:port HTTP/1.1`.
    private static func host(in head: String) -> String? {
        let words = head.prefix { $0 != "\r\n" && $0 != "\r" && $0 != "\n" }.split(separator: " ")
        guard words.count == 3, words[0] == "CONNECT", let colon = words[1].lastIndex(of: ":") else { return nil }
        return String(words[1][..<colon])
    }
}
