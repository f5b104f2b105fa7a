internal import Glibc

/// Decides whether output is coloured.
package enum TerminalColour {
    /// Whether standard output shows colours: it is a terminal that supports them, and the user has not disabled them.
    ///
    /// NO_COLOR (https://no-color.org) has the highest priority, then CLICOLOR_FORCE, and then CLICOLOR=0
    /// (https://bixense.com/clicolors).
    package static var isWanted: Bool {
        if !variable("NO_COLOR").isEmpty { return false }
        if !["", "0"].contains(variable("CLICOLOR_FORCE")) { return true }
        return variable("CLICOLOR") != "0" && variable("TERM") != "dumb" && isatty(STDOUT_FILENO) == 1
    }

    /// Returns a variable of the environment, or an empty text if it is not set.
    private static func variable(_ name: String) -> String {
        getenv(name).map { String(cString: $0) } ?? ""
    }
}
