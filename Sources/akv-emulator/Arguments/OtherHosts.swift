import ArgumentParser

/// How the emulator's proxy treats hosts that do not belong to Azure.
enum OtherHosts: String, ExpressibleByArgument, CaseIterable {
    case connect, refuse
}
