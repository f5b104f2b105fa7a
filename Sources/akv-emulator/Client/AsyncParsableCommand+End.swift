import ArgumentParser
import AzureEmulator
import Foundation

extension AsyncParsableCommand {
    /// Prints an error and ends the program with its exit code. `cleanUp` runs between, if the program failed.
    static func end(with error: any Error, cleanUp: () -> Void) -> Never {
        let isMistake = CommandError.isMistake(error) || exitCode(for: error) == .validationFailure
        if let code = error as? ExitCode {
            cleanUp()
            exit(withError: code)
        }
        guard exitCode(for: error) != .success else { exit(withError: error) }
        StandardError.write("\(fullMessage(for: error))\n")
        cleanUp()
        Foundation.exit(isMistake ? 2 : 1)
    }
}
