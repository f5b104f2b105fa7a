internal import ProviderCore

/// The name, the count and the first time of an Event object.
package struct EventRecord: Sendable {
    var name: String
    package var count: Int
    /// The time of the first occurrence, in seconds since 1970.
    var first: Int

    package init(name: String, count: Int, first: Int) {
        self.name = name
        self.count = count
        self.first = first
    }
}

extension KubernetesClient {
    /// Creates the Event object for `event`. Throws if the API server does not accept it.
    package func create(
        _ event: PodEvent, as record: EventRecord, node: String, now: Int
    ) async throws(KubernetesError) {
        let body = event.json(named: record.name, node: node, count: record.count, first: record.first, last: now)
        _ = try await send(.create, KubernetesResource("events", in: event.pod.namespace), body: body)
    }

    /// Increases the count of an earlier Event object, because `event` repeats it. Throws if the API server does not
    /// accept it.
    package func update(_ event: PodEvent, of record: EventRecord, now: Int) async throws(KubernetesError) {
        let resource = KubernetesResource("events", in: event.pod.namespace, named: record.name)
        _ = try await send(.patch, resource, body: event.body(count: record.count, last: now))
    }
}
