/// Why a server cannot listen on its endpoint.
package struct ListenError: Error, CustomStringConvertible, Sendable {
    package var description: String
}
