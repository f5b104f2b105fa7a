internal import CBuildInfo

/// The version of this program.
enum Build {
    /// The version with the leading v that the driver's protocol and upstream use.
    static let version = String(cString: akv_build_version())
    /// The date of the commit that the program was built from; `unknown` for a build without `make`.
    static let date = String(cString: akv_build_date())

    /// Version, commit and date in one line. The version is the first word.
    static var summary: String {
        let commit = String(cString: akv_build_commit())
        return "\(version) (commit \(commit)\(date == "unknown" ? "" : ", \(date)"))"
    }
}
