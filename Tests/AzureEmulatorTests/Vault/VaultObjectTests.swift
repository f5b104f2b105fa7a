import HTTPTypes
import Testing

@testable import AzureEmulator

@Suite("The objects of a vault")
struct VaultObjectTests {
    @Test("A secret is read in its newest version or in a named one, ignoring the case of its name")
    func versions() throws {
        let vault = try TestVault()
        let first = try vault.setSecret("db-password", "one")
        let second = try vault.setSecret("DB-password", "two")
        #expect(first != second)
        #expect(try vault.value("/secrets/db-password") == "two")
        #expect(try vault.value("/secrets/Db-Password/\(first)") == "one")
        #expect(try vault.error(.get, "/secrets/db-password/0123")?.code == "SecretNotFound")
        #expect(try vault.error(.get, "/secrets/absent")?.status == .notFound)
    }

    @Test("Identifiers contain the vault's host, and the port unless it is the default")
    func identifiers() throws {
        let vault = try TestVault()
        let version = try vault.setSecret("x")
        let body = try vault.send(.get, "/secrets/x", authority: "kv-tests.vault.azure.net:443").body
        #expect(body?["id"] as? String == "https://kv-tests.vault.azure.net/secrets/x/\(version)")
        let local = try vault.send(.get, "/secrets/x", authority: "kv-tests.vault.localhost:8443").body
        #expect(local?["id"] as? String == "https://kv-tests.vault.localhost:8443/secrets/x/\(version)")
    }

    @Test("A disabled version of a secret cannot be read, but the other versions can")
    func disabled() throws {
        let vault = try TestVault()
        let first = try vault.setSecret("x", "one")
        let second = try vault.setSecret("x", "two")
        try vault.send(.patch, "/secrets/x/\(second)", body: ["attributes": ["enabled": false]])
        let error = try #require(try vault.error(.get, "/secrets/x"))
        #expect(error.status == .forbidden)
        #expect(error.innerCode == "SecretDisabled")
        #expect(try vault.value("/secrets/x/\(first)") == "one")
        try vault.send(.patch, "/secrets/x/\(second)", body: ["attributes": ["enabled": true]])
        #expect(try vault.value("/secrets/x") == "two")
    }

    @Test("A disabled key can still be read, as in Azure")
    func disabledKey() throws {
        let vault = try TestVault()
        try vault.send(.post, "/keys/k/create", body: ["kty": "EC", "attributes": ["enabled": false]])
        #expect(try vault.error(.get, "/keys/k") == nil)
    }

    @Test("An update changes the named attributes, keeps the others and does not return the value")
    func update() throws {
        let vault = try TestVault()
        try vault.send(
            .put, "/secrets/x", body: ["value": "v", "contentType": "text/plain", "tags": ["team": "a"]])
        vault.clock.advance(by: 60)
        let updated = try vault.send(.patch, "/secrets/x", body: ["attributes": ["exp": 1_900_000_000]]).body
        #expect(updated?["value"] == nil)
        let body = try #require(try vault.send(.get, "/secrets/x").body)
        let attributes = try #require(body["attributes"] as? [String: Any])
        #expect(body["value"] as? String == "v")
        #expect(body["contentType"] as? String == "text/plain")
        #expect(body["tags"] as? [String: String] == ["team": "a"])
        #expect(attributes["exp"] as? Int == 1_900_000_000)
        #expect(attributes["created"] as? Int == EmulatorClock.testTime)
        #expect(attributes["updated"] as? Int == EmulatorClock.testTime + 60)
    }

    // MARK: - Soft deletion

    @Test("A soft-deleted secret is not found until it is recovered with all its versions")
    func recovery() throws {
        let vault = try TestVault()
        let first = try vault.setSecret("x", "one")
        try vault.setSecret("x", "two")
        let deleted = try vault.send(.delete, "/secrets/x").body
        #expect(deleted?["recoveryId"] as? String == "https://kv-tests.vault.azure.net/deletedsecrets/x")
        #expect(deleted?["scheduledPurgeDate"] as? Int == EmulatorClock.testTime + 90 * 86_400)
        #expect(deleted?["value"] == nil)
        #expect(try vault.error(.get, "/secrets/x")?.code == "SecretNotFound")
        #expect(try vault.page("/deletedsecrets").ids == ["https://kv-tests.vault.azure.net/secrets/x"])
        try vault.send(.post, "/deletedsecrets/x/recover")
        #expect(try vault.value("/secrets/x") == "two")
        #expect(try vault.value("/secrets/x/\(first)") == "one")
        #expect(try vault.page("/deletedsecrets").ids == [])
    }

    @Test("The name of a soft-deleted secret cannot be used until it is purged")
    func purge() throws {
        let vault = try TestVault()
        try vault.setSecret("x", "one")
        try vault.send(.delete, "/secrets/x")
        let error = try #require(try vault.error(.put, "/secrets/x", body: ["value": "two"]))
        #expect(error.status == .conflict)
        #expect(error.innerCode == "ObjectIsDeletedButRecoverable")
        let purged = try vault.send(.delete, "/deletedsecrets/x")
        #expect(purged.status == .noContent)
        #expect(purged.body == nil)
        try vault.setSecret("x", "three")
        #expect(try vault.page("/secrets/x/versions").ids.count == 1)
    }

    @Test("An object that is not deleted cannot be recovered or purged")
    func notDeleted() throws {
        let vault = try TestVault()
        try vault.setSecret("x")
        for (method, path) in [
            (HTTPRequest.Method.get, "/deletedsecrets/x"), (.delete, "/deletedsecrets/x"),
            (.post, "/deletedsecrets/x/recover"),
        ] {
            #expect(try vault.error(method, path)?.status == .notFound)
        }
    }

    @Test("A backup is restored only if the object does not exist, and only as the same kind")
    func backup() throws {
        let vault = try TestVault()
        try vault.setSecret("x", "one")
        try vault.setSecret("x", "two")
        let blob = try #require(try vault.send(.post, "/secrets/x/backup").body?["value"] as? String)
        let body = ["value": blob]
        #expect(try vault.error(.post, "/secrets/restore", body: body)?.status == .conflict)
        try vault.send(.delete, "/secrets/x")
        #expect(
            try vault.error(.post, "/secrets/restore", body: body)?.innerCode == "ObjectIsDeletedButRecoverable")
        try vault.send(.delete, "/deletedsecrets/x")
        #expect(try vault.error(.post, "/keys/restore", body: body)?.code == "BadParameter")
        try vault.send(.post, "/secrets/restore", body: body)
        #expect(try vault.value("/secrets/x") == "two")
        #expect(try vault.page("/secrets/x/versions").ids.count == 2)
    }

    // MARK: - Certificates

    /// A vault with the certificate `tls`.
    private static func withCertificate() throws -> TestVault {
        let vault = try TestVault()
        try vault.send(
            .post, "/certificates/tls/create",
            body: ["policy": ["key_props": ["kty": "EC"], "x509_props": ["subject": "CN=shop.example"]]])
        return vault
    }

    @Test("A certificate is three objects with one name and version")
    func certificateParts() throws {
        let vault = try Self.withCertificate()
        let certificate = try #require(try vault.send(.get, "/certificates/tls").body)
        let secret = try #require(try vault.send(.get, "/secrets/tls").body)
        let key = try #require(try vault.send(.get, "/keys/tls").body?["key"] as? [String: Any])
        #expect(certificate["sid"] as? String == secret["id"] as? String)
        #expect(certificate["kid"] as? String == key["kid"] as? String)
        #expect(secret["contentType"] as? String == "application/x-pkcs12")
    }

    @Test("The key and the secret of a certificate can only be changed through the certificate")
    func managed() throws {
        let vault = try Self.withCertificate()
        for (method, path) in [
            (HTTPRequest.Method.put, "/secrets/tls"), (.patch, "/secrets/tls"), (.delete, "/secrets/tls"),
            (.post, "/secrets/tls/backup"), (.post, "/keys/tls/rotate"), (.delete, "/keys/tls"),
        ] {
            let error = try #require(try vault.error(method, path, body: ["value": "x"]))
            #expect(error.status == .forbidden, "\(method) \(path)")
            #expect(error.message.contains("managed by the certificate"))
        }
        try vault.send(.delete, "/certificates/tls")
        #expect(try vault.error(.get, "/secrets/tls")?.status == .notFound)
        #expect(try vault.error(.post, "/deletedsecrets/tls/recover")?.status == .notFound)
        try vault.send(.post, "/deletedcertificates/tls/recover")
        #expect(try vault.error(.get, "/secrets/tls") == nil)
        #expect(try vault.error(.get, "/keys/tls") == nil)
    }

    @Test("A certificate cannot have the name of a secret that does not belong to it")
    func nameOfSecret() throws {
        let vault = try TestVault()
        try vault.setSecret("tls")
        let error = try vault.error(.post, "/certificates/tls/create", body: ["policy": [String: Any]()])
        #expect(error?.status == .conflict)
    }

    @Test("A policy with reuse_key keeps the key in the next version, and other policies do not")
    func reusedKey() throws {
        let vault = try Self.withCertificate()
        func publicX() throws -> String? {
            (try vault.send(.get, "/keys/tls").body?["key"] as? [String: Any])?["x"] as? String
        }
        let first = try publicX()
        try vault.send(.post, "/certificates/tls/create")
        let second = try publicX()
        #expect(first != second)
        for contentType in ["application/x-pkcs12", "application/x-pem-file"] {
            try vault.send(
                .patch, "/certificates/tls/policy",
                body: [
                    "key_props": ["kty": "EC", "reuse_key": true], "secret_props": ["contentType": contentType],
                ])
            try vault.send(.post, "/certificates/tls/create")
            #expect(try publicX() == second)
        }
    }

    // MARK: - What a vault refuses

    @Test(
        "A name has 1 to 127 letters, digits and hyphens",
        arguments: ["with_underscore", "with.dot", "umläut", String(repeating: "a", count: 128)])
    func names(name: String) throws {
        let vault = try TestVault()
        #expect(try vault.error(.put, "/secrets/\(name)", body: ["value": "x"])?.code == "BadParameter")
        try vault.setSecret("Az-09")
        try vault.setSecret(String(repeating: "a", count: 127))
    }

    @Test("A secret needs a value of at most 25 KiB")
    func values() throws {
        let vault = try TestVault()
        #expect(try vault.error(.put, "/secrets/x")?.code == "BadParameter")
        #expect(try vault.error(.put, "/secrets/x", body: ["value": 1])?.code == "BadParameter")
        let limit = VaultRequest.maximumSecretBytes
        #expect(limit == 25 * 1024)
        try vault.setSecret("x", String(repeating: "a", count: limit))
        let long = ["value": String(repeating: "a", count: limit + 1)]
        #expect(try vault.error(.put, "/secrets/x", body: long)?.code == "BadParameter")
    }

    @Test("An object has at most 15 tags of at most 256 characters")
    func tags() throws {
        let vault = try TestVault()
        func error(_ tags: [String: String]) throws -> VaultError? {
            try vault.error(.put, "/secrets/x", body: ["value": "v", "tags": tags])
        }
        let fifteen = Dictionary(uniqueKeysWithValues: (1...15).map { ("tag-\($0)", "x") })
        let long = String(repeating: "x", count: 256)
        #expect(try error(fifteen) == nil)
        #expect(try error([long: long]) == nil)
        #expect(try error(fifteen.merging(["one-more": "x"]) { $1 })?.code == "BadParameter")
        #expect(try error(["tag": long + "x"])?.code == "BadParameter")
    }

    @Test(
        "Unknown paths and methods are refused",
        arguments: [
            ("GET", "/", 404), ("GET", "/things", 404), ("PUT", "/certificates/x", 405), ("POST", "/secrets/x", 405),
            ("POST", "/secrets/x/rotate", 405), ("POST", "/keys/x/release", 405), ("DELETE", "/secrets", 405),
            ("POST", "/deletedsecrets/x/restore", 405), ("GET", "/secrets/x/y/z", 405),
        ])
    func routes(method: String, path: String, status: Int) throws {
        let vault = try TestVault()
        #expect(try vault.error(try #require(.init(method)), path)?.status.code == status)
    }

    @Test("A change that fails changes nothing")
    func atomicity() throws {
        let vault = try TestVault()
        try vault.setSecret("x", "one")
        let before = try vault.store.existingVault(TestVault.name)
        #expect(throws: VaultError.self) {
            try vault.store.change(TestVault.name) { changed in
                _ = try changed.setSecret("y", "two", now: 0)
                _ = try changed.delete("absent", .secrets, now: 0)
            }
        }
        #expect(try vault.store.existingVault(TestVault.name).objects[.secrets]?.keys == before.objects[.secrets]?.keys)
    }
}
