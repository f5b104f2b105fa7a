internal import Foundation
internal import Hummingbird
internal import Logging

/// Adds each request to the request log and to the program's log when its response, or an error, is there.
struct RequestRecorder: Sendable {
    let log: RequestLog
    let clock: EmulatorClock
    let logger: Logger

    /// Runs `service` and records its result. The service sets the caller in the note.
    func record(
        _ request: Request, host: String, by service: (CallerNote) async throws -> Response
    ) async throws -> Response {
        let (note, start, time) = (CallerNote(), ContinuousClock.now, clock.now)
        func add(status: Int) {
            log.add(
                RequestLog.Entry(
                    id: 0, time: time, who: note.identity, method: "\(request.method)", host: host,
                    path: request.uri.path, status: status,
                    milliseconds: (ContinuousClock.now - start).inSeconds * 1000))
            logger.info(
                "request",
                metadata: [
                    "method": "\(request.method)", "host": "\(host)", "path": "\(request.uri.path)",
                    "status": "\(status)",
                ])
        }
        do {
            let response = try await service(note)
            add(status: response.status.code)
            return response
        } catch {
            add(status: 0)
            throw error
        }
    }
}
