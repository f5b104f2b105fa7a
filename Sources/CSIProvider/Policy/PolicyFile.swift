internal import Documents
internal import Glibc
package import Logging
package import ProviderCore
internal import Synchronization

/// The operator's policy, which is read again whenever its file changes.
///
/// The files of a ConfigMap are symbolic links that the kubelet points to a new directory, so the links are followed
/// for each check. If a new file is invalid, the previous rules stay in force.
package final class PolicyFile: Sendable {
    private typealias Contents = Result<[UInt8], SmallFileError>

    private struct State {
        var policy: AccessPolicy
        /// The generation of the policy, which grows whenever the rules change.
        var generation = 0
        /// The content that was read last, or the reason why it could not be read.
        var contents: Contents
        var stamp: Stamp?
        var isValid = true
    }

    /// The properties that change with a file, as far as the resolution of its times allows.
    private struct Stamp: Equatable {
        var numbers: [Int]
        /// Whether the file's time is old enough that another change would give it another time.
        var isSettled: Bool
    }

    /// The maximum size of a policy file, in bytes.
    private static let maximumBytes = 1 << 20

    package let path: String
    private let logger: Logger
    private let state: Mutex<State>

    /// Reads the file. Throws if it cannot be read or is not a valid policy.
    package init(path: String, logger: Logger) throws(PolicyFileError) {
        self.path = path
        self.logger = logger
        let stamp = Self.stamp(path)
        let contents = Self.contents(path)
        state = Mutex(State(policy: try Self.policy(contents, path), contents: contents, stamp: stamp))
    }

    /// Whether the file's current content is valid and in force.
    package var isValid: Bool { state.withLock { $0.isValid } }

    /// Returns the rules in force and their generation, a number that grows whenever the rules change. It calls
    /// `onChange` before it returns new rules to any caller.
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
                    "the policy cannot be used; the previous rules stay in force",
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

/// The reason why a policy file cannot be used.
package struct PolicyFileError: Error, CustomStringConvertible {
    package var description: String
}
