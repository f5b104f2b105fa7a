import Foundation

/// Adds to `actions` that the child closes every descriptor from `first` on: a file of this process that another thread
/// opens at this moment, too. A child that kept one could hold up a reader that waits for the end of a pipe.
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
