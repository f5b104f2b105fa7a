internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Damages a service's response, or the way in which it is sent.
enum FaultDelivery {
    private static let chunkBytes = 64 << 10

    /// The service's response changed by the fault.
    static func damage(_ response: Response, by fault: Fault, on channel: any Channel) async throws -> Response {
        let body = try await bytes(of: response)
        var result = response
        switch fault.kind {
        case .resetAfterHeaders:
            result.body = ResponseBody(contentLength: max(1, body.readableBytes)) { _ in
                // The headers are sent first: writes keep their order, and the reset follows them.
                await channel.abort()
                throw ConnectionEndedError()
            }
        case .halfBody:
            result.body = ResponseBody(contentLength: body.readableBytes) { writer in
                try await writer.write(firstHalf(of: body))
                throw ConnectionEndedError()
            }
        case .drip:
            let (size, delay) = (fault.size ?? 1, fault.delay)
            result.body = ResponseBody(contentLength: body.readableBytes) { writer in
                var rest = body
                while let piece = rest.readSlice(length: min(size, rest.readableBytes)), piece.readableBytes > 0 {
                    try await writer.write(piece)
                    try await channel.eventLoop.wait(for: delay)
                }
                try await writer.finish(nil)
            }
        case .wrongContentType:
            result.headers[.contentType] = "text/html; charset=utf-8"
            result.body = ResponseBody(byteBuffer: body)
        case .badJSON: result.body = ResponseBody(byteBuffer: ByteBuffer(string: "{\"value\": nonsense, }"))
        case .truncatedJSON: result.body = ResponseBody(byteBuffer: firstHalf(of: body))
        case .hugeBody:
            let size = fault.size ?? 16 << 20
            result.body = ResponseBody { writer in
                try await writer.write(ByteBuffer(string: "{\"value\":\""))
                let chunk = ByteBuffer(repeating: UInt8(ascii: "A"), count: chunkBytes)
                for _ in 0..<(size / chunkBytes) { try await writer.write(chunk) }
                try await writer.write(ByteBuffer(string: "\"}"))
                try await writer.finish(nil)
            }
        default: result.body = ResponseBody(byteBuffer: try FaultContent.alter(body, by: fault))
        }
        result.headers[.contentLength] = result.body.contentLength.map(String.init)
        return result
    }

    private static func firstHalf(of body: ByteBuffer) -> ByteBuffer {
        body.getSlice(at: body.readerIndex, length: body.readableBytes / 2) ?? body
    }

    private static func bytes(of response: Response) async throws -> ByteBuffer {
        let collected = Collector.Storage()
        try await response.body.write(Collector(storage: collected))
        return collected.buffer
    }

    /// Collects a response's body in memory.
    private struct Collector: ResponseBodyWriter {
        /// Used by one task only, for one write after the other.
        final class Storage { var buffer = ByteBuffer() }

        let storage: Storage

        mutating func write(_ buffer: ByteBuffer) async throws {
            storage.buffer.writeImmutableBuffer(buffer)
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

/// Thrown so that the server ends a connection without a complete response.
struct ConnectionEndedError: Error {}
