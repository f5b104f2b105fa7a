package import ProviderCore

/// The notes about a status that are shown in addition to its volumes.
package enum StatusNotes {
    /// The time in which the driver requests each volume again, about two minutes, with a margin.
    private static let secondsOfRound = 180
    private static let secondsWithoutRotation = 300

    /// Returns the notes. `hidden` is the number of volumes that are not shown because their pods are gone.
    package static func lines(_ status: NodeStatus, hidden: Int, isFiltered: Bool) -> [String] {
        let provider = status.provider
        let age = status.time - provider.startedAt
        var lines: [String] = []
        if status.volumes.isEmpty {
            lines.append(
                isFiltered
                    ? "No volume matches." : "No volumes: the driver has not asked this provider for any.")
        }
        if age < secondsOfRound {
            lines.append(
                "The provider started \(Age.text(age)) ago. Volumes appear when the driver asks for them,"
                    + " which takes about two minutes with rotation.")
        } else if !provider.isRotating,
            status.volumes.contains(where: { status.time - $0.lastMountAt > secondsWithoutRotation })
        {
            lines.append(
                "The driver has not asked for any volume a second time: rotation seems to be off, and pods keep the files"
                    + " of their start. See enableSecretRotation of the driver's chart.")
        }
        if hidden > 0 {
            lines.append(
                "\(hidden) volume\(hidden == 1 ? "" : "s") of pods that are gone \(hidden == 1 ? "is" : "are") hidden;"
                    + " --all shows \(hidden == 1 ? "it" : "them").")
        }
        if status.omittedVolumes > 0 { lines.append("\(status.omittedVolumes) more volumes are not shown.") }
        return lines
    }
}

extension NodeStatus {
    /// The same status without the parts that change all the time, to detect changes.
    package var lasting: NodeStatus {
        var copy = self
        copy.time = 0
        copy.volumes = volumes.map { volume in
            var volume = volume
            volume.lastMountAt = 0
            volume.lastSuccessAt = volume.lastSuccessAt.map { _ in 0 }
            volume.nextRefreshAt = nil
            volume.lastError?.at = 0
            if volume.lastError?.since != nil { volume.lastError?.since = 0 }
            volume.objects = volume.objects.map { object in
                var object = object
                object.confirmedAt = nil
                object.source = nil
                return object
            }
            return volume
        }
        return copy
    }
}
