package import SecretMemory

/// Runs the user's `kubectl`, which reads the cluster with the user's own kubeconfig.
package struct Kubectl: Sendable {
    /// The name or path of the program.
    private let program: String
    /// The flags of every call, such as `--context`.
    private let flags: [String]
    private var processes = ChildProcesses()

    /// Creates a runner. `onErrorLine` receives what kubectl writes to standard error, such as the prompt of a login,
    /// except for errors of a call.
    package init(
        program: String = "kubectl", flags: [String] = [], timeout: Duration = .seconds(60),
        onErrorLine: (@Sendable (String) -> Void)? = nil
    ) {
        self.program = program.isEmpty ? "kubectl" : program
        self.flags = flags
        processes.timeout = timeout
        if let onErrorLine {
            processes.onErrorLine = { line in
                if !Self.isError(line) { onErrorLine(line) }
            }
        }
    }

    private static let errorPrefixes = [
        "Error", "error:", "Defaulted container", "command terminated", "Unable to connect", "The connection",
    ]

    /// Log lines of kubectl, such as `E1127 10:00:00 memcache.go:265] …`, count as errors too.
    private static func isError(_ line: String) -> Bool {
        if errorPrefixes.contains(where: line.hasPrefix) { return true }
        let start = Array(line.utf8.prefix(2))
        return start.count == 2 && "EWI".utf8.contains(start[0]) && ASCII.digits.contains(start[1])
    }

    /// The output of a call and its error. A call for several kinds can have both.
    package struct Answer: Sendable {
        package var output: SecretBytes
        package var error: KubectlError?

        package var text: String { output.withExposed { String(decoding: $0, as: UTF8.self) } }
    }

    /// Returns the output of one call. Throws if the call fails.
    package func output(_ arguments: [String]) throws(KubectlError) -> SecretBytes {
        let answer = try answer(arguments)
        if let error = answer.error { throw error }
        return answer.output
    }

    /// Runs one call. Throws if kubectl cannot be run.
    package func answer(_ arguments: [String]) throws(KubectlError) -> Answer {
        Self.answer(try results([ChildProcess(program, flags + arguments)])[0])
    }

    /// A program to run in a container, with its standard input.
    package struct Execution: Sendable {
        package var namespace: String
        package var pod: String
        package var container: String
        package var command: [String]
        package var input: SecretBytes?

        package init(
            namespace: String, pod: String, container: String, command: [String], input: SecretBytes? = nil
        ) {
            self.namespace = namespace
            self.pod = pod
            self.container = container
            self.command = command
            self.input = input
        }

        fileprivate var arguments: [String] {
            ["exec", "--namespace", namespace, pod, "--container", container] + (input == nil ? [] : ["--stdin"]) + [
                "--"
            ]
                + command
        }
    }

    /// Runs programs in containers concurrently.
    package func execute(_ executions: [Execution]) throws(KubectlError) -> [ChildProcess.Result] {
        var quiet = self
        quiet.processes.onErrorLine = nil
        return try quiet.results(
            executions.map { ChildProcess(program, flags + $0.arguments, input: $0.input) })
    }

    private func results(_ children: [ChildProcess]) throws(KubectlError) -> [ChildProcess.Result] {
        do throws(ChildProcessError) { return try processes.run(children) } catch {
            throw error.isMissing
                ? KubectlError(
                    .program, "\(program) is not installed",
                    fix: "install kubectl, or name it with the environment variable KUBECTL")
                : KubectlError(.program, "\(program) cannot be run: \(error.reason)", fix: "")
        }
    }

    private static func answer(_ result: ChildProcess.Result) -> Answer {
        if result.isLate {
            return Answer(
                output: SecretBytes([]),
                error: KubectlError(
                    .unreachable, "kubectl did not answer in time",
                    fix: "look whether kubectl get namespaces answers, or give more time with --timeout"))
        }
        if result.isTooLong {
            return Answer(
                output: SecretBytes([]),
                error: KubectlError(.other, "the answer of kubectl is too long", fix: "name one namespace with -n"))
        }
        guard result.status != 0 else { return Answer(output: result.output, error: nil) }
        return Answer(output: result.output, error: KubectlError(kubectl: result.errors, status: result.status))
    }
}
