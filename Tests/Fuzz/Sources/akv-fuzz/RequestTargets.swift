internal import CFuzzDriver
internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The driver's request: the protobuf message, its JSON fields, and the YAML in them.
let requestTargets = [
    FuzzTarget("message", 8192) { bytes in
        let base = bytes.bindMemory(to: UInt8.self).baseAddress
        let outcome = withUnsafeTemporaryAllocation(of: Int.self, capacity: 1) { unused in
            akv_fuzz_decode(base, bytes.count, UnsafeMutableRawPointer(unused.baseAddress ?? .allocate(capacity: 1))) {
                _, message in
                let message = message.pointee
                func bytes(_ start: UnsafePointer<CChar>, _ count: Int) -> UnsafeRawBufferPointer {
                    UnsafeRawBufferPointer(start: start, count: count)
                }
                checkRequest(
                    attributes: SecretBytes(copying: bytes(message.attributes, message.attributes_count)),
                    secrets: SecretBytes(copying: bytes(message.secrets, message.secrets_count)),
                    permission: String(
                        decoding: bytes(message.permission, message.permission_count), as: UTF8.self),
                    targetPath: String(
                        decoding: bytes(message.target_path, message.target_path_count), as: UTF8.self))
            }
        }
        require(outcome >= 0, "encoding and decoding changes a message")
    },
    FuzzTarget("attributes", 8192) { bytes in
        checkRequest(attributes: SecretBytes(copying: bytes), secrets: SecretBytes("null"))
    },
    FuzzTarget("permission", 64) { bytes in
        checkRequest(
            attributes: SecretBytes("{}"), secrets: SecretBytes("null"), permission: Input(bytes).text)
    },
    FuzzTarget("objects", 8192) { bytes in
        guard case .success(let document) = ObjectsDocument.parse(Input(bytes).text) else { return }
        require(!document.objects.isEmpty, "a document without objects is accepted")
        for object in document.objects { checkObject(object) }
        let paths = Set(document.objects.map { Array($0.path.utf8) })
        require(paths.count == document.objects.count, "two objects have the same path")
    },
    FuzzTarget("yaml", 4096) { bytes in
        guard let documents = try? YAMLParser.parseAll(Input(bytes).text) else { return }
        func walk(_ node: YAMLNode) {
            _ = (node.line, node.tag, node.text, node.scalar?.integer)
            for child in node.sequence ?? [] { walk(child) }
            guard case .mapping(let members, _) = node else { return }
            for member in members {
                walk(member.key)
                walk(member.value)
            }
            if let merged = try? YAMLNode.merging(members) {
                let left = merged.compactMap(\.key.scalar).filter {
                    $0.text == "<<" && $0.isPlain && $0.explicitTag == nil
                }
                require(left.isEmpty, "a merge key is left")
            }
        }
        for document in documents { walk(document) }
    },
    FuzzTarget("json", 4096) { bytes in
        guard let value = try? JSONParser.parse(SecretBytes(copying: bytes)) else { return }
        checkJSON(value)
    },
]

func checkRequest(
    attributes: SecretBytes, secrets: SecretBytes, permission: String = "420",
    targetPath: String = "/var/lib/kubelet/pods/1/mount"
) {
    let accepted: MountConfiguration
    let volume: VolumeFingerprint
    do throws(ProviderError) {
        let request = try MountRequest(
            attributes: attributes, secrets: secrets, permission: permission, targetPath: targetPath)
        volume = VolumeFingerprint(request)
        require(request.defaultMode.rawValue <= 0o777, "mode \(request.defaultMode)")
        accepted = try MountConfiguration(
            validating: request,
            MountConfiguration.Environment(
                defaultCloudName: "AzurePublicCloud", environmentFile: { _ in nil }, now: 1_767_268_800))
        require(volume == VolumeFingerprint(request), "the fingerprints of the same volume differ")
    } catch {
        requireDiscreet(error)
        return
    }
    checkNames(accepted.vaultName, accepted.tenantID, accepted.cloud)
    for object in accepted.objects { checkObject(object) }
    if let interval = accepted.refreshInterval { checkDuration(interval) }
    let plan = MountPlan(accepted)
    require(Set(plan.items.map { $0.id(version: 0) }).count == plan.items.count, "two objects have the same id")
}

/// Requires that names from a manifest cannot redirect a request to another host or path.
func checkNames(_ vault: String, _ tenant: String, _ cloud: AzureCloud) {
    func isPlain(_ text: String, _ extra: String) -> Bool {
        text.utf8.allSatisfy { byte in
            let isLetter = (0x61...0x7A).contains(byte | 0x20) && byte < 0x80
            return isLetter || (0x30...0x39).contains(byte) || extra.utf8.contains(byte)
        }
    }
    require((3...24).contains(vault.utf8.count) && isPlain(vault, "-"), "vault name \(vault.debugDescription)")
    require(VaultAddress(name: vault, suffix: cloud.vaultSuffix).host == "\(vault).\(cloud.vaultSuffix)", "host")
    require(!tenant.isEmpty && isPlain(tenant, "-._"), "tenant \(tenant.debugDescription)")
    require(tenant != "." && !tenant.contains(".."), "tenant \(tenant.debugDescription)")
    require(tenant.percentEncoded == tenant, "tenant \(tenant.debugDescription)")
}

/// Checks the object name, version and path again, independently of the code under test.
func checkObject(_ object: KeyVaultObject) {
    let path = Array(object.path.utf8)
    require(!path.isEmpty && path.count <= 4000, "path of \(path.count) bytes")
    require(path.first != 0x2F && !path.contains(0), "path \(object.path.debugDescription)")
    for element in path.split(separator: 0x2F, omittingEmptySubsequences: false) {
        require(!element.isEmpty && element.count <= 255, "path \(object.path.debugDescription)")
        require(!element.elementsEqual(".".utf8), "path \(object.path.debugDescription)")
        require(!element.elementsEqual("..".utf8), "path \(object.path.debugDescription)")
    }
    for segment in [object.name, object.version] {
        require(segment.utf8.count <= 255 && segment != "." && segment != "..", "segment \(segment.debugDescription)")
        require(!segment.percentEncoded.contains { "/?#@:\\ \r\n".contains($0) }, "segment \(segment.debugDescription)")
    }
    require(!object.name.isEmpty, "an object has no name")
}

func checkJSON(_ value: JSONValue) {
    _ = (value.kind, value.integer, value.bool)
    if let text = value.text, let secret = value.secret {
        require(Array(text.utf8) == secret.shown, "a text differs from its bytes")
        let again = try? JSONParser.parse(SecretBytes(JSONWriter.quoted(text)))
        require(again?.secret?.shown == secret.shown, "quoting and parsing changes a text")
    }
    for element in value.array ?? [] { checkJSON(element) }
    for member in value.object?.members ?? [] { checkJSON(member.value) }
}
