import ArgumentParser
import AzureEmulator
import Foundation

/// The arguments that name a vault's object.
struct ObjectArguments: ParsableArguments {
    @OptionGroup var emulator: DirectoryOption

    @Argument(help: "The vault.")
    var vault: String

    @Argument(help: "The object: NAME or secrets/NAME, keys/NAME, certificates/NAME.")
    var object: ObjectName

    var description: String { "\(vault)/\(object.text)" }

    /// Changes the object and returns the id of the changed version. `verb` is the last segment of the
    /// control's path; without one the control is the object itself.
    @discardableResult
    func change(
        _ method: ControlsClient.Method, verb: String? = nil, version: String? = nil, body: String = ""
    ) async throws -> String {
        var path = ControlsClient.path("vaults", vault, object.collection, object.name)
        if let verb { path += ControlsClient.path(verb) }
        if let version { path += "?version=\(ControlsClient.escaped(version))" }
        let response = try await emulator.controls.send(method, path, body: Data(body.utf8))
        return try JSONDecoder().decode(ObjectChange.self, from: response).version ?? ""
    }
}

struct SetSecret: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Give a secret a new version.")

    @OptionGroup var emulator: DirectoryOption

    @Argument(help: "The vault.")
    var vault: String

    @Argument(help: "The secret.")
    var name: String

    @Argument(help: "The new value.")
    var value: String

    func run() async throws {
        let response = try await emulator.controls.send(
            .put, ControlsClient.path("vaults", vault, "secrets", name), body: Data(value.utf8))
        let version = try JSONDecoder().decode(ObjectChange.self, from: response).version ?? ""
        print("\(vault)/\(name) has the new version \(version)")
    }
}

struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a secret, a key or a certificate a new version of the same kind.")

    @OptionGroup var target: ObjectArguments

    @Option(help: "The secret's new value. The default is a random value.")
    var value: String?

    func validate() throws {
        guard value == nil || target.object.collection == "secrets" else {
            throw ValidationError("--value is only for secrets")
        }
    }

    func run() async throws {
        let version = try await target.change(.post, verb: "rotate", body: value ?? "")
        print("\(target.description) has the new version \(version)")
    }
}

struct Disable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Disable a version of an object.")

    @OptionGroup var target: ObjectArguments

    @Option(help: "The version. The default is the newest one.")
    var version: String?

    func run() async throws {
        let version = try await target.change(.post, verb: "disable", version: version)
        print("\(target.description) version \(version) is disabled")
    }
}

struct Enable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Enable a version of an object.")

    @OptionGroup var target: ObjectArguments

    @Option(help: "The version. The default is the newest one.")
    var version: String?

    func run() async throws {
        let version = try await target.change(.post, verb: "enable", version: version)
        print("\(target.description) version \(version) is enabled")
    }
}

struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Soft-delete an object, a certificate together with its key and secret.")

    @OptionGroup var target: ObjectArguments

    @Flag(help: "Also purge the object, so that its name is free again.")
    var purge = false

    func run() async throws {
        try await target.change(.delete)
        if purge { try await target.change(.post, verb: "purge") }
        print("\(target.description) is \(purge ? "deleted and purged" : "deleted, and can be recovered")")
    }
}

struct Recover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Recover a soft-deleted object.")

    @OptionGroup var target: ObjectArguments

    func run() async throws {
        try await target.change(.post, verb: "recover")
        print("\(target.description) is recovered")
    }
}

struct Purge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Purge a soft-deleted object.")

    @OptionGroup var target: ObjectArguments

    func run() async throws {
        try await target.change(.post, verb: "purge")
        print("\(target.description) is purged")
    }
}
