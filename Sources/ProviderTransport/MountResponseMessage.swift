internal import CProviderTransport

/// Bytes that can be lent without a copy into a Swift collection.
package protocol LendableBytes: Sendable {
    /// Calls `body` once with the bytes, which are valid until it returns.
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void)
}

/// The response to a Mount as the server sends it: the whole content of the volume.
package struct MountResponseMessage: Sendable {
    package struct File: Sendable {
        /// Relative to the volume.
        package var path: String
        /// Permission bits.
        package var mode: Int32
        package var contents: any LendableBytes

        package init(path: String, mode: Int32, contents: any LendableBytes) {
            self.path = path
            self.mode = mode
            self.contents = contents
        }
    }

    package var files: [File]
    package var objectVersions: [ObjectVersionMessage]

    package init(files: [File], objectVersions: [ObjectVersionMessage]) {
        self.files = files
        self.objectVersions = objectVersions
    }
}

extension MountResponseMessage {
    /// Finishes `call` with this response, which has `size` bytes, or with an error if the driver would not accept it.
    func send(on call: OpaquePointer, size: Int) {
        guard size <= RPCServer.maximumResponseBytes else {
            let message =
                "[answer-too-large] the response has \(size) bytes, the driver accepts at most"
                + " \(RPCServer.maximumResponseBytes). Fix: mount fewer objects per volume"
            message.withBorrowed { akv_call_finish(call, RPCCode.internal.rawValue, $0) }
            return
        }
        var output = ProtobufOutput(UnsafeMutableRawBufferPointer(start: akv_call_response(call, size), count: size))
        encode(into: &output)
        akv_call_finish(call, RPCCode.ok.rawValue, akv_bytes(base: nil, count: 0))
    }
}
