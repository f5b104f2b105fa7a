internal import Glibc

/// The sockets that a server listens on: non-blocking, and closed on `exec`.
struct ListeningSockets {
    /// The owner closes them.
    private(set) var descriptors: [Int32]
    /// The socket file, which the owner removes; nil for TCP.
    let path: String?
    /// The TCP port in use, or 0 for a unix socket.
    let port: Int

    /// Listens on `endpoint`. A stale socket file is replaced, and the new one accepts connections as soon as it exists.
    /// A TCP host name may stand for several addresses, and one of them is enough.
    static func open(_ endpoint: Endpoint) throws(ListenError) -> ListeningSockets {
        if case .unix(let path) = endpoint {
            try SocketFile.removeStale(at: path)
            try SocketFile.removeStale(at: SocketFile.temporaryPath(for: path))
        }
        do throws(SocketError) {
            switch endpoint {
            case .unix(let path): return ListeningSockets(descriptors: [try listen(at: path)], path: path, port: 0)
            case .tcp(let host, let port): return try listen(host: host, port: port)
            }
        } catch {
            throw ListenError(description: "cannot listen on \(endpoint): \(error.reason)")
        }
    }

    // MARK: - Unix sockets

    private static func listen(at path: String) throws(SocketError) -> Int32 {
        let temporary = SocketFile.temporaryPath(for: path)
        let descriptor = try listen(family: AF_UNIX) { descriptor throws(SocketError) in
            guard SocketFile.withAddress(temporary, { bind(descriptor, $0, $1) }) == 0 else {
                guard errno == ENOENT else { throw SocketError.ofLastCall }
                let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
                throw SocketError("directory \(directory) does not exist")
            }
        }
        // Only now that it listens, and only its owner may connect, the socket gets the name that clients know.
        guard chmod(temporary, 0o700) == 0, rename(temporary, path) == 0 else {
            let failure = SocketError.ofLastCall
            close(descriptor)
            unlink(temporary)
            throw failure
        }
        return descriptor
    }

    // MARK: - TCP

    private static func listen(host: String, port: Int) throws(SocketError) -> ListeningSockets {
        guard host.isEmpty else { return try listen(resolving: host, port: port) }
        // An IPv6 socket accepts IPv4 too. Without IPv6 on the host, only IPv4 is left.
        do throws(SocketError) { return try listen(resolving: "::", port: port) } catch {}
        return try listen(resolving: "0.0.0.0", port: port)
    }

    private static func listen(resolving host: String, port: Int) throws(SocketError) -> ListeningSockets {
        var (descriptors, port) = ([Int32](), port)
        var failure = SocketError("the host has no address")
        for address in try addresses(of: host) {
            do throws(SocketError) {
                let descriptor = try listen(on: address, port: port)
                descriptors.append(descriptor)
                if port == 0 { port = boundPort(descriptor) }
            } catch let error {
                failure = error
            }
        }
        guard !descriptors.isEmpty else { throw failure }
        return ListeningSockets(descriptors: descriptors, path: nil, port: port)
    }

    private static func listen(on address: SocketAddress, port: Int) throws(SocketError) -> Int32 {
        try listen(family: address.family) { descriptor throws(SocketError) in
            // Connections inherit TCP_NODELAY.
            set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
            set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            if address.family == AF_INET6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
            guard address.withPort(port, { bind(descriptor, $0, $1) }) == 0 else { throw SocketError.ofLastCall }
        }
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func addresses(of host: String) throws(SocketError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        var list: UnsafeMutablePointer<addrinfo>?
        let error = getaddrinfo(isBracketed ? String(host.dropFirst().dropLast()) : host, nil, &hints, &list)
        guard error == 0 else { throw SocketError(String(cString: gai_strerror(error))) }
        defer { freeaddrinfo(list) }
        return sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }.compactMap {
            $0.flatMap { SocketAddress($0.pointee) }
        }
    }

    private static func boundPort(_ descriptor: Int32) -> Int {
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        // IPv4 and IPv6 have the port in the same place.
        return result == 0 ? Int(UInt16(bigEndian: address.sin6_port)) : 0
    }

    // MARK: - All sockets

    private static func listen(
        family: Int32, bind: (Int32) throws(SocketError) -> Void
    ) throws(SocketError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw SocketError.ofLastCall }
        do throws(SocketError) {
            try bind(descriptor)
            guard Glibc.listen(descriptor, SOMAXCONN) == 0 else { throw SocketError.ofLastCall }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }
}

/// An IPv4 or IPv6 address of a host.
private struct SocketAddress {
    let family: Int32
    private let storage: sockaddr_storage
    private let size: socklen_t

    init?(_ information: addrinfo) {
        guard let address = information.ai_addr, [AF_INET, AF_INET6].contains(information.ai_family) else { return nil }
        var storage = sockaddr_storage()
        let size = min(Int(information.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: size))
        }
        family = information.ai_family
        self.storage = storage
        self.size = socklen_t(size)
    }

    func withPort(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var storage = storage
        return withUnsafeMutablePointer(to: &storage) { pointer in
            // IPv4 and IPv6 have the port in the same place.
            pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                $0.pointee.sin6_port = UInt16(truncatingIfNeeded: port).bigEndian
            }
            return pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }
}

private struct SocketError: Error {
    var reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    /// The system call that has just returned -1.
    static var ofLastCall: SocketError { SocketError(String(cString: strerror(errno))) }
}
