internal import ArgumentParser
internal import Diagnostics
internal import Documents

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lead manifests from aad-pod-identity and client secrets to workload identity.",
        discussion: """
            Reads SecretProviderClasses with usePodIdentity or nodePublishSecretRef, what mounts them, their \
            ServiceAccounts, AzureIdentity and AzureIdentityBinding, all together. Shows which lines change, what \
            Azure must be told, what may be deleted afterwards, and what it could not decide. No file is \
            changed without --write; comments and everything else in a file stay.

            Exit code: 0 when everything could be decided, 1 when something is left to decide, 2 for a mistake \
            in the command.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, manifests, commands, terraform, json
    }

    @Argument(help: "Files or directories, or - for standard input.", completion: .file())
    var files: [String]

    @Option(name: .shortAndLong, help: "What to write to standard output.")
    var output = Format.text

    @Flag(help: "Change the files in place. New ServiceAccounts come behind what uses them.")
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
        let inputs = try ManifestFiles.all(files)
        do throws(YAMLError) { return try Migration(inputs) } catch {
            throw CommandError("\(error); see akv-csi check")
        }
    }

    /// Every changed file and the new manifests, as one stream that can be applied.
    private func manifests(_ migration: Migration) -> String {
        (migration.changedFiles.map(\.after) + migration.newManifests).map { text in
            (text.hasPrefix("---") ? "" : "---\n") + text + (text.hasSuffix("\n") ? "" : "\n")
        }.joined()
    }

    private func change(_ migration: Migration) throws(CommandError) {
        let changed = migration.changedFiles
        for (index, file) in changed.enumerated() {
            var text = file.after
            if index == 0 {
                for manifest in migration.newManifests {
                    text += (text.hasSuffix("\n") ? "" : "\n") + "---\n" + manifest
                }
            }
            // A link stays one.
            let path = FileBytes.resolved(file.path)
            do throws(SmallFileError) {
                try FileOutput.replace(path, with: Array(text.utf8), mode: try FileOutput.mode(of: path))
            } catch {
                throw CommandError("\(file.path) cannot be written: \(error)")
            }
        }
    }
}
