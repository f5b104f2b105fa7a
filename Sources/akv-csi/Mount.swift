internal import ArgumentParser

struct Mount: AsyncParsableCommand {
    func run() async throws {}
}
