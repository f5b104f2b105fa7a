import ArgumentParser
import Foundation
import TransportClients

/// One measurement of the scenario `transport`, in a process of its own, so that its CPU time is the client's alone.
struct TransportClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transport-client",
        abstract: "Send the same GET request many times, and write the CPU time of this process as JSON.",
        shouldDisplay: false)

    @Option(help: "The HTTP engine.")
    var engine: TransportEngine

    @Option(help: "The https URL, with the default port.")
    var url: String

    @Option(help: "The file with the access token.")
    var tokenFile: String

    @Option(help: "A text that each response contains.")
    var expect: String

    @Option(help: "The number of senders.")
    var senders = 1

    @Option(help: "The number of requests in a batch.")
    var batchSize = 1

    @Option(help: "The number of batches of each sender.")
    var batches = 1

    @Option(help: "The number of batches of each sender before the measurement.")
    var warmUpBatches = 0

    func validate() throws {
        guard senders > 0, batchSize > 0, batches > 0, warmUpBatches >= 0 else {
            throw ValidationError("the numbers must be at least 1, and --warm-up-batches must not be negative")
        }
    }

    func run() async throws {
        let report = try await TransportReport.measuring(
            engine,
            TransportLoad(
                url: url, token: try String(contentsOfFile: tokenFile, encoding: .utf8), expected: expect,
                senders: senders, batchSize: batchSize, batches: batches, warmUpBatches: warmUpBatches),
            environment: ProcessInfo.processInfo.environment)
        print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
    }
}

extension TransportEngine: ExpressibleByArgument {}
