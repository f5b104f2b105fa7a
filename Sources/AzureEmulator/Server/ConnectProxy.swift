internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// An HTTP proxy that connects Azure's host names to the emulator. It connects clients on this machine to other hosts
/// if its rules say so.
///
/// A client that uses it as `HTTPS_PROXY` reaches the emulated vaults under their real names, without a
/// change to a manifest, an SDK option or `/etc/hosts`.
struct ConnectProxy: Service {
    let listener: Listener
    /// The address of the emulator's TLS server.
    let target: SocketAddress
    let rules: ConnectRules
    let calls: CallCounter
    let faults: FaultRegistry
    let logger: Logger

    /// An accepted connection reads nothing until a task handles it. A connection that no task handles,
    /// because the proxy stops, is closed.
    typealias Listener = NIOAsyncChannel<any Channel, Never>
    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    static func listen(host: String, port: Int) async throws -> Listener {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .bind(host: host, port: port) { channel in channel.eventLoop.makeSucceededFuture(channel) }
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

    // MARK: - One client

    private func handle(_ channel: any Channel) async {
        do {
            let client = try await Self.open(channel, halfCloses: true)
            try await client.executeThenClose { inbound, outbound in
                var bytes = inbound.makeAsyncIterator()
                var head = ByteBuffer()
                while !String(buffer: head).contains("\r\n\r\n") {
                    guard head.readableBytes < ConnectRequest.maximumHeadBytes, var chunk = try await bytes.next()
                    else { return }
                    head.writeBuffer(&chunk)
                }
                let request = ConnectRequest(head: String(buffer: head))
                let call = ServiceCall(service: .proxy(request.host), stage: .tunnel, method: "CONNECT")
                let classes = call.classes
                calls.begin(classes)
                defer { calls.end(classes) }
                let decision = rules.decide(request)
                // Clients show the reason of a refusal, so it says more than the name of the status.
                switch decision {
                case .accept: break
                case .passThrough where client.channel.remoteAddress?.isLoopback == true: break
                case .forbidden, .passThrough:
                    return try await Self.send("403 akv-emulator connects to Azure only", to: outbound)
                case .notEmulated:
                    return try await Self.send("403 This host of Azure is not emulated", to: outbound)
                case .unresolved: return try await Self.send("502 This vault does not exist", to: outbound)
                case .authenticationRequired:
                    return try await Self.send(
                        "407 Proxy Authentication Required",
                        headers: "Proxy-Authenticate: Basic realm=\"akv-emulator\"\r\n", to: outbound)
                }
                guard try await misbehave(on: call, client.channel, outbound) == false else { return }
                calls.increment(\.connections)
                let connection: any Channel
                do {
                    connection = try await connect(request, directly: decision == .passThrough)
                } catch {
                    return try await Self.send("502 The host cannot be reached", to: outbound)
                }
                let server = try await Self.open(connection, halfCloses: false)
                try await Self.join(&bytes, outbound, client.channel, server)
            }
        } catch {
            logger.debug("connection ended", metadata: ["error": "\(error)"])
        }
    }

    /// Connects to the emulator or, `directly`, to the requested host.
    private func connect(_ request: ConnectRequest, directly: Bool) async throws -> any Channel {
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: false)
        guard directly, let port = request.port else { return try await bootstrap.connect(to: target).get() }
        let host = request.host.hasPrefix("[") ? String(request.host.dropFirst().dropLast()) : request.host
        return try await bootstrap.connect(host: host, port: port).get()
    }

    /// Delays the call and applies the fault that strikes it. Returns whether there was one besides latency,
    /// after which no tunnel is opened.
    private func misbehave(
        on call: ServiceCall, _ channel: any Channel, _ client: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws -> Bool {
        let effect = faults.effect(on: call)
        try await channel.eventLoop.wait(for: effect.delay)
        guard let fault = effect.fault else { return false }
        switch fault.kind {
        case .hang: try await channel.waitUntilClosed(limit: FaultGate.hangLimit)
        case .reset: await channel.abort()
        case .status: try await Self.send("\(fault.status ?? 502) Misbehaving", to: client)
        default: break
        }
        return true
    }

    private static func send(
        _ status: String, headers: String = "", to client: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        try await client.write(ByteBuffer(string: "HTTP/1.1 \(status)\r\n\(headers)Content-Length: 0\r\n\r\n"))
    }

    // MARK: - The tunnel

    /// Starts reading from a channel. With `halfCloses` the end of the server's bytes reaches the client after
    /// the last of them.
    private static func open(_ channel: any Channel, halfCloses: Bool) async throws -> Connection {
        try await channel.eventLoop.submit {
            let connection = try Connection(
                wrappingChannelSynchronously: channel,
                configuration: .init(isOutboundHalfClosureEnabled: halfCloses))
            channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
            return connection
        }.get()
    }

    /// Copies bytes in both directions until one side ends.
    private static func join(
        _ fromClient: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        _ toClient: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ client: any Channel,
        _ server: Connection
    ) async throws {
        try await server.executeThenClose { fromServer, toServer in
            // Sent only here, where an error closes both sides: the client may have left during the connect.
            try await toClient.write(ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        for try await chunk in fromServer { try await toClient.write(chunk) }
                        toClient.finish()
                    } catch {
                        // A reset by the server becomes a reset for the client, which also ends the loop below.
                        await client.abort()
                    }
                }
                while let chunk = try await fromClient.next() { try await toServer.write(chunk) }
                toServer.finish()
                group.cancelAll()
            }
        }
    }
}

extension SocketAddress {
    /// Whether the address is one of this machine's own, 127.0.0.0/8 or ::1.
    fileprivate var isLoopback: Bool {
        guard let text = ipAddress else { return false }
        return text.hasPrefix("127.") || text == "::1" || text.hasPrefix("::ffff:127.")
    }
}
