extension MountPipeline: MetricsCollector {
    /// The metric families about the policy, if there is one, and about the cache of values.
    package var families: [MetricFamily] {
        let usage = cacheUsage
        let policy = isPolicyValid.map { isValid in
            MetricFamily.gauge(
                "akv_csi_policy_valid",
                "1 while the rules in force are those in the policy's file, 0 while it cannot be used.",
                isValid ? 1 : 0)
        }
        return (policy.map { [$0] } ?? []) + [
            .gauge("akv_csi_value_cache_bytes", "Size of the cached values in bytes.", usage.bytes),
            .gauge("akv_csi_value_cache_entries", "Number of cached values.", usage.count),
            .counter(
                "akv_csi_value_cache_evictions_total", "Values that were evicted to make room for others.",
                usage.evictions),
        ]
    }
}
