/// What the keys of a mapping of settings are, so that an error about one can say where it is.
package enum SettingsScope: Sendable {
    /// Parameters of the class.
    case parameters
    /// Keys within a parameter.
    case parameter(String)
    /// Settings of an object.
    case object
    /// Keys within a setting of an object.
    case setting(String)

    /// The scope of the mapping under `key`.
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
