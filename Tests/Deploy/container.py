"""Runs a container of a pod as its manifest describes it, in a directory with the image's files.

`python container.py SPECIFICATION` runs in a separate mount namespace. It mounts the volumes, makes the root
read-only, drops the rights that the security context drops, and becomes the container's process.
"""

import ctypes
import json
import os
import pathlib
import subprocess
import sys

PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
PATH = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
LIBC = ctypes.CDLL(None, use_errno=True)


def mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True)


def start(container, root, volumes, entry_point=(), network=None, **options):
    """Starts a container with `volumes`, directories or files of the host by name, and returns its process.

    Only one container at a time may use the root directory. `network` is the file of a network namespace.
    """
    inside = [] if network is None else ["nsenter", f"--net={network}"]
    specification = {"container": container, "root": str(root), "entryPoint": list(entry_point),
                     "volumes": {name: str(path) for name, path in volumes.items()}}
    return subprocess.Popen(
        [*inside, "unshare", "--mount", "--propagation", "private", sys.executable, __file__, json.dumps(specification)], **options)


def execute(process, command, user=0, **options):
    """Runs a command in a running container, as `kubectl exec` does."""
    return subprocess.run(
        ["nsenter", f"--target={process.pid}", "--mount", "--net", "--root", "--wd", f"--setuid={user}", f"--setgid={user}", *command],
        capture_output=True, check=False, env=PATH, **options)


def lay_out(root, container, volumes):
    mount("--bind", root, root)
    for item in container["volumeMounts"]:
        place = pathlib.Path(root + item["mountPath"])
        if pathlib.Path(volumes[item["name"]]).is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.touch()
        mount("--bind", volumes[item["name"]], place)
        if item.get("readOnly"):
            mount("-o", "remount,bind,ro", place)
    for name in ["proc", "dev"]:
        mount("--rbind", f"/{name}", f"{root}/{name}")
    if container["securityContext"].get("readOnlyRootFilesystem"):
        mount("-o", "remount,bind,ro", root)


def prctl(*arguments):
    if LIBC.prctl(*arguments) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def confine(context):
    """The steps of a container runtime for the security context, except for seccomp."""
    if context["allowPrivilegeEscalation"] is False:
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if "ALL" in context["capabilities"]["drop"]:
        # With an empty bounding set, even root has no capabilities after the next execve.
        last = int(pathlib.Path("/proc/sys/kernel/cap_last_cap").read_text())
        for capability in range(last + 1):
            prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setgid(context["runAsGroup"])
    os.setuid(context["runAsUser"])


def main(specification):
    container, root = specification["container"], specification["root"]
    lay_out(root, container, specification["volumes"])
    os.chroot(root)
    os.chdir(container.get("workingDir", "/"))
    environment = dict(PATH)
    environment.update((variable["name"], variable["value"]) for variable in container.get("env", []))
    confine(container["securityContext"])
    command = container.get("command", specification["entryPoint"]) + container["args"]
    os.execve(command[0], command, environment)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
