internal import ArgumentParser
internal import Diagnostics
internal import Documents

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Change manifests from aad-pod-identity and client secrets to workload identity.",
        discussion: """
            Reads SecretProviderClasses with usePodIdentity or nodePublishSecretRef, the pods and workloads that \
            mount them, their ServiceAccounts, AzureIdentity and AzureIdentityBinding, all together. Shows the lines \
            that change, the az commands that are needed, what may be deleted afterwards, and what you must decide. \
            No file is changed without --write; comments and everything else in a file stay. --output patch writes \
            a unified diff for git apply or patch -p1.

            Exit code: 0 when no decision is left, 1 when a decision is left to you, 2 for a mistake \
            in the command.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, patch, manifests, commands, terraform, json
    }

    @Argument(help: "Files or directories, or - for standard input.", completion: .file())
    var files: [String]

    @Option(name: .shortAndLong, help: "What to write to standard output.")
    var output = Format.text

    @Flag(help: "Change the files in place. New ServiceAccounts are added after the objects that use them.")
    var write = false

    func run() async throws {
        let migration: Migration
        do throws(CommandError) {
            migration = try read()
            if write { try change(migration) }
        } catch {
            if output == .json { try StandardOutput.write(Migration.json(failure: error.description).document) }
            throw error
        }
        let text =
            switch output {
            case .text: migration.text(.terminal)
            case .patch: migration.patch
            case .manifests: manifests(migration)
            case .commands: migration.commands.map { "\($0)\n" }.joined()
            case .terraform: migration.terraform
            case .json: migration.json.document
            }
        try StandardOutput.write(text)
        if !migration.undecided.isEmpty { throw ExitCode(1) }
    }

    func validate() throws {
        if write, files.contains("-") { throw ValidationError("standard input cannot be changed in place") }
    }

    private func read() throws(CommandError) -> Migration {
        let read = ManifestFiles(files)
        if read.hasMistake {
            throw CommandError(
                read.failures.filter(\.isMistake).map(\.description).joined(separator: "; "), isMistake: true)
        }
        var migration = Migration(read.files)
        for failure in read.failures { migration.addUnreadable(failure.path, failure.reason) }
        return migration
    }

    /// Returns every changed file and the new manifests as one stream that can be applied.
    private func manifests(_ migration: Migration) -> String {
        (migration.changedFiles.map(\.after) + migration.newManifests).map { text in
            (text.hasPrefix("---") ? "" : "---\n") + text + (text.hasSuffix("\n") ? "" : "\n")
        }.joined()
    }

    private func change(_ migration: Migration) throws(CommandError) {
        for file in migration.changedFiles {
            // A symbolic link is kept, and its target is changed.
            let path = FileBytes.resolved(file.path)
            do throws(SmallFileError) {
                try FileOutput.replace(path, with: Array(file.complete.utf8), mode: try FileOutput.mode(of: path))
            } catch {
                throw CommandError("\(file.path) cannot be written: \(error)")
            }
        }
    }
}
