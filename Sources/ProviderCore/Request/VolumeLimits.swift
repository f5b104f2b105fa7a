/// Bounds that the Secrets Store CSI driver sets for one volume.
package enum VolumeLimits {
    /// The largest response, in bytes, that the driver accepts by default. A larger one fails there with
    /// RESOURCE_EXHAUSTED, which leaves an empty volume behind.
    package static let maximumBytes = 4 << 20
}
