internal import Foundation
internal import Hummingbird
internal import Logging

/// Writes each request to the log, however it ends.
struct RequestRecorder: Sendable {
    let log: RequestLog
    let clock: EmulatorClock
    let logger: Logger

    func record(
        _ request: Request, host: String, _ answer: (RequestNote) async throws -> Response
    ) async throws -> Response {
        let (note, start, time) = (RequestNote(), ContinuousClock.now, clock.now)
        func add(_ status: Int) {
            log.add(
                RequestLog.Entry(
                    id: 0, time: time, who: note.who, method: "\(request.method)", host: host,
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
            let response = try await answer(note)
            add(response.status.code)
            return response
        } catch {
            add(0)
            throw error
        }
    }
}
