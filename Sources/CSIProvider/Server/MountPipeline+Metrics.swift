extension MountPipeline: MetricsCollector {
    /// The state of the policy, if there is one, and of the cache of values.
    package var families: [MetricFamily] {
        let usage = cacheUsage
        let policy = isPolicyValid.map { isValid in
            MetricFamily.gauge(
                "akv_csi_policy_valid",
                "1 while the rules in force are those in the policy's file, 0 while it cannot be used.",
                isValid ? 1 : 0)
        }
        return (policy.map { [$0] } ?? []) + [
            .gauge("akv_csi_value_cache_bytes", "What the kept values take.", usage.bytes),
            .gauge("akv_csi_value_cache_entries", "How many values are kept.", usage.count),
            .counter(
                "akv_csi_value_cache_evictions_total", "Values that were pushed out for others.", usage.evictions),
        ]
    }
}
