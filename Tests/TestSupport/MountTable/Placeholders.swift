/// Replaces `${…}` in the table's texts with values that are known only when the tests run.
///
/// * `${token}`: a service-account token. `${token audience=… lifetime=… serviceAccount=… namespace=…}`
///   is one with these values.
/// * `${file NAME}`: the path of one of the case's cloud files.
/// * Everything else is material, see `Material`.
package struct Placeholders: Sendable {
    package struct Token: Sendable {
        package var serviceAccount = "reader"
        package var namespace = "team-a"
        package var audience = "api://AzureADTokenExchange"
        package var lifetime = 3600
    }

    private let material: Material
    private let files: [String: String]
    private let token: @Sendable (Token) async throws -> String

    package init(
        material: Material, files: [String: String] = [:], token: @escaping @Sendable (Token) async throws -> String
    ) {
        (self.material, self.files, self.token) = (material, files, token)
    }

    package func callAsFunction(_ text: String) async throws -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            result += rest[..<start.lowerBound]
            result += try await value(String(rest[start.upperBound..<end]))
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private func value(_ placeholder: String) async throws -> String {
        let words = placeholder.split(separator: " ")
        switch words.first {
        case "token": return try await token(try Self.token(words.dropFirst().map { $0.split(separator: "=") }))
        case "file":
            guard words.count == 2, let path = files[String(words[1])] else {
                throw MountCaseError(description: "there is no \(placeholder)")
            }
            return path
        default: return try material.text(placeholder)
        }
    }

    private static func token(_ options: [[Substring]]) throws -> Token {
        var token = Token()
        for option in options {
            switch (option.first, option.last) {
            case ("serviceAccount", .some(let value)): token.serviceAccount = String(value)
            case ("namespace", .some(let value)): token.namespace = String(value)
            case ("audience", .some(let value)): token.audience = String(value)
            case ("lifetime", .some(let value)): token.lifetime = Int(value) ?? 0
            default: throw MountCaseError(description: "a token has no \(option)")
            }
        }
        return token
    }
}
