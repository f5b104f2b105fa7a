internal import Documents
internal import SecretMemory

/// The names of the parameters of a SecretProviderClass, and suggestions for misspelled ones.
package enum ParameterNames {
    /// All parameters that are read. `tenantId` is upstream's older spelling of `tenantID`.
    package static let known =
        [
            "keyvaultName", "tenantID", "tenantId", "objects", "clientID", "usePodIdentity", "useVMManagedIdentity",
            "userAssignedIdentityID", "useAzureTokenProxy", "cloudName", "cloudEnvFileName", "refreshInterval",
            "refreshNonce",
        ] + ClassSettings.keys

    private static let knownSet = Set(known)

    /// Returns the parameter that `name` was probably meant to be: the letter case or the dashes differ, or at most two
    /// letters. Returns nil for a known name, and for a name that is not similar to any: another program may use it.
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

    /// Only names of this form are repeated in logs and events.
    private static func isWord(_ name: String) -> Bool {
        name.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0))
        }
    }

    private static func plain(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

    /// Returns the ignored attributes of a mount whose names are similar to a parameter. The attributes also hold keys
    /// of the driver and the kubelet, and all keys of the pod's volume.
    static func misspelt(in attributes: StringMap) -> [(name: String, meant: String)] {
        let foreign = attributes.keys.filter {
            !knownSet.contains($0) && !$0.hasPrefix("csi.storage.k8s.io/") && $0 != "secretProviderClass"
        }
        return foreign.sorted().prefix(maximumJudged).compactMap { name in meant(by: name).map { (name, $0) } }
    }

    /// Returns the list for an error's context, which has to be short.
    static func list(_ misspelt: [(name: String, meant: String)]) -> String {
        misspelt.prefix(4).map { "\($0.name.clipped) (did you mean \($0.meant)?)" }.joined(separator: ", ")
    }

    /// The maximum number of names that are compared, because a request can hold any number of them and a comparison
    /// takes time.
    private static let maximumJudged = 64
}
