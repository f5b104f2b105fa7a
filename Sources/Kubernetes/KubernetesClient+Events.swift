internal import ProviderCore

/// An Event's object: where it is, what it counts and since when.
package struct EventRecord: Sendable {
    var name: String
    package var count: Int
    /// Seconds since 1970.
    var first: Int

    package init(name: String, count: Int, first: Int) {
        self.name = name
        self.count = count
        self.first = first
    }
}

extension KubernetesClient {
    /// Creates the object for `event`.
    package func create(
        _ event: PodEvent, as record: EventRecord, node: String, now: Int
    ) async throws(KubernetesError) {
        let body = event.json(named: record.name, node: node, count: record.count, first: record.first, last: now)
        _ = try await send(.create, KubernetesResource("events", in: event.pod.namespace), body: body)
    }

    /// Counts up the object of an earlier event that `event` repeats.
    package func update(_ event: PodEvent, of record: EventRecord, now: Int) async throws(KubernetesError) {
        let resource = KubernetesResource("events", in: event.pod.namespace, named: record.name)
        _ = try await send(.patch, resource, body: event.body(count: record.count, last: now))
    }
}
