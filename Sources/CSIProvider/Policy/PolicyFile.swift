internal import Documents
internal import Glibc
package import Logging
package import ProviderCore
internal import Synchronization

/// The operator's policy, read again whenever its file changes.
///
/// A ConfigMap's files are links that the kubelet moves to a new directory, so the file is looked at
/// through them. A file that cannot be used leaves the rules that were in force in force.
package final class PolicyFile: Sendable {
    private typealias Contents = Result<[UInt8], SmallFileError>

    private struct State {
        var policy: AccessPolicy
        /// Of the policy: it grows whenever the rules change.
        var generation = 0
        /// What was read last, or why it could not be.
        var contents: Contents
        var stamp: Stamp?
        var isValid = true
    }

    /// What changes with a file, as far as its clock can tell.
    private struct Stamp: Equatable {
        var numbers: [Int]
        /// Old enough that another change would have another time.
        var isSettled: Bool
    }

    /// Larger files are not policies.
    private static let maximumBytes = 1 << 20

    package let path: String
    private let logger: Logger
    private let state: Mutex<State>

    /// Throws when there are no rules to be had from the file.
    package init(path: String, logger: Logger) throws(PolicyFileError) {
        self.path = path
        self.logger = logger
        let stamp = Self.stamp(path)
        let contents = Self.contents(path)
        state = Mutex(State(policy: try Self.policy(contents, path), contents: contents, stamp: stamp))
    }

    /// Whether the rules in force are those in the file.
    package var isValid: Bool { state.withLock { $0.isValid } }

    /// The rules in force, and their generation: a number that grows whenever the rules change. Calls `onChange` before
    /// anybody is given new ones.
    package func current(onChange: () -> Void = {}) -> (policy: AccessPolicy, generation: Int) {
        let stamp = Self.stamp(path)
        return state.withLock { state in
            if let stamp, stamp.isSettled, stamp == state.stamp { return (state.policy, state.generation) }
            let contents = Self.contents(path)
            state.stamp = stamp
            guard contents != state.contents else { return (state.policy, state.generation) }
            state.contents = contents
            do throws(PolicyFileError) {
                let policy = try Self.policy(contents, path)
                state.isValid = true
                if policy != state.policy {
                    state.policy = policy
                    state.generation += 1
                    onChange()
                }
                logger.info("policy read", metadata: ["file": "\(path)", "rules": "\(policy.rules.count)"])
            } catch {
                state.isValid = false
                logger.error(
                    "the policy cannot be used, the rules before it stay in force",
                    metadata: ["code": "\(LogCode.policyInvalid.rawValue)", "file": "\(path)", "error": "\(error)"])
            }
            return (state.policy, state.generation)
        }
    }

    private static func policy(_ contents: Contents, _ path: String) throws(PolicyFileError) -> AccessPolicy {
        let bytes: [UInt8]
        do throws(SmallFileError) { bytes = try contents.get() } catch {
            throw PolicyFileError(description: "\(path): the file cannot be read: \(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw PolicyFileError(description: "\(path): the file is not UTF-8")
        }
        do throws(AccessPolicyError) {
            return try AccessPolicy(parsing: text)
        } catch {
            throw PolicyFileError(description: error.description(file: path))
        }
    }

    private static func contents(_ path: String) -> Contents {
        Result { () throws(SmallFileError) in try SmallFile.bytes(of: path, limit: maximumBytes) }
    }

    private static func stamp(_ path: String) -> Stamp? {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Stamp(
            numbers: [
                Int(information.st_dev), Int(information.st_ino), Int(information.st_size),
                information.st_mtim.tv_sec, information.st_mtim.tv_nsec,
                information.st_ctim.tv_sec, information.st_ctim.tv_nsec,
            ], isSettled: now.tv_sec - information.st_ctim.tv_sec > 1)
    }
}

/// Explains why a policy file gives no rules.
package struct PolicyFileError: Error, CustomStringConvertible {
    package var description: String
}
