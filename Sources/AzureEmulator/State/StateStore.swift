internal import Synchronization

/// The current content of the emulated Azure: the vaults, and the identities with their federated
/// credentials. A change takes effect completely, in memory and in the state file if there is one, or not
/// at all.
final class StateStore: Sendable {
    private let state: Mutex<EmulatorState>
    private let file: StateFile?

    /// Writes the state to the file immediately, so that a file that cannot be written is an error at the start.
    init(_ state: EmulatorState, file: StateFile? = nil) throws {
        try file?.write(state)
        self.state = Mutex(state)
        self.file = file
    }

    /// The vaults in the order of their names.
    var vaults: [Vault] { state.withLock { $0.vaults.sorted { $0.name < $1.name } } }

    /// The vault with this name. Throws an `EmulatorError` if it does not exist.
    func existingVault(_ name: String) throws -> Vault {
        guard let vault = vault(name) else { throw Self.unknown("vault", name, among: vaults.map(\.name)) }
        return vault
    }

    /// Changes an identity. Throws an `EmulatorError` if it does not exist.
    func changeIdentity(_ name: String, _ body: (inout EntraIdentity) throws -> Void) throws {
        try changeState { state in
            guard let index = state.identities.firstIndex(where: { $0.name == name }) else {
                throw Self.unknown("identity", name, among: state.identities.map(\.name))
            }
            try body(&state.identities[index])
        }
    }

    static func unknown(_ kind: String, _ name: String, among names: [String]) -> EmulatorError {
        .notFound(SpellingSuggestion.message(unknown: kind, name, among: names))
    }

    private func changeState<Result: Sendable>(_ body: (inout EmulatorState) throws -> Result) throws -> Result {
        try state.withLock { state in
            var changed = state
            let result = try body(&changed)
            try file?.write(changed)
            state = changed
            return result
        }
    }
}

extension StateStore: VaultStorage {
    func vault(_ name: String) -> Vault? {
        state.withLock { state in state.index(of: name).map { state.vaults[$0] } }
    }

    @discardableResult
    func change<Result: Sendable>(_ vault: String, _ body: (inout Vault) throws -> Result) throws -> Result {
        try changeState { state in
            guard let index = state.index(of: vault) else {
                throw Self.unknown("vault", vault, among: state.vaults.map(\.name))
            }
            return try body(&state.vaults[index])
        }
    }
}

extension StateStore: IdentityStorage {
    /// The identities in the order of the seed.
    var identities: [EntraIdentity] { state.withLock { $0.identities } }

    var tenantIDs: [String] {
        state.withLock { state in state.identities.map(\.tenantID) + state.vaults.map(\.tenantID) }
    }
}

extension EmulatorState {
    /// The index of a vault. A vault with exactly this name comes before one that differs in case.
    fileprivate func index(of vault: String) -> Int? {
        vaults.firstIndex { $0.name == vault } ?? vaults.firstIndex { $0.name.lowercased() == vault.lowercased() }
    }
}
