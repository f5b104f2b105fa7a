import Azure
import Testing

@Suite("The token proxy of AKS identity bindings")
struct TokenProxyTests {
    @Test(
        "has a server name derived from the cluster's id",
        arguments: [
            ("696995ccb303450001b31a18", "aeaf29ip1hi5q38ebc3u4daum81u0unk52t5bg50j25234fmuj78g.ests.aks"),
            ("abc123def456", "avimke6u6l2eeq8qc1cneuaq4sl2e1av9t4clqgun97le32hub670.ests.aks"),
        ])
    func serverName(cluster: String, name: String) {
        #expect(TokenProxy.serverName(ofCluster: cluster) == name)
    }

    @Test(
        "finds the cluster's id among the API server's names",
        arguments: [
            (["kubernetes", "hcp-kubernetes.abc.svc.cluster.local", "10.0.0.1"], "abc"),
            (["hcp-kubernetes..svc.cluster.local"], nil), (["kubernetes.default.svc.cluster.local"], nil), ([], nil),
        ] as [([String], String?)])
    func clusterID(names: [String], id: String?) {
        #expect(TokenProxy.clusterID(in: names) == id)
    }

    @Test(
        "takes only a plain https URL",
        arguments: [
            ("https://proxy.example", true), ("https://proxy.example:8443/some/prefix/", true),
            ("http://proxy.example", false),
            ("https://user@proxy.example", false), ("https://proxy.example?x=1", false),
            ("https://proxy.example#x", false),
            ("https://", false), ("https://:443", false),
        ])
    func url(text: String, isValid: Bool) {
        var settings = TokenProxy.Settings()
        settings.url = text
        #expect((settings.urlProblem == nil) == isValid)
    }
}
