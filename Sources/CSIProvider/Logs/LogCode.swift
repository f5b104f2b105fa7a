/// What the log reports in addition to failed mounts, under codes that alerts may name like those of errors.
package enum LogCode: String, CaseIterable, Sendable {
    /// The API server takes no events on pods.
    case eventsFailing = "events-failing"
    /// No policy is given, and modes without a proof of the pod's own are open to all.
    case policyAbsent = "policy-absent"
    /// The policy's file changed to one that cannot be used.
    case policyInvalid = "policy-invalid"
    /// A pod's files are no longer compared with the vault.
    case rotationFailing = "rotation-failing"
    /// They are again.
    case rotationRecovered = "rotation-recovered"
    /// The API server does not say what service accounts are annotated with.
    case serviceAccountsFailing = "service-accounts-failing"
    /// A class has a parameter, or an object a key, that the provider ignores.
    case settingIgnored = "setting-ignored"
    /// The socket that `akv-csi status` asks cannot be served.
    case statusUnavailable = "status-unavailable"
    /// An object of a class ends soon, or has ended.
    case objectEnding = "object-ending"
}
