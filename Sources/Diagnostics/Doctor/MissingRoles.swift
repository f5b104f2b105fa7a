internal import Azure
internal import ProviderCore

/// The objects for which an identity does not have a role. One command can grant the roles for all objects of a type.
struct MissingRoles {
    private struct Group {
        var assignee: String
        var vault: String
        var objects: [KeyVaultObject] = []
        /// The indices of the objects' steps.
        var steps: [Int] = []
    }

    private var groups: [Group] = []

    mutating func add(_ object: KeyVaultObject, _ source: MountPlan.Source, step: Int) {
        let (vault, assignee) = (source.vault.name, source.authentication.assignee)
        var index = groups.firstIndex { group in
            group.vault == vault && group.assignee == assignee && group.objects.first?.type == object.type
        }
        if index == nil {
            groups.append(Group(assignee: assignee, vault: vault))
            index = groups.count - 1
        }
        guard let index else { return }
        if !groups[index].objects.contains(where: { $0.name == object.name }) { groups[index].objects.append(object) }
        groups[index].steps.append(step)
    }

    /// Gives all steps of a group the same command.
    func writeFixes(into steps: inout [DoctorStep]) {
        for group in groups {
            let command = AzureCommand.roles(for: group.objects, vault: group.vault, assignee: group.assignee)
            for step in group.steps { steps[step].fix = command }
        }
    }
}

extension AuthenticationContext {
    /// The client that the roles are assigned to.
    var assignee: String { identity.clientID.isEmpty ? "<client id of the identity>" : identity.clientID }
}
