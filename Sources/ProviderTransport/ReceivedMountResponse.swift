internal import CProviderTransport

/// The response to a Mount as a client receives it.
package struct ReceivedMountResponse: Sendable {
    package struct File: Sendable {
        /// Relative to the volume.
        package var path: String
        /// Permission bits.
        package var mode: Int32
        package var contents: [UInt8]
    }

    package var files: [File]
    package var objectVersions: [ObjectVersionMessage]
    /// Not empty when a provider reports a failure in the response instead of the gRPC status.
    package var errorCode: String
}

extension ReceivedMountResponse {
    init(copying call: OpaquePointer) {
        files = (0..<akv_client_call_file_count(call)).map { index in
            let file = akv_client_call_file(call, index)
            return File(path: String(copying: file.path), mode: file.mode, contents: Array(copying: file.contents))
        }
        objectVersions = (0..<akv_client_call_object_version_count(call)).map { index in
            ObjectVersionMessage(copying: akv_client_call_object_version(call, index))
        }
        errorCode = String(copying: akv_client_call_error_code(call))
    }
}
