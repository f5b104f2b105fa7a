internal import ArgumentParser
internal import Diagnostics
internal import ProviderCore

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
#if canImport(Glibc)
    internal import Glibc
#endif

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lead manifests from aad-pod-identity and client secrets to workload identity.",
        discussion: """
            Reads SecretProviderClasses with usePodIdentity or nodePublishSecretRef, what mounts them, their
            ServiceAccounts, AzureIdentity and AzureIdentityBinding, all together. Shows which lines change, what
            Azure must be told, what may be deleted afterwards, and what it could not decide. No file is
            changed without --write; comments and everything else in a file stay.

            Exit code: 0 when everything could be decided, 1 when something is left to decide, 2 for a mistake
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
        var inputs: [ManifestFile] = []
        for path in files {
            do throws(ManifestFiles.Failure) { inputs += try ManifestFiles.read(path) } catch {
                throw Fatal("\(error)")
            }
        }
        if write, files.contains("-") { throw ValidationError("standard input cannot be changed in place") }
        let migration: Migration
        do throws(YAMLError) { migration = try Migration(inputs) } catch { throw Fatal("\(error); see akv-csi check") }
        switch output {
        case .text: print(migration.text(.terminal), terminator: "")
        case .manifests: print(manifests(migration), terminator: "")
        case .commands: print(migration.commands.map { "\($0)\n" }.joined(), terminator: "")
        case .terraform: print(migration.terraform, terminator: "")
        case .json: print(migration.json.document, terminator: "")
        }
        if write { try change(migration) }
        if !migration.undecided.isEmpty { throw ExitCode(1) }
    }

    /// Every changed file and the new manifests, as one stream that can be applied.
    private func manifests(_ migration: Migration) -> String {
        (migration.changedFiles.map(\.after) + migration.newManifests).map { text in
            (text.hasPrefix("---") ? "" : "---\n") + text + (text.hasSuffix("\n") ? "" : "\n")
        }.joined()
    }

    private func change(_ migration: Migration) throws {
        let changed = migration.changedFiles
        for (index, file) in changed.enumerated() {
            var text = file.after
            if index == 0 {
                for manifest in migration.newManifests {
                    text += (text.hasSuffix("\n") ? "" : "\n") + "---\n" + manifest
                }
            }
            // Beside the file and then in its place, so that no moment has half of it.
            let temporary = "\(file.path).akv-csi"
            do {
                try Data(text.utf8).write(to: URL(fileURLWithPath: temporary))
                try FileManager.default.copyPermissions(from: file.path, to: temporary)
                guard rename(temporary, file.path) == 0 else { throw Fatal("\(file.path) cannot be replaced") }
            } catch let error as Fatal {
                throw error
            } catch {
                throw Fatal("\(file.path) cannot be written")
            }
        }
    }
}

extension FileManager {
    fileprivate func copyPermissions(from source: String, to target: String) throws {
        let attributes = try attributesOfItem(atPath: source)
        guard let mode = attributes[.posixPermissions] else { return }
        try setAttributes([.posixPermissions: mode], ofItemAtPath: target)
    }
}
