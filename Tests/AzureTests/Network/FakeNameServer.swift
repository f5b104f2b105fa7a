import Foundation
import NIOCore
import NIOPosix
import Synchronization

@testable import Azure

/// A name server on a loopback port. A test decides its answers.
final class FakeNameServer: Sendable {
    enum Answer: Sendable {
        case addresses([[UInt8]], timeToLive: Int = 60)
        case noRecord
        case noSuchName
        case serverFailure
        /// The question is kept until `answerHeld`.
        case none
    }

    struct Question: Hashable, Sendable {
        var name: String
        var family: AddressFamily
    }

    private struct Query: Sendable {
        var question: Question
        var message: ByteBuffer
        var client: SocketAddress
    }

    private struct State {
        var rule: @Sendable (Question) -> Answer
        var queries: [Query] = []
        var held: [Query] = []
    }

    private let channel: any Channel
    private let state: Mutex<State>

    init(_ rule: @escaping @Sendable (Question) -> Answer) async throws {
        state = Mutex(State(rule: rule))
        channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        try await channel.pipeline.addHandler(Receiver { [weak self] in self?.receive($0) }).get()
    }

    /// Runs `body` with a server, and stops it afterwards.
    static func with(
        _ rule: @escaping @Sendable (Question) -> Answer, _ body: (FakeNameServer) async throws -> Void
    ) async throws {
        let server = try await FakeNameServer(rule)
        try await body(server)
        try await server.channel.close().get()
    }

    /// Address and port, in the form in which a resolver is configured.
    var address: String { "127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    /// The names in the order of their first question.
    var names: [String] {
        state.withLock { state in
            state.queries.reduce(into: []) { if !$0.contains($1.question.name) { $0.append($1.question.name) } }
        }
    }

    /// The number of look-ups of `name`. Each has its own port.
    func lookups(of name: String) -> Int {
        state.withLock { state in
            Set(state.queries.filter { $0.question.name == name }.map(\.client.port)).count
        }
    }

    /// Whether questions for both families of `name` have arrived.
    func wasAsked(for name: String) -> Bool {
        state.withLock { state in
            AddressFamily.allCases.allSatisfy { family in
                state.queries.contains { $0.question == Question(name: name, family: family) }
            }
        }
    }

    /// Changes the rule, and answers the questions that the old rule kept.
    func answerHeld(_ rule: @escaping @Sendable (Question) -> Answer) {
        let held = state.withLock { state in
            state.rule = rule
            defer { state.held = [] }
            return state.held
        }
        for query in held { answer(query, rule(query.question)) }
    }

    private func receive(_ envelope: AddressedEnvelope<ByteBuffer>) {
        guard let question = Self.question(envelope.data) else { return }
        let query = Query(question: question, message: envelope.data, client: envelope.remoteAddress)
        let answer = state.withLock { state in
            state.queries.append(query)
            let answer = state.rule(question)
            if case .none = answer { state.held.append(query) }
            return answer
        }
        self.answer(query, answer)
    }

    private func answer(_ query: Query, _ answer: Answer) {
        guard let response = Self.response(to: query, answer) else { return }
        channel.writeAndFlush(AddressedEnvelope(remoteAddress: query.client, data: response), promise: nil)
    }

    // MARK: - Messages (RFC 1035, section 4)

    private static func question(_ message: ByteBuffer) -> Question? {
        var message = message
        message.moveReaderIndex(forwardBy: min(12, message.readableBytes))
        var labels: [String] = []
        while let length = message.readInteger(as: UInt8.self), length > 0 {
            guard let label = message.readString(length: Int(length)) else { return nil }
            labels.append(label.lowercased())
        }
        switch message.readInteger(as: UInt16.self) {
        case 1: return Question(name: labels.joined(separator: "."), family: .v4)
        case 28: return Question(name: labels.joined(separator: "."), family: .v6)
        default: return nil
        }
    }

    private static func response(to query: Query, _ answer: Answer) -> ByteBuffer? {
        var addresses: [[UInt8]] = []
        var timeToLive = 0
        var code: UInt16 = 0
        switch answer {
        case .addresses(let found, let seconds): (addresses, timeToLive) = (found, seconds)
        case .noRecord: break
        case .noSuchName: code = 3
        case .serverFailure: code = 2
        case .none: return nil
        }
        // Up to the question's type and class. The bytes after them are extensions.
        let questionLength = query.question.name.utf8.count + 2 + 4
        guard let id = query.message.getInteger(at: query.message.readerIndex, as: UInt16.self),
            let question = query.message.getSlice(at: query.message.readerIndex + 12, length: questionLength)
        else { return nil }
        var response = ByteBuffer()
        let header = [id, 0x8180 | code, 1, UInt16(addresses.count), 0, 0]
        for field in header { response.writeInteger(field) }
        response.writeImmutableBuffer(question)
        for address in addresses {
            response.writeInteger(UInt16(0xC00C))
            response.writeInteger(UInt16(address.count == 4 ? 1 : 28))
            response.writeInteger(UInt16(1))
            response.writeInteger(UInt32(timeToLive))
            response.writeInteger(UInt16(address.count))
            response.writeBytes(address)
        }
        return response
    }
}

private final class Receiver: ChannelInboundHandler, Sendable {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let receive: @Sendable (AddressedEnvelope<ByteBuffer>) -> Void

    init(_ receive: @escaping @Sendable (AddressedEnvelope<ByteBuffer>) -> Void) {
        self.receive = receive
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        receive(unwrapInboundIn(data))
    }
}
