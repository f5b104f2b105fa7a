/// The limits of the Secrets Store CSI driver for one volume.
package enum VolumeLimits {
    /// The largest response that the driver accepts by default, in bytes. A larger one fails in the driver with
    /// RESOURCE_EXHAUSTED and leaves an empty volume behind.
    package static let maximumBytes = 4 << 20
}
