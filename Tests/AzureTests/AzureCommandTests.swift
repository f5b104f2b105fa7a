import Azure
import ProviderCore
import TestSupport
import Testing

@Suite("Commands that fix a mount")
struct AzureCommandTests {
    /// Runs `command` in a shell with an `az` that records its arguments, one line for each call.
    private static func calls(_ command: String) throws -> [String] {
        let directory = try TemporaryDirectory()
        let script = """
            #!/bin/sh
            for word in "$@"; do printf '<%s>' "$word"; done >>"\(directory.path)/calls"
            echo >>"\(directory.path)/calls"
            case "$1 $2" in
            "identity list") printf 'id-web\\tgroup-1\\n' ;;
            "identity federated-credential") [ "$3" = update ] || echo credential-1 ;;
            "keyvault show") echo /subscriptions/1/vaults/kv ;;
            esac
            """
        try directory.write(script.utf8, to: "az")
        try run(["chmod", "+x", "az"], in: directory)
        try run(["env", "PATH=\(directory.path):/usr/bin:/bin", "sh", "-c", command], in: directory)
        return String(decoding: try directory.read("calls"), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("the command for a wrong issuer looks up the identity and the credential")
    func federatedCredential() throws {
        let subject = "system:serviceaccount:team:web"
        let command = AzureCommand.updateFederatedCredential(
            subject: subject, clientID: "11$(x)", issuer: "https://oidc.example/'x/")
        #expect(
            try Self.calls(command) == [
                "<identity><list><--query><[?clientId=='11$(x)'].[name,resourceGroup]><--output><tsv>",
                "<identity><federated-credential><list><--identity-name><id-web><--resource-group><group-1>"
                    + "<--query><[?subject=='\(subject)'].name | [0]><--output><tsv>",
                "<identity><federated-credential><update><--identity-name><id-web><--resource-group><group-1>"
                    + "<--name><credential-1><--issuer><https://oidc.example/'x/><--subject><\(subject)>"
                    + "<--audiences><api://AzureADTokenExchange>",
            ])
    }

    @Test(
        "a name cannot end its word or its query",
        arguments: [
            ("11\"\u{301};touch x;\"", "11\"\u{301};touch x;\""), ("$\u{301}(touch x)", "$\u{301}(touch x)"),
            ("`\u{301}touch x`\u{301}", "`\u{301}touch x`\u{301}"), ("\\\u{301}\"", "<id>"),
            ("x'||name=='other", "<id>"), ("x'\u{301}", "<id>"),
        ])
    func quoting(clientID: String, expected: String) throws {
        let command = AzureCommand.updateFederatedCredential(
            subject: clientID, clientID: clientID, issuer: "https://oidc.example/")
        let calls = try Self.calls(command)
        #expect(calls.count == 3)
        let query = "<--query><[?clientId=='\(expected)'].[name,resourceGroup]><--output><tsv>"
        #expect(calls.first?.utf8.elementsEqual("<identity><list>\(query)".utf8) == true)
        #expect(calls.contains { $0.contains("<--query><[?subject=='\(expected)'].name | [0]>") })
    }

    @Test("the roles for several objects need one command")
    func roles() throws {
        let objects = ["a", "b;c"].map { KeyVaultObject(name: $0, type: .key) }
        let calls = try Self.calls(AzureCommand.roles(for: objects, vault: "kv", assignee: "app"))
        #expect(
            calls.filter { $0.hasPrefix("<role>") }
                == ["a", "b;c"].map {
                    "<role><assignment><create><--role><Key Vault Crypto User><--assignee><app>"
                        + "<--scope></subscriptions/1/vaults/kv/keys/\($0)>"
                })
    }

    @Test(
        "a disabled or deleted object has a command that restores it",
        arguments: [(KeyVaultObject.ObjectType.secret, "secret"), (.key, "key"), (.certificate, "certificate")])
    func objects(type: KeyVaultObject.ObjectType, noun: String) throws {
        var object = KeyVaultObject(name: "o", type: type)
        #expect(
            try Self.calls(AzureCommand.enable(object, as: type, vault: "kv"))
                == ["<keyvault><\(noun)><set-attributes><--vault-name><kv><--name><o><--enabled><true>"])
        #expect(
            try Self.calls(AzureCommand.recover(object, vault: "kv"))
                == ["<keyvault><\(noun)><recover><--vault-name><kv><--name><o>"])
        object.version = "0123"
        #expect(AzureCommand.enable(object, as: type, vault: "kv").hasSuffix(" --version '0123' --enabled true"))
        object.version = "previous"
        #expect(!AzureCommand.enable(object, as: type, vault: "kv").contains("--version"))
    }
}
