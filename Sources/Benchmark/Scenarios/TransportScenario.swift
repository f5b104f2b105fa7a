internal import Foundation

/// The provider's HTTP engine compared with a plain SwiftNIO handler, which shows the cost of TLS and HTTP alone: the
/// same GET requests for a secret over open connections. Each measurement has a process of its own.
struct TransportScenario: Scenario {
    let name = "transport"
    let summary = "the CPU time of a GET request in the provider's HTTP engine and in a plain SwiftNIO handler"

    func run(in context: ScenarioContext) async throws -> ScenarioResult {
        let azure = context.azureWithoutLatency
        let tokenFile = "\(context.watchdog.directory)/access-token"
        let token = try await azure.accessToken(for: context.tenant)
        guard
            FileManager.default.createFile(
                atPath: tokenFile, contents: Data(token.utf8), attributes: [.posixPermissions: 0o600])
        else { throw BenchmarkError("\(tokenFile) cannot be written") }

        var rows = TransportRow.Load.all.flatMap { load in
            TransportRow.Engine.allCases.map { TransportRow(engine: $0, load: load) }
        }
        // The engines alternate, so that a busy moment of the machine affects all of them.
        for _ in 0..<context.size.samples(10, quick: 1) {
            for index in rows.indices { try await rows[index].measure(in: context, tokenFile: tokenFile) }
        }
        let plain = rows.filter { $0.engine == .plain }
        return ScenarioResult(
            measurements: rows.map { row in
                row.measurement(name, comparedWith: plain.first { $0.load == row.load })
            },
            checks: rows.flatMap(\.checks))
    }
}

/// The measurements of one engine under one load.
struct TransportRow: Sendable {
    /// The raw values are the names that `akv-bench transport-client` takes.
    enum Engine: String, CaseIterable, Sendable {
        case single, batched, plain

        var title: String {
            switch self {
            case .single: "single requests"
            case .batched: "batched requests"
            case .plain: "plain handler"
            }
        }
    }

    /// Either several senders, each of which sends a request as soon as it has the response to its last one, or one
    /// sender that sends several requests together and waits for all responses.
    struct Load: Equatable, Sendable, CustomStringConvertible {
        var senders = 1
        var batchSize = 1

        static let all = [
            Load(), Load(senders: 10), Load(senders: 25), Load(batchSize: 10), Load(batchSize: 50),
        ]

        /// The number of requests under way at the same time.
        var width: Int { senders * batchSize }

        var description: String { batchSize > 1 ? "batches of \(batchSize)" : "\(senders) at a time" }
    }

    let engine: Engine
    let load: Load
    private(set) var checks: [Check] = []
    private var reports: [Report] = []
    private var calls = CallCounts.zero

    /// The output of `akv-bench transport-client`.
    private struct Report: Decodable {
        var responses: Int
        var userNanoseconds: Int64
        var kernelNanoseconds: Int64
        var durations: [Int64]
    }

    init(engine: Engine, load: Load) {
        self.engine = engine
        self.load = load
    }

    /// Runs one process.
    mutating func measure(in context: ScenarioContext, tokenFile: String) async throws {
        let azure = context.azureWithoutLatency
        let secret = EmulatorSeed.name(0)
        let batches = max(1, context.size.samples(1000, quick: 50) / load.width)
        let warmUpBatches = max(2, context.size.samples(200, quick: 0) / load.width)
        let log = "\(context.watchdog.directory)/transport-\(engine)-\(load.senders)-\(load.batchSize)-\(reports.count)"
        let callsBefore = try await azure.counts()
        let client = try ChildProcess(
            Programs.thisProgram,
            [
                "transport-client", "--engine", engine.rawValue, "--token-file", tokenFile,
                "--url", "https://\(context.tenant.vault).vault.azure.net/secrets/\(secret)?api-version=7.4",
                "--expect", EmulatorSeed.value(of: secret), "--senders", "\(load.senders)",
                "--batch-size", "\(load.batchSize)", "--batches", "\(batches)", "--warm-up-batches", "\(warmUpBatches)",
            ],
            environment: Programs.environment.merging(azure.environment) { $1 }, log: log, watchdog: context.watchdog)
        // Checked rarely, because this costs CPU time on the same cores.
        let status = try await client.waitForExit(within: .seconds(300), every: .milliseconds(20))
        let output = FileManager.default.contents(atPath: log) ?? Data()
        guard status == 0 else {
            throw BenchmarkError("akv-bench transport-client failed: \(String(decoding: output, as: UTF8.self))")
        }
        let report = try JSONDecoder().decode(Report.self, from: output)
        var calls = try await azure.counts() - callsBefore
        calls.vault -= load.width * warmUpBatches
        let requests = load.width * batches
        let title = "transport, \(engine.title), \(load)"
        checks += [
            Check("\(title): responses", report.responses, is: requests),
            Check("\(title): vault requests", calls.vault, is: requests),
            Check("\(title): connections", calls.connections, is: 1...load.width),
        ]
        self.calls = self.calls + calls
        reports.append(report)
    }

    /// - Parameter plain: the plain handler under the same load.
    func measurement(_ scenario: String, comparedWith plain: TransportRow?) -> Measurement {
        let responses = reports.reduce(0) { $0 + $1.responses }
        var result = Measurement(
            scenario, "\(engine.title), \(load)", reports.flatMap(\.durations).map { .nanoseconds($0) },
            mounts: responses)
        result.calls = calls
        result.cpuMillisecondsPerMount = cpuMilliseconds
        let requests = reports.reduce(0) { $0 + $1.durations.count } * load.batchSize
        func perRequest(_ nanoseconds: KeyPath<Report, Int64>) -> Double {
            Double(reports.reduce(0) { $0 + $1[keyPath: nanoseconds] }) / 1e6 / Double(requests)
        }
        result.figures = [
            .init("user", perRequest(\.userNanoseconds), "ms"), .init("kernel", perRequest(\.kernelNanoseconds), "ms"),
        ]
        if engine != .plain, let cpu = cpuMilliseconds, let floor = plain?.cpuMilliseconds, floor > 0 {
            result.figures.append(.init("CPU relative to the plain handler", cpu / floor, "", isCost: true))
        }
        return result
    }

    /// The CPU time of one request in milliseconds: the median of the processes.
    private var cpuMilliseconds: Double? {
        let perRequest = reports.map { report in
            let requests = report.durations.count * load.batchSize
            return Duration.nanoseconds(report.userNanoseconds + report.kernelNanoseconds) / requests
        }
        return Statistics(perRequest).median
    }
}
