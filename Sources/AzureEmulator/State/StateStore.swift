internal import Foundation
internal import Synchronization

/// What the emulated Azure holds now: vaults, and identities with their federated credentials. A change
/// is made wholly, in memory and in the file if there is one, or not at all.
final class StateStore: Sendable {
    private let state: Mutex<EmulatorState>
    private let file: StateFile?

    /// Writes the state to the file at once, so that a place that cannot be written shows at the start.
    init(_ state: EmulatorState, file: StateFile? = nil) throws {
        try file?.write(state)
        self.state = Mutex(state)
        self.file = file
    }

    // MARK: - Vaults

    func vault(_ name: String) -> Vault? {
        state.withLock { state in state.index(of: name).map { state.vaults[$0] } }
    }

    /// In the order of their names.
    var vaults: [Vault] { state.withLock { $0.vaults.sorted { $0.name < $1.name } } }

    /// Throws `Missing` if there is no such vault.
    @discardableResult
    func change<Result: Sendable>(_ vault: String, _ body: (inout Vault) throws -> Result) throws -> Result {
        try changeState { state in
            guard let index = state.index(of: vault) else {
                throw Missing(description: Nearest.complaint("vault", vault, among: state.vaults.map(\.name)))
            }
            return try body(&state.vaults[index])
        }
    }

    // MARK: - Identities

    /// In the seed's order.
    var identities: [Seed.Identity] { state.withLock { $0.identities } }

    /// Throws `Missing` if there is no such identity.
    func changeIdentity(_ name: String, _ body: (inout Seed.Identity) throws -> Void) throws {
        try changeState { state in
            guard let index = state.identities.firstIndex(where: { $0.name == name }) else {
                throw Missing(description: Nearest.complaint("identity", name, among: state.identities.map(\.name)))
            }
            try body(&state.identities[index])
        }
    }

    /// What was named is not there.
    struct Missing: Error, CustomStringConvertible {
        var description: String
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

extension EmulatorState {
    /// Where a vault is, whatever the case of its letters.
    fileprivate func index(of vault: String) -> Int? {
        vaults.firstIndex { $0.name == vault } ?? vaults.firstIndex { $0.name.lowercased() == vault.lowercased() }
    }
}
