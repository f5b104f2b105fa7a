internal import CNameLookup
internal import Glibc

/// One look-up of a host's addresses with c-ares, for both address families in parallel.
///
/// It has its own c-ares channel. So it can be cancelled alone, uses its own source port, and follows the system's
/// current settings. It must be used on the resolver's thread only.
final class NameLookup {
    /// The result of a look-up for one address family.
    struct Found: Sendable {
        /// The packed addresses, in the order in which they should be tried (RFC 6724, section 6).
        var addresses: [[UInt8]]
        /// Their time to live, in seconds.
        var timeToLive: Int
    }

    enum Failure: Error {
        /// The name service reports that the name has no address.
        case noAddress
        /// The name service did not respond, or responded with an error.
        case noResponse
    }

    let deadline: ContinuousClock.Instant
    private let finish: (AddressFamily, Result<Found, Failure>) -> Void
    private var handle: OpaquePointer?
    private var unfinished: Set<AddressFamily> = [.v4, .v6]

    /// The timeout of one query and the number of queries to each name server. The deadline of the whole look-up applies
    /// regardless.
    private static let milliseconds: Int32 = 1500
    private static let tries: Int32 = 3
    /// An upper bound of the library's sockets.
    private static let maximumSockets = 16

    /// `finish` is called once for each family. `servers` are addresses with ports, separated by commas; those of
    /// resolv.conf when nil.
    init(deadline: ContinuousClock.Instant, finish: @escaping (AddressFamily, Result<Found, Failure>) -> Void) {
        self.deadline = deadline
        self.finish = finish
    }

    /// Sends the queries. The look-up must live until it is finished.
    func begin(_ host: String, servers: String?) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        handle = akv_name_lookup_begin(host, servers, Self.milliseconds, Self.tries, found, context)
        if handle == nil { failAll() }
    }

    var isFinished: Bool { unfinished.isEmpty }

    /// Ends the look-up, finished or not.
    func end() {
        if let handle { akv_name_lookup_end(handle) }
        handle = nil
        failAll()
    }

    /// Adds the sockets that it waits for, and shortens `wait` to the time until its next step.
    func prepare(_ polls: inout [pollfd], _ wait: inout Duration) {
        guard let handle else { return }
        var sockets = [Int32](repeating: -1, count: Self.maximumSockets)
        var directions = sockets
        var milliseconds: Int32 = 0
        let count = akv_name_lookup_sockets(handle, &sockets, &directions, Int32(sockets.count), &milliseconds)
        for index in 0..<Int(count) {
            let events = (directions[index] & 1 != 0 ? POLLIN : 0) | (directions[index] & 2 != 0 ? POLLOUT : 0)
            polls.append(pollfd(fd: sockets[index], events: Int16(events), revents: 0))
        }
        wait = min(wait, .milliseconds(Int(milliseconds)))
    }

    /// Reads responses, or repeats a query if its timeout has passed.
    func process(_ polls: ArraySlice<pollfd>) {
        guard let handle else { return }
        akv_name_lookup_process(handle, -1, -1)
        for poll in polls where poll.revents != 0 {
            let isReadable = Int32(poll.revents) & (POLLIN | POLLERR | POLLHUP) != 0
            akv_name_lookup_process(
                handle, isReadable ? poll.fd : -1, Int32(poll.revents) & POLLOUT != 0 ? poll.fd : -1)
        }
    }

    fileprivate func ended(_ family: AddressFamily, _ result: Result<Found, Failure>) {
        guard unfinished.remove(family) != nil else { return }
        finish(family, result)
    }

    private func failAll() {
        for family in AddressFamily.allCases { ended(family, .failure(.noResponse)) }
    }
}

enum AddressFamily: Sendable, CaseIterable {
    case v4
    case v6
}

/// Called by the library, on the resolver's thread.
private func found(
    _ context: UnsafeMutableRawPointer?, _ family: Int32, _ status: Int32, _ addresses: UnsafePointer<UInt8>?,
    _ count: Int, _ timeToLive: Int32
) {
    guard let context else { return }
    let lookup = Unmanaged<NameLookup>.fromOpaque(context).takeUnretainedValue()
    let length = family == 4 ? 4 : 16
    let all = UnsafeBufferPointer(start: addresses, count: count * length)
    let result: Result<NameLookup.Found, NameLookup.Failure> =
        switch Int(status) {
        case Int(AKV_NAME_FOUND):
            .success(
                NameLookup.Found(
                    addresses: (0..<count).map { Array(all[$0 * length..<($0 + 1) * length]) },
                    timeToLive: max(0, Int(timeToLive))))
        case Int(AKV_NAME_NO_ADDRESS): .failure(.noAddress)
        default: .failure(.noResponse)
        }
    lookup.ended(family == 4 ? .v4 : .v6, result)
}
