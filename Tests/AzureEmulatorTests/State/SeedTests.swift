import Testing

@testable import AzureEmulator

@Suite("A seed")
struct SeedTests {
    private static let identities = "identities: [{name: reader, clientID: c, tenantID: t}]\n"

    /// The error with which a seed is refused.
    private static func error(_ yaml: String) throws -> String {
        try #require(throws: EmulatorError.self) {
            let seed = try Seed(yaml: yaml)
            try seed.validate()
            _ = try (seed.vaults ?? []).map { try $0.vault(clock: .frozen()) }
        }.description
    }

    @Test(
        "An unknown key is refused with its place and the closest known key",
        arguments: [
            ("vault: []", "unknown key vault; did you mean vaults? (at the top)"),
            (
                "vaults: [{name: a, tenantID: t, secrets: [{name: x, valeu: y}]}]",
                "unknown key valeu; did you mean value? (at vaults[0].secrets[0])"
            ),
            (
                "identities: [{name: a, federatedCredentials: [{}, {subjct: x}]}]",
                "unknown key subjct; did you mean subject? (at identities[0].federatedCredentials[1])"
            ),
            ("node: {systemAssignd: a}", "unknown key systemAssignd; did you mean systemAssigned? (at node)"),
            (
                "faults: [{kind: latency, delays: 20ms}]",
                "unknown key of the fault latency: delays; did you mean delay?"
            ),
        ])
    func unknownKeys(yaml: String, message: String) throws {
        let error = try Self.error(yaml)
        #expect(error.hasPrefix("the seed is not usable: "))
        #expect(error.contains(message))
    }

    @Test(
        "A missing key and a value of the wrong type are refused with their place",
        arguments: [
            ("vaults: [{name: a}]", "tenantID is missing at vaults[0]"),
            ("vaults: [{name: a, tenantID: t, secrets: [{value: x}]}]", "name is missing at vaults[0].secrets[0]"),
            ("vaults: [{name: a, tenantID: t, secrets: [{name: x, enabled: 7}]}]", "at vaults[0].secrets[0].enabled"),
            ("vaults: {}", "at vaults"),
        ])
    func wrongShape(yaml: String, message: String) throws {
        #expect(try Self.error(yaml).hasSuffix(message))
    }

    @Test(
        "A value keeps a byte order mark at its beginning",
        arguments: ["value: \"\\uFEFFx\"", "value: \"\u{FEFF}x\"", "value: \u{FEFF}x", "value: |-\n      \u{FEFF}x"])
    func byteOrderMark(value: String) throws {
        for mark in ["", "\u{FEFF}"] {
            let seed = try Seed(
                yaml:
                    "\(mark)vaults:\n- name: a\n  tenantID: t\n  secrets:\n  - name: x\n    \(value)\n    tags: {a: \"\\uFEFF\"}\n"
            )
            let secret = try #require(seed.vaults?.first?.secrets?.first)
            #expect(secret.value.map { Array($0.unicodeScalars) } == ["\u{FEFF}", "x"])
            #expect(secret.tags?["a"].map { Array($0.unicodeScalars) } == ["\u{FEFF}"])
        }
    }

    @Test("A text that is not YAML is refused", arguments: ["{", "a: b: c", "\t- x"])
    func notYAML(yaml: String) throws {
        #expect(try Self.error(yaml).hasPrefix("the seed is not valid YAML: "))
    }

    @Test(
        "A reference to something unknown is refused",
        arguments: [
            ("node: {systemAssigned: raeder}", "the node or a pod has the unknown identity raeder"),
            ("node: {userAssigned: [reader, raeder]}", "the node or a pod has the unknown identity raeder"),
            (
                "podIdentities: [{namespace: n, pod: p, identity: raeder}]",
                "the node or a pod has the unknown identity raeder"
            ),
            (
                "vaults: [{name: v, tenantID: t, access: [{identity: raeder, role: Key Vault Reader}]}]",
                "vault v gives access to the unknown identity raeder"
            ),
            (
                "vaults: [{name: v, tenantID: t, access: [{identity: reader, role: Key Vault User}]}]",
                "vault v assigns the unknown role Key Vault User"
            ),
            (
                "vaults: [{name: v, tenantID: t, accessPolicies: [{identity: raeder}]}]",
                "vault v: an access policy is for the unknown identity raeder"
            ),
            (
                "vaults: [{name: v, tenantID: t, accessPolicies: [{identity: reader, secrets: [get, lst]}]}]",
                "vault v: unknown permission for secrets lst; did you mean list?"
            ),
            (
                "vaults: [{name: v, tenantID: t, firewall: {allow: [10.0.0.0/33]}}]",
                "vault v: the firewall's range 10.0.0.0/33 is neither an IP address nor one with a prefix length"
            ),
            (
                "vaults: [{name: v, tenantID: t, firewall: {clientAddress: 10.0.0.0/8}}]",
                "vault v: the firewall's clientAddress 10.0.0.0/8 is not an IP address"
            ),
        ])
    func references(yaml: String, message: String) throws {
        #expect(try Self.error(Self.identities + yaml) == message)
    }

    @Test(
        "An object that cannot exist is refused with the vault and the object",
        arguments: [
            ("secrets: [{name: x, value: a}, {name: X, value: b}]", "vault v has two secrets called X"),
            ("secrets: [{name: x}]", "secret x has no value"),
            (
                "keys: [{name: k, type: oct}]",
                "vault v: the key k cannot be generated: The key type oct is not supported by a vault;"
            ),
            (
                "certificates: [{name: c, type: EC, contentType: text/plain}]",
                "vault v: the certificate c cannot be generated: The content type text/plain is not supported."
            ),
            ("secrets: [{name: c, value: a}], certificates: [{name: c, type: EC}]", "vault v has two secrets called c"),
        ])
    func objects(yaml: String, message: String) throws {
        #expect(try Self.error("vaults: [{name: v, tenantID: t, \(yaml)}]").hasPrefix(message))
    }

    @Test("An empty seed and a seed with only faults are valid")
    func minimal() throws {
        try Seed(yaml: "{}").validate()
        let seed = try Seed(yaml: "faults:\n  - {kind: latency, delay: 20ms, count: 3}\n  - kind: html\n")
        #expect(seed.faults?.map(\.description) == ["latency target=any count=3 delay=20ms", "html target=any"])
    }

    @Test("A secret has the versions of its history and then its value, one minute apart")
    func history() throws {
        let seed = try Seed(
            yaml: """
                vaults:
                  - name: v
                    tenantID: t
                    secrets:
                      - name: x
                        value: three
                        enabled: false
                        versions:
                          - {value: one, id: 00000000000000000000000000000001, created: 1700000000}
                          - {value: two}
                """)
        let versions = try #require(
            try seed.vaults?.first?.vault(clock: .frozen()).object("x", .secrets)?.versions)
        #expect(versions.map(\.enabled) == [true, true, false])
        #expect(
            versions.map(\.created) == [1_700_000_000, EmulatorClock.testTime - 60, EmulatorClock.testTime])
        #expect(versions[0].id == "00000000000000000000000000000001")
        let values = versions.map { version in
            if case .secret(let value, _, _) = version.content { value } else { "" }
        }
        #expect(values == ["one", "two", "three"])
    }

    @Test("A fixed response is found by its path in lower case")
    func bundles() throws {
        let seed = try Seed(yaml: "vaults: [{name: v, tenantID: t, bundles: [{path: secrets/X, body: '{}'}]}]")
        let vault = try #require(try seed.vaults?.first?.vault(clock: .frozen()))
        #expect(vault.bundles["secrets/x"]?.body == "{}")
    }
}
