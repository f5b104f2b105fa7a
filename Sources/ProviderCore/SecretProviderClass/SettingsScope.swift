/// The position of a mapping in the settings, so that an error about one of its keys can name its place.
package enum SettingsScope: Sendable {
    /// The keys are parameters of the class.
    case parameters
    /// The keys are inside a parameter.
    case parameter(String)
    /// The keys are settings of an object.
    case object
    /// The keys are inside a setting of an object.
    case setting(String)

    /// Returns the scope of the mapping under `key`.
    func inner(_ key: String) -> SettingsScope {
        switch self {
        case .parameters: .parameter(key)
        case .object: .setting(key)
        case .parameter, .setting: self
        }
    }

    func place(of key: String) -> ErrorPlace {
        switch self {
        case .parameters: ErrorPlace(parameter: key)
        case .parameter(let parameter): ErrorPlace(parameter: parameter)
        case .object: ErrorPlace(setting: key)
        case .setting(let setting): ErrorPlace(setting: setting)
        }
    }
}
