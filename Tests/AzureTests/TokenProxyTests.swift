import Azure
import AzureTestSupport
import Foundation
import ProviderCore
import SecretMemory
import TestSupport
import Testing

@Suite("The token proxy of AKS identity bindings")
struct TokenProxyTests {
    @Test(
        "the server name is derived from the cluster's id",
        arguments: [
            ("696995ccb303450001b31a18", "aeaf29ip1hi5q38ebc3u4daum81u0unk52t5bg50j25234fmuj78g.ests.aks"),
            ("abc123def456", "avimke6u6l2eeq8qc1cneuaq4sl2e1av9t4clqgun97le32hub670.ests.aks"),
        ])
    func serverName(cluster: String, name: String) {
        #expect(TokenProxy.serverName(ofCluster: cluster) == name)
    }

    @Test("the cluster's id is found among the API server's names")
    func clusterID() throws {
        let names = ["kubernetes", "hcp-kubernetes.abc.svc.cluster.local", "hcp-kubernetes.def.svc.cluster.local"]
        #expect(try TokenProxy.clusterID(in: names) == "abc")
    }

    @Test(
        "a missing cluster's id is explained in upstream's words",
        arguments: [
            (["hcp-kubernetes..svc.cluster.local"], #"empty cluster ID in SAN "hcp-kubernetes..svc.cluster.local""#),
            (["hcp-kubernetes.svc.cluster.local"], #"empty cluster ID in SAN "hcp-kubernetes.svc.cluster.local""#),
            (["kubernetes.default.svc.cluster.local", "hcp-kubernetes.abc.svc"], "cluster ID SAN not found"),
            ([], "(use --sni-name flag to provide SNI name explicitly)"),
        ])
    func noClusterID(names: [String], words: String) {
        do throws(TokenProxySubjectError) {
            _ = try TokenProxy.clusterID(in: names)
            Issue.record("it is found")
        } catch {
            #expect(error.reason.contains(words))
        }
    }

    /// The request of a token exchange through the proxy at `url`.
    private func sent(through url: String, _ change: (inout TokenProxy.Settings) -> Void = { _ in }) async throws
        -> HTTPRequest
    {
        try await TemporaryDirectory.with { directory in
            var settings = TokenProxy.Settings()
            settings.url = url
            settings.serverName = "name.ests.aks"
            settings.authorityFile = try directory.write("authority".utf8, to: "ca.crt")
            change(&settings)
            let transport = FakeAzure(responses: [
                FakeAzure.response(200, #"{"access_token":"t","expires_in":3599}"#)
            ])
            let time = ManualTime().source
            let deadline = time.deadline(after: .seconds(10))
            let route = try await TokenProxy(settings: settings).route(until: deadline)
            _ = try await TokenExchange(transport: transport, time: time).exchange(
                .secret(SecretBytes("secret")), clientID: "client",
                tenantID: "tenant", cloud: try AzureCloud.named("AzurePublicCloud", environmentFile: nil),
                resource: "https://vault.azure.net", through: route,
                context: RequestContext(namespace: "team", priority: .firstMount, deadline: deadline))
            return try #require(transport.requests.first)
        }
    }

    @Test(
        "the proxy is requested at its address, port and path, with its own server name",
        arguments: [
            ("https://10.0.0.1", "https://name.ests.aks:443/tenant/oauth2/v2.0/token"),
            ("https://10.0.0.1/", "https://name.ests.aks:443/tenant/oauth2/v2.0/token"),
            ("HTTPS://10.0.0.1:8443/some/prefix/", "https://name.ests.aks:8443/some/prefix/tenant/oauth2/v2.0/token"),
        ])
    func address(url: String, target: String) async throws {
        let request = try await sent(through: url)
        #expect(request.url == target)
        #expect(request.connection?.host == "10.0.0.1")
        #expect(request.connection?.authorityPEM == Array("authority".utf8))
        #expect(request.headers.filter { $0.name == "Host" }.map(\.value) == ["login.microsoftonline.com"])
    }

    @Test("the process's own roots verify the proxy if its server name is set and the authority's file is missing")
    func noAuthority() async throws {
        let request = try await sent(through: "https://10.0.0.1") { $0.authorityFile = "/nowhere/ca.crt" }
        #expect(request.connection?.authorityPEM == nil)
    }

    @Test("the authority is kept while its file is empty or missing, and a new one is used immediately")
    func replacedAuthority() async throws {
        try await TemporaryDirectory.with { directory in
            var settings = TokenProxy.Settings()
            settings.serverName = "name.ests.aks"
            settings.authorityFile = directory.file("ca.crt")
            let proxy = TokenProxy(settings: settings)
            let deadline = ManualTime().source.deadline(after: .seconds(10))
            func authority() async throws -> [UInt8]? { try await proxy.route(until: deadline).connection.authorityPEM }
            try directory.write([], to: "ca.crt")
            await #expect(throws: ProviderError.self) { _ = try await authority() }
            try directory.write("one".utf8, to: "ca.crt")
            #expect(try await authority() == Array("one".utf8))
            try directory.write("\n".utf8, to: "ca.crt")
            #expect(try await authority() == Array("one".utf8))
            try FileManager.default.removeItem(atPath: directory.file("ca.crt"))
            #expect(try await authority() == Array("one".utf8))
            try directory.write("two".utf8, to: "ca.crt")
            #expect(try await authority() == Array("two".utf8))
        }
    }

    @Test(
        "a problem with the authority's file is reported",
        arguments: [
            (nil, "read CA file PATH: no such file or directory (use --sni-name flag to skip automatic SNI detection)"),
            ("", "no valid certificates found in PATH"), (" \n", "no valid certificates found in PATH"),
        ] as [(String?, String)])
    func badAuthority(contents: String?, words: String) async throws {
        try await TemporaryDirectory.with { directory in
            var settings = TokenProxy.Settings()
            settings.authorityFile = directory.file("ca.crt")
            if let contents { try directory.write(contents.utf8, to: "ca.crt") }
            do throws(ProviderError) {
                _ = try await TokenProxy(settings: settings).route(
                    until: ManualTime().source.deadline(after: .seconds(10)))
                Issue.record("there is a route")
            } catch {
                #expect(error.code == .tokenProxyUnavailable)
                #expect(error.message.hasPrefix("failed to get keyvault client: proxy transport not available: "))
                #expect(error.message.contains(words.replacing("PATH", with: settings.authorityFile)))
            }
        }
    }

    @Test(
        "the API server's port is read from the environment that the kubelet sets",
        arguments: [
            (nil, 443), ("", 443), ("6443", 6443), ("0", 443), ("65536", 443), ("-1", 443),
            ("tcp://10.0.0.1:443", 443),
        ] as [(String?, Int)])
    func port(text: String?, port: Int) {
        var settings = TokenProxy.Settings()
        settings.takePort(from: text.map { ["KUBERNETES_SERVICE_PORT": $0] } ?? [:])
        #expect(settings.apiServerPort == port)
    }

    @Test(
        "the proxy's URL must be https, without user, query and fragment",
        arguments: [
            ("https://proxy.example", true), ("https://proxy.example:8443/some/prefix/", true),
            ("http://proxy.example", false),
            ("https://user@proxy.example", false), ("https://proxy.example?x=1", false),
            ("https://proxy.example#x", false),
            ("https://", false), ("https://:443", false), ("https://proxy.example:0", false),
            ("https://proxy.example:65536", false), ("proxy.example", false), ("", false),
            ("https://proxy.example/prefix?x#y", false), ("https://user:word@proxy.example:8443/prefix", false),
        ])
    func url(text: String, isValid: Bool) {
        var settings = TokenProxy.Settings()
        settings.url = text
        #expect((settings.urlProblem == nil) == isValid)
    }
}
