/// The codes of log messages about other events than failed mounts. Like error codes, they are stable, so that alerts
/// can name them.
package enum LogCode: String, CaseIterable, Sendable {
    /// The API server does not accept events on pods.
    case eventsFailing = "events-failing"
    /// No policy is configured, so every pod can use the identity modes in which the pod does not prove its own
    /// identity.
    case policyAbsent = "policy-absent"
    /// The policy file changed and its new content cannot be used.
    case policyInvalid = "policy-invalid"
    /// The provider can no longer compare a pod's files with the vault.
    case rotationFailing = "rotation-failing"
    /// The provider compares the pod's files with the vault again.
    case rotationRecovered = "rotation-recovered"
    /// The API server does not return the annotations of service accounts.
    case serviceAccountsFailing = "service-accounts-failing"
    /// A class has a parameter, or an object has a key, that the provider ignores.
    case settingIgnored = "setting-ignored"
    /// The socket for `akv-csi status` cannot be opened.
    case statusUnavailable = "status-unavailable"
    /// An object of a class expires soon or has expired.
    case objectEnding = "object-ending"
}
