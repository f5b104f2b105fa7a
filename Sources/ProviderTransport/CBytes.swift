internal import CProviderTransport

extension akv_bytes {
    init(_ buffer: UnsafeRawBufferPointer) {
        self.init(base: buffer.baseAddress?.assumingMemoryBound(to: CChar.self), count: buffer.count)
    }

    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
}

extension String {
    init(copying bytes: akv_bytes) {
        self = String(decoding: bytes.buffer, as: UTF8.self)
    }

    func withBorrowed<Result>(_ body: (akv_bytes) -> Result) -> Result {
        var copy = self
        return copy.withUTF8 { body(akv_bytes(UnsafeRawBufferPointer($0))) }
    }
}

extension [UInt8] {
    init(copying bytes: akv_bytes) {
        self.init(bytes.buffer)
    }

    func withBorrowed<Result>(_ body: (akv_bytes) -> Result) -> Result {
        withUnsafeBytes { body(akv_bytes($0)) }
    }
}

extension ObjectVersionMessage {
    init(copying object: akv_object_version) {
        self.init(id: String(copying: object.id), version: String(copying: object.version))
    }

    func withBorrowed(_ body: (akv_object_version) -> Void) {
        id.withBorrowed { id in version.withBorrowed { body(akv_object_version(id: id, version: $0)) } }
    }
}

extension MountRequestMessage {
    init(copying call: OpaquePointer) {
        let request = akv_call_request(call)
        self.init(
            attributes: Array(copying: request.attributes),
            secrets: Array(copying: request.secrets),
            targetPath: String(copying: request.target_path),
            permission: String(copying: request.permission)
        )
    }

    func withBorrowed(_ body: (akv_mount_request) -> Void) {
        attributes.withBorrowed { attributes in
            secrets.withBorrowed { secrets in
                targetPath.withBorrowed { target in
                    permission.withBorrowed { permission in
                        body(
                            akv_mount_request(
                                attributes: attributes, secrets: secrets, target_path: target, permission: permission))
                    }
                }
            }
        }
    }
}

extension ProviderVersion {
    init(copying version: akv_version_info) {
        self.init(
            version: String(copying: version.version),
            runtimeName: String(copying: version.runtime_name),
            runtimeVersion: String(copying: version.runtime_version))
    }

    func withBorrowed<Result>(_ body: (akv_version_info) -> Result) -> Result {
        version.withBorrowed { version in
            runtimeName.withBorrowed { name in
                runtimeVersion.withBorrowed { build in
                    body(akv_version_info(version: version, runtime_name: name, runtime_version: build))
                }
            }
        }
    }
}
