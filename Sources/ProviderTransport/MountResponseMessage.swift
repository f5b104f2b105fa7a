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
    /// The encoded size in bytes, without the few bytes that encode the structure of each file.
    var estimatedSize: Int {
        files.reduce(objectVersions.count * 64) { sum, file in
            var size = file.path.utf8.count
            file.contents.withBytes { size += $0.count }
            return sum + size
        }
    }

    /// Finishes `call` with this response, or with an error if the driver would not accept it.
    func send(on call: OpaquePointer) {
        for file in files {
            file.path.withBorrowed { path in
                file.contents.withBytes {
                    akv_call_add_file(call, akv_file(path: path, mode: file.mode, contents: akv_bytes($0)))
                }
            }
        }
        for object in objectVersions { object.withBorrowed { akv_call_add_object_version(call, $0) } }
        let size = akv_call_response_size(call)
        guard size <= RPCServer.maximumResponseBytes else {
            let message =
                "[answer-too-large] the response has \(size) bytes, the driver accepts at most"
                + " \(RPCServer.maximumResponseBytes). Fix: mount fewer objects per volume"
            message.withBorrowed { akv_call_finish(call, RPCCode.internal.rawValue, $0) }
            return
        }
        akv_call_finish(call, RPCCode.ok.rawValue, akv_bytes(base: nil, count: 0))
    }
}
