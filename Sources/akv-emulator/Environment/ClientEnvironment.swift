import Foundation

/// Environment variables that direct clients, such as the Azure SDKs, curl and the provider, to an emulator.
struct ClientEnvironment {
    struct Variable {
        var name: String
        /// nil for a variable that must not be set.
        var value: String?
    }

    /// In the order in which they are printed.
    private(set) var variables: [Variable] = []

    mutating func set(_ name: String, _ value: String?) {
        variables.removeAll { $0.name == name }
        variables.append(Variable(name: name, value: value))
    }

    /// Sets a proxy for HTTPS requests. Some clients prefer the names in lower case to those in upper case, so a
    /// proxy that the user has under the other name would get the requests.
    mutating func setProxy(_ url: String) {
        set("HTTPS_PROXY", url)
        set("https_proxy", url)
        set("NO_PROXY", "127.0.0.1,localhost")
        set("no_proxy", "127.0.0.1,localhost")
        // Without this variable, Node.js ignores the proxy.
        set("NODE_USE_ENV_PROXY", "1")
    }

    /// `environment` with these variables.
    func applied(to environment: [String: String]) -> [String: String] {
        var result = environment
        for variable in variables { result[variable.name] = variable.value }
        return result
    }

    /// An environment in which HTTPS requests fail. `print-env` prints it when it fails: otherwise the programs that
    /// run next in the same shell would reach the real Azure, perhaps with the user's own login.
    static var blocked: ClientEnvironment {
        var environment = ClientEnvironment()
        // The port "discard", on which no process listens.
        environment.setProxy("http://127.0.0.1:9")
        return environment
    }
}
