import Foundation

/// Adds to `actions` that the child closes every descriptor from `first` on, even if another thread of this process
/// opens it at this moment. If a child kept one, a reader of a pipe could wait for its end too long.
///
/// The headers of glibc 2.34 and later have the function, but Swift does not import it.
func addCloseFiles(from first: Int32, to actions: inout posix_spawn_file_actions_t) throws {
    typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
    guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else {
        throw SystemCallError(operation: "find addclosefrom_np", number: ENOSYS)
    }
    let failure = unsafeBitCast(symbol, to: CloseFrom.self)(&actions, first)
    guard failure == 0 else { throw SystemCallError(operation: "close files", number: failure) }
}
