internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// How a right answer fails to arrive as it should.
enum FaultDelivery {
    private static let chunkBytes = 64 << 10

    /// `response` with a body that is sent the fault's way, or as it is.
    static func spoil(_ response: Response, _ fault: Fault, on channel: any Channel) async throws -> Response {
        let body = try await bytes(of: response)
        var result = response
        switch fault.kind {
        case .resetAfterHeaders:
            result.body = ResponseBody(contentLength: max(1, body.readableBytes)) { _ in
                // The head is on its way: writes are in order, and the reset comes after them.
                await channel.abort()
                throw ConnectionEnded()
            }
        case .halfBody:
            result.body = ResponseBody(contentLength: body.readableBytes) { writer in
                try await writer.write(body.getSlice(at: body.readerIndex, length: body.readableBytes / 2) ?? body)
                throw ConnectionEnded()
            }
        case .drip:
            let (size, delay) = (fault.size ?? 1, fault.delay)
            result.body = ResponseBody(contentLength: body.readableBytes) { writer in
                var rest = body
                while let piece = rest.readSlice(length: min(size, rest.readableBytes)), piece.readableBytes > 0 {
                    try await writer.write(piece)
                    try await Pause.wait(delay, on: channel.eventLoop)
                }
                try await writer.finish(nil)
            }
        case .wrongContentType:
            result.headers[.contentType] = "text/html; charset=utf-8"
            result.body = ResponseBody(byteBuffer: body)
        case .badJSON: result.body = ResponseBody(byteBuffer: ByteBuffer(string: "{\"value\": nonsense, }"))
        case .truncatedJSON:
            result.body = ResponseBody(
                byteBuffer: body.getSlice(at: body.readerIndex, length: body.readableBytes / 2) ?? body)
        case .hugeBody:
            let size = fault.size ?? 16 << 20
            result.body = ResponseBody { writer in
                try await writer.write(ByteBuffer(string: "{\"value\":\""))
                let chunk = ByteBuffer(repeating: UInt8(ascii: "A"), count: chunkBytes)
                for _ in 0..<(size / chunkBytes) { try await writer.write(chunk) }
                try await writer.write(ByteBuffer(string: "\"}"))
                try await writer.finish(nil)
            }
        default: result.body = ResponseBody(byteBuffer: try FaultContent.spoil(body, fault))
        }
        result.headers[.contentLength] = result.body.contentLength.map(String.init)
        return result
    }

    private static func bytes(of response: Response) async throws -> ByteBuffer {
        let collected = Collector.Storage()
        try await response.body.write(Collector(storage: collected))
        return collected.buffer
    }

    /// Keeps what would have been sent.
    private struct Collector: ResponseBodyWriter {
        /// Used by one task only, one write after the other.
        final class Storage { var buffer = ByteBuffer() }

        let storage: Storage

        mutating func write(_ buffer: ByteBuffer) async throws {
            storage.buffer.writeImmutableBuffer(buffer)
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

/// Thrown to make the server give up a connection.
struct ConnectionEnded: Error {}
