internal import Documents
internal import SecretMemory

/// What the parameters of a SecretProviderClass are called, and what was meant by those that do not exist.
package enum ParameterNames {
    /// Every parameter that is read. `tenantId` is upstream's older spelling of `tenantID`.
    package static let known =
        [
            "keyvaultName", "tenantID", "tenantId", "objects", "clientID", "usePodIdentity", "useVMManagedIdentity",
            "userAssignedIdentityID", "useAzureTokenProxy", "cloudName", "cloudEnvFileName", "refreshInterval",
            "refreshNonce",
        ] + ClassSettings.keys

    private static let knownSet = Set(known)

    /// The parameter that `name` was probably meant for: with other letter case or other dashes, or with two
    /// letters at most that differ. Nil for a name that exists, and for one that resembles none: such a one may
    /// well be somebody else's.
    package static func meant(by name: String) -> String? {
        guard !knownSet.contains(name), name.utf8.count <= 40, isWord(name) else { return nil }
        let letters = plain(name)
        if let same = known.first(where: { plain($0) == letters }) { return same }
        let candidates = known.map { ($0, SpellingSuggestion.distance(letters, plain($0))) }
        guard let best = candidates.min(by: { $0.1 < $1.1 }), best.1 <= (letters.utf8.count < 7 ? 1 : 2) else {
            return nil
        }
        return best.0
    }

    /// Nothing else is repeated in a log or an event.
    private static func isWord(_ name: String) -> Bool {
        name.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0))
        }
    }

    private static func plain(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

    /// Those of a mount's attributes that are ignored and that look like a parameter. The attributes also hold
    /// what the driver and the kubelet add, and whatever the pod's volume has among its own.
    static func misspelt(in attributes: StringMap) -> [(name: String, meant: String)] {
        let foreign = attributes.keys.filter {
            !knownSet.contains($0) && !$0.hasPrefix("csi.storage.k8s.io/") && $0 != "secretProviderClass"
        }
        return foreign.sorted().prefix(maximumJudged).compactMap { name in meant(by: name).map { (name, $0) } }
    }

    /// For an error's context, which is short.
    static func list(_ misspelt: [(name: String, meant: String)]) -> String {
        misspelt.prefix(4).map { "\($0.name.clipped) (did you mean \($0.meant)?)" }.joined(separator: ", ")
    }

    /// A request may hold any number of names, and comparing takes its time.
    private static let maximumJudged = 64
}
