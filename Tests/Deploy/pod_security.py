"""The rules of Kubernetes' Pod Security Standard "restricted", as its documentation lists them."""

VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}
SELINUX_TYPES = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}


def violations(pod, annotations=None):
    """The violations of the standard in a pod's spec, as (place, rule)."""
    found = []
    common = pod.get("securityContext", {})

    def check(where, rule, holds):
        if not holds:
            found.append((where, rule))

    for field in ["hostNetwork", "hostPID", "hostIPC"]:
        check("pod", field, not pod.get(field))
    for sysctl in common.get("sysctls", []):
        check("pod", "sysctls", sysctl["name"] in SYSCTLS)
    for volume in pod.get("volumes", []):
        kind = next(key for key in volume if key != "name")
        check(f"volume {volume['name']}", kind, kind in VOLUMES)
    for key, value in (annotations or {}).items():
        if key.startswith("container.apparmor.security.beta.kubernetes.io/"):
            check("pod", "appArmor", value == "runtime/default" or value.startswith("localhost/"))
    for container in pod.get("initContainers", []) + pod["containers"] + pod.get("ephemeralContainers", []):
        where, own = container["name"], container.get("securityContext", {})
        check(where, "privileged", not own.get("privileged"))
        check(where, "allowPrivilegeEscalation", own.get("allowPrivilegeEscalation") is False)
        capabilities = own.get("capabilities", {})
        check(where, "capabilities", "ALL" in capabilities.get("drop", []) and set(capabilities.get("add", [])) <= {"NET_BIND_SERVICE"})
        check(where, "hostPort", not any(port.get("hostPort") for port in container.get("ports", [])))
        check(where, "procMount", own.get("procMount", "Default") == "Default")
        check(where, "seccomp", own.get("seccompProfile", common.get("seccompProfile", {})).get("type") in ("RuntimeDefault", "Localhost"))
        check(where, "runAsNonRoot", own.get("runAsNonRoot", common.get("runAsNonRoot")) is True)
        check(where, "runAsUser", own.get("runAsUser", common.get("runAsUser")) != 0)
        check(where, "windows", not own.get("windowsOptions", common.get("windowsOptions", {})).get("hostProcess"))
        for source in (own, common):
            options = source.get("seLinuxOptions", {})
            check(where, "seLinux", options.get("type") in SELINUX_TYPES and not options.get("user") and not options.get("role"))
            armor = source.get("appArmorProfile", {}).get("type", "RuntimeDefault")
            check(where, "appArmor", armor in ("RuntimeDefault", "Localhost"))
    return found
