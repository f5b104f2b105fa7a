import ArgumentParser
import AzureEmulator
import Foundation
import NIOHTTP1

/// Which emulator a command means.
struct Running: ParsableArguments {
    @Option(help: "The running emulator's directory.")
    var directory = "akv-emulator.d"
}

/// An object of a vault, in the words of role assignments.
struct ObjectName: ExpressibleByArgument {
    var collection: String
    var name: String

    /// `NAME` is a secret; `keys/NAME` and `certificates/NAME` are the others.
    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: (collection, name) = ("secrets", parts[0])
        case 2 where ["secrets", "keys", "certificates"].contains(parts[0]): (collection, name) = (parts[0], parts[1])
        default: return nil
        }
        guard !name.isEmpty else { return nil }
    }

    init(collection: String, name: String) {
        (self.collection, self.name) = (collection, name)
    }

    var text: String { "\(collection)/\(name)" }
}

/// The vault and the object that a command is about.
struct Target: ParsableArguments {
    @OptionGroup var running: Running

    @Argument(help: "The vault.")
    var vault: String

    @Argument(help: "The object: NAME or secrets/NAME, keys/NAME, certificates/NAME.")
    var object: ObjectName

    /// Asks for `verb` and gives the version that the answer names.
    func call(_ method: HTTPMethod, _ verb: String, query: String = "", body: String = "") async throws -> String {
        let path = "/vaults/\(escaped(vault))/\(object.collection)/\(escaped(object.name))\(verb)\(query)"
        let answer = try await control(method, path, in: running.directory, body: Data(body.utf8))
        return try JSONDecoder().decode(ChangedObject.self, from: answer).version ?? ""
    }

    var description: String { "\(vault)/\(object.text)" }
}

struct SetSecret: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Give a secret a new version.")

    @OptionGroup var running: Running

    @Argument(help: "The vault.")
    var vault: String

    @Argument(help: "The secret.")
    var name: String

    @Argument(help: "The new value.")
    var value: String

    func run() async throws {
        let answer = try await control(
            .PUT, "/vaults/\(escaped(vault))/secrets/\(escaped(name))", in: running.directory, body: Data(value.utf8))
        let version = try JSONDecoder().decode(ChangedObject.self, from: answer).version ?? ""
        print("\(vault)/\(name) has the new version \(version)")
    }
}

struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a secret, a key or a certificate a new version of the same kind.")

    @OptionGroup var target: Target

    @Option(help: "The secret's new value; a random one when absent.")
    var value: String?

    func validate() throws {
        guard value == nil || target.object.collection == "secrets" else {
            throw ValidationError("only a secret is given a --value")
        }
    }

    func run() async throws {
        let version = try await target.call(.POST, "/rotate", body: value ?? "")
        print("\(target.description) has the new version \(version)")
    }
}

struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Disable a version of an object.")

    @OptionGroup var target: Target

    @Option(help: "Which version; the newest when absent.")
    var version: String?

    func run() async throws {
        let version = try await target.call(.POST, "/disable", query: version.map { "?version=\(escaped($0))" } ?? "")
        print("\(target.description) version \(version) is disabled")
    }
}

struct Enable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Enable a version of an object.")

    @OptionGroup var target: Target

    @Option(help: "Which version; the newest when absent.")
    var version: String?

    func run() async throws {
        let version = try await target.call(.POST, "/enable", query: version.map { "?version=\(escaped($0))" } ?? "")
        print("\(target.description) version \(version) is enabled")
    }
}

struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Soft-delete an object, a certificate together with its key and secret.")

    @OptionGroup var target: Target

    @Flag(help: "Purge it too, so that its name is free again.")
    var purge = false

    func run() async throws {
        _ = try await target.call(.DELETE, "")
        if purge { _ = try await target.call(.POST, "/purge") }
        print("\(target.description) is \(purge ? "gone" : "deleted, and can be recovered")")
    }
}

struct Recover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Recover a soft-deleted object.")

    @OptionGroup var target: Target

    func run() async throws {
        _ = try await target.call(.POST, "/recover")
        print("\(target.description) is back")
    }
}

struct Purge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Purge a soft-deleted object.")

    @OptionGroup var target: Target

    func run() async throws {
        _ = try await target.call(.POST, "/purge")
        print("\(target.description) is gone")
    }
}
