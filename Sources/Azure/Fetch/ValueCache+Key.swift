internal import ProviderCore

extension ValueCache {
    /// A vault and the principal that requests from it. All objects of a read share one instance, so that their keys
    /// are cheap to compare and hash.
    final class Scope: Hashable, Sendable {
        let principal: Principal
        /// The vault's host.
        let vault: String
        private let hash: Int

        init(principal: Principal, vault: String) {
            self.principal = principal
            self.vault = vault
            var hasher = Hasher()
            hasher.combine(principal)
            hasher.combine(vault)
            hash = hasher.finalize()
        }

        static func == (left: Scope, right: Scope) -> Bool {
            left === right
                || left.hash == right.hash && left.vault == right.vault && left.principal == right.principal
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(hash)
        }
    }

    /// Everything that a vault's response depends on.
    struct Key: Hashable, Sendable {
        var scope: Scope
        var type: KeyVaultObject.ObjectType
        /// The name of the object; empty for the list of objects.
        var name: String
        var query: Query

        /// Swift takes two names for equal that only look alike, such as one with a K and one with the Kelvin sign.
        static func == (left: Key, right: Key) -> Bool {
            left.name.utf8.elementsEqual(right.name.utf8) && left.type == right.type && left.query == right.query
                && left.scope == right.scope
        }
    }

    /// The part of the vault that is requested.
    enum Query: Hashable, Sendable {
        /// The content of a version; of the latest one if the text is empty.
        case content(version: String)
        /// The list of an object's versions.
        case versions
        /// The list of all objects of a type.
        case objects
    }
}
