internal import Glibc

/// Whether to write in colours.
package enum TerminalColour {
    /// Standard output shows colours: it is a terminal that has some, and the user has not switched them off.
    ///
    /// NO_COLOR (https://no-color.org) wins, then CLICOLOR_FORCE, then CLICOLOR=0 (https://bixense.com/clicolors).
    package static var isWanted: Bool {
        if !variable("NO_COLOR").isEmpty { return false }
        if !["", "0"].contains(variable("CLICOLOR_FORCE")) { return true }
        return variable("CLICOLOR") != "0" && variable("TERM") != "dumb" && isatty(STDOUT_FILENO) == 1
    }

    /// A variable of the environment; empty if it is not set.
    private static func variable(_ name: String) -> String {
        getenv(name).map { String(cString: $0) } ?? ""
    }
}
