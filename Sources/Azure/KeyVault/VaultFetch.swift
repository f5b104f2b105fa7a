package import ProviderCore

/// Fetches all objects of a plan for one identity: one exchange, then the reads side by side.
package struct VaultFetch: Sendable {
    /// Reads under way at once for one mount.
    private static let parallelReads = 20

    private typealias Reading = Result<KeyVaultClient.Outcome, ProviderError>

    private let exchange: TokenExchange
    private let vault: KeyVaultClient

    package init(exchange: TokenExchange, vault: KeyVaultClient) {
        self.exchange = exchange
        self.vault = vault
    }

    /// The items in the plan's order. Every object that fails is reported, in that order too.
    package func items(
        of plan: MountPlan, as attributes: MountAttributes, until deadline: Deadline
    ) async throws(ProviderError) -> [VaultItem] {
        let token = try await token(attributes, resource: nil, deadline)
        var readings = await read(Array(plan.items.indices), of: plan, token, deadline)

        // Once: the vault may want another audience than the cloud's, or have seen the token expire.
        let rejected = readings.filter { if case .success(.tokenRejected) = $0.value { true } else { false } }
        if case .success(.tokenRejected(let resource, _)) = rejected.first?.value {
            let fresh = try await self.token(attributes, resource: resource, deadline)
            let again = await read(rejected.keys.sorted(), of: plan, fresh, deadline)
            readings.merge(again) { $1 }
        }
        return try collect(readings, count: plan.items.count)
    }

    private func token(
        _ attributes: MountAttributes, resource: String?, _ deadline: Deadline
    ) async throws(ProviderError) -> AccessToken {
        switch attributes.identity {
        case .workloadIdentity(let clientID, let assertion):
            try await exchange.exchange(
                assertion, clientID: clientID, tenantID: attributes.tenantID, cloud: attributes.cloud,
                resource: resource ?? attributes.cloud.vaultResource, until: deadline)
        }
    }

    private func read(
        _ indices: [Int], of plan: MountPlan, _ token: AccessToken, _ deadline: Deadline
    ) async -> [Int: Reading] {
        await withTaskGroup(of: (Int, Reading).self, returning: [Int: Reading].self) { group in
            var waiting = indices[...]
            var readings: [Int: Reading] = [:]
            for _ in 0..<Self.parallelReads {
                guard let index = waiting.popFirst() else { break }
                group.addTask { (index, await readOne(plan.items[index].object, plan.vault, token, deadline)) }
            }
            while let (index, reading) = await group.next() {
                readings[index] = reading
                guard let index = waiting.popFirst() else { continue }
                group.addTask { (index, await readOne(plan.items[index].object, plan.vault, token, deadline)) }
            }
            return readings
        }
    }

    private func readOne(
        _ object: KeyVaultObject, _ address: VaultAddress, _ token: AccessToken, _ deadline: Deadline
    ) async -> Reading {
        do throws(ProviderError) {
            return .success(
                try await vault.read(object, version: object.version, in: address, token: token, until: deadline))
        } catch {
            return .failure(error)
        }
    }

    private func collect(_ readings: [Int: Reading], count: Int) throws(ProviderError) -> [VaultItem] {
        var items: [VaultItem] = []
        var errors: [ProviderError] = []
        for index in 0..<count {
            switch readings[index] {
            case .success(.item(let item)): items.append(item)
            case .success(.tokenRejected(_, let error)), .failure(let error): errors.append(error)
            case nil: errors.append(ProviderError(.internal, "object \(index) was not read"))
            }
        }
        if let error = ProviderError.combining(errors) { throw error }
        return items
    }
}
