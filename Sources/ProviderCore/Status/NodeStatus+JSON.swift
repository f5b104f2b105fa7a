package import Documents

extension NodeStatus {
    /// The version of the document's format. Adding members does not change it.
    private static let form = 1

    package var json: JSONOutput {
        .object([
            ("formatVersion", .number(Self.form)),
            ("time", .time(time)),
            (
                "provider",
                .object([
                    ("version", .text(provider.version)), ("node", .optional(provider.node)),
                    ("startedAt", .time(provider.startedAt)),
                    ("refreshIntervalSeconds", .number(provider.refreshInterval)),
                    ("staleIfErrorSeconds", .number(provider.staleIfError)),
                    ("rotating", .bool(provider.isRotating)),
                ])
            ),
            ("volumes", .array(volumes.map(\.json))),
            ("omittedVolumes", .number(omittedVolumes)),
        ])
    }

    /// Reads a document that `json` created. Returns nil for any other document.
    package init?(_ json: JSONValue) {
        guard let document = json.object, document["formatVersion"]?.integer == Self.form,
            let provider = document["provider"]?.object, let volumes = document["volumes"]?.array
        else { return nil }
        self.init(
            time: document.time("time") ?? 0,
            provider: Provider(
                version: provider.text("version"), node: provider["node"]?.text,
                startedAt: provider.time("startedAt") ?? 0,
                refreshInterval: provider["refreshIntervalSeconds"]?.integer ?? 0,
                staleIfError: provider["staleIfErrorSeconds"]?.integer ?? 0,
                isRotating: provider["rotating"]?.bool ?? false),
            volumes: volumes.compactMap(VolumeStatus.init),
            omittedVolumes: document["omittedVolumes"]?.integer ?? 0)
    }
}

extension VolumeStatus {
    package var json: JSONOutput {
        .object([
            ("namespace", .text(namespace)), ("pod", .text(pod)), ("podUID", .text(podUID)),
            ("serviceAccount", .text(serviceAccount)), ("secretProviderClass", .text(className)),
            ("volume", .text(volumeName)), ("targetPath", .text(targetPath)),
            ("state", .text(state.rawValue)), ("gone", .bool(isGone)),
            (
                "identity",
                identity.map { identity in
                    .object([
                        ("mode", .text(identity.mode)), ("clientID", .text(identity.clientID)),
                        ("tenantID", .text(identity.tenantID)),
                    ])
                } ?? .null
            ),
            ("vault", .optional(vault)), ("lastMountAt", .time(lastMountAt)), ("lastSuccessAt", .time(lastSuccessAt)),
            ("confirmedAt", .time(confirmedAt)), ("nextRefreshAt", .time(nextRefreshAt)),
            ("expiresAt", .time(expiresAt)),
            (
                "lastError",
                lastError.map { error in
                    .object([
                        ("code", .text(error.code)), ("message", .text(error.message)), ("at", .time(error.at)),
                        ("since", .time(error.since)),
                    ])
                } ?? .null
            ),
            ("objects", .array(objects.map(\.json))), ("omittedObjects", .number(omittedObjects)),
        ])
    }

    package init?(_ json: JSONValue) {
        guard let volume = json.object else { return nil }
        self.init(
            namespace: volume.text("namespace"), pod: volume.text("pod"), podUID: volume.text("podUID"),
            serviceAccount: volume.text("serviceAccount"), className: volume.text("secretProviderClass"),
            targetPath: volume.text("targetPath"), state: State(rawValue: volume.text("state")) ?? .failing,
            lastMountAt: volume.time("lastMountAt") ?? 0,
            objects: (volume["objects"]?.array ?? []).compactMap(ObjectStatus.init))
        isGone = volume["gone"]?.bool ?? false
        identity = volume["identity"]?.object.map { identity in
            Identity(
                mode: identity.text("mode"), clientID: identity.text("clientID"), tenantID: identity.text("tenantID"))
        }
        vault = volume["vault"]?.text
        lastSuccessAt = volume.time("lastSuccessAt")
        nextRefreshAt = volume.time("nextRefreshAt")
        lastError = volume["lastError"]?.object.map { error in
            Failure(
                code: error.text("code"), message: error.text("message"), at: error.time("at") ?? 0,
                since: error.time("since"))
        }
        omittedObjects = volume["omittedObjects"]?.integer ?? 0
    }
}

extension ObjectStatus {
    package var json: JSONOutput {
        .object([
            ("type", .text(type)), ("name", .text(name)), ("version", .optional(version)), ("vault", .text(vault)),
            ("clientID", .optional(clientID)), ("confirmedAt", .time(confirmedAt)), ("expiresAt", .time(expiresAt)),
            ("source", .optional(source)), ("fromFallback", .bool(isFromFallback)),
        ])
    }

    package init?(_ json: JSONValue) {
        guard let object = json.object else { return nil }
        self.init(
            type: object.text("type"), name: object.text("name"), version: object["version"]?.text,
            vault: object.text("vault"))
        clientID = object["clientID"]?.text
        confirmedAt = object.time("confirmedAt")
        expiresAt = object.time("expiresAt")
        source = object["source"]?.text
        isFromFallback = object["fromFallback"]?.bool ?? false
    }
}

extension JSONOutput {
    fileprivate static func time(_ seconds: Int?) -> JSONOutput { .optional(seconds.map(Timestamp.text)) }
}

extension JSONObject {
    fileprivate func text(_ key: String) -> String { self[key]?.text ?? "" }

    fileprivate func time(_ key: String) -> Int? { self[key]?.text.map(Timestamp.seconds(ofUTC:)) }
}
