#!/usr/bin/env python3
"""Acts as kubectl for tests: it answers from objects in a file, and runs the real program for `exec`.

The environment variable FAKE_CLUSTER names a JSON file with
  objects      the objects that `get` finds
  namespace    the namespace of the context
  forbidden    refused requests as "VERB RESOURCE", such as "get pods"
  executions   by pod: {"program", "arguments" (in addition), "environment"}, or {"error": "text", "code": 1}
  token        the token that `create token` prints
Each call is appended to the file `calls` next to it, as a JSON list.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import yaml

PLURALS = {
    "pod": "pods", "po": "pods", "serviceaccount": "serviceaccounts", "sa": "serviceaccounts", "secret": "secrets",
    "csidriver": "csidrivers.storage.k8s.io", "secretproviderclass": "secretproviderclasses.secrets-store.csi.x-k8s.io"}
KINDS = {
    "pods": "Pod", "serviceaccounts": "ServiceAccount", "secrets": "Secret", "csidrivers.storage.k8s.io": "CSIDriver",
    "secretproviderclasses.secrets-store.csi.x-k8s.io": "SecretProviderClass", "deployments.apps": "Deployment",
    "statefulsets.apps": "StatefulSet", "daemonsets.apps": "DaemonSet", "replicasets.apps": "ReplicaSet",
    "jobs.batch": "Job", "cronjobs.batch": "CronJob"}
CLUSTER_WIDE = {"CSIDriver"}


class Printer(yaml.SafeDumper):
    """YAML as kubectl prints it: lists in the column of their key, and multi-line strings as blocks."""


Printer.add_representer(str, lambda dumper, text: dumper.represent_scalar(
    "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None))


def fail(text, code=1):
    print(text, file=sys.stderr)
    sys.exit(code)


def dump(value, form):
    if form == "json":
        return json.dumps(value, indent=4) + "\n"
    return yaml.dump(value, Dumper=Printer, width=10**6, sort_keys=True)


class Cluster:
    def __init__(self, path):
        self.state = json.loads(pathlib.Path(path).read_text())
        self.refused = []

    def allows(self, verb, resource, namespace):
        if f"{verb} {resource}" not in self.state.get("forbidden", []):
            return True
        name, _, group = resource.partition(".")
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        self.refused.append(
            f'Error from server (Forbidden): {resource} is forbidden: User "jane" cannot {verb} resource "{name}" in API group '
            f'"{group}" {where}')
        return False

    def get(self, options):
        resources = [PLURALS.get(word, word) for word in options.kind.split(",")]
        everywhere = options.all_namespaces
        namespace = options.namespace or self.state.get("namespace", "default")
        found = []
        for resource in resources:
            kind = KINDS.get(resource)
            if kind is None:
                fail(f'error: the server doesn\'t have a resource type "{resource}"')
            wide = kind in CLUSTER_WIDE
            verb = "get" if options.name else "list"
            if not self.allows(verb, resource, None if wide or everywhere else namespace):
                continue
            for item in self.state["objects"]:
                metadata = item["metadata"]
                if item["kind"] != kind or not (wide or everywhere or metadata.get("namespace") == namespace):
                    continue
                if options.name and metadata["name"] != options.name:
                    continue
                if options.selector:
                    key, value = options.selector.split("=")
                    if metadata.get("labels", {}).get(key) != value:
                        continue
                found.append(item)
            if options.name and not found and not self.refused:
                fail(f'Error from server (NotFound): {resource} "{options.name}" not found')
        if options.name and found:
            sys.stdout.write(dump(found[0], options.output))
        elif not options.name:
            sys.stdout.write(dump({"apiVersion": "v1", "items": found, "kind": "List", "metadata": {"resourceVersion": ""}}, options.output))
        if self.refused:
            fail("\n".join(self.refused))

    def create_token(self, options):
        namespace = options.namespace or self.state.get("namespace", "default")
        if not self.allows("create", "serviceaccounts/token", namespace):
            fail(self.refused[0])
        if options.audience not in self.state["tokens"]:
            fail(f"error: failed to create token: no token for {options.audience}")
        print(self.state["tokens"][options.audience])

    def execute(self, options):
        if not self.allows("create", "pods/exec", options.namespace):
            fail(self.refused[0])
        execution = self.state["executions"][options.pod]
        if "error" in execution:
            fail(execution["error"], execution.get("code", 1))
        command = [execution["program"], *options.command[1:], *execution.get("arguments", [])]
        done = subprocess.run(command, env={**os.environ, **execution.get("environment", {})}, check=False,
                              stdin=None if options.stdin else subprocess.DEVNULL)
        if done.returncode:
            print(f"command terminated with exit code {done.returncode}", file=sys.stderr)
        sys.exit(done.returncode)


def main():
    path = pathlib.Path(os.environ["FAKE_CLUSTER"])
    with (path.parent / "calls").open("a") as calls:
        calls.write(json.dumps(sys.argv[1:]) + "\n")
    words = sys.argv[1:]
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--namespace", "-n")
    parser = argparse.ArgumentParser()
    parser.add_argument("--context")
    parser.add_argument("--kubeconfig")
    commands = parser.add_subparsers(dest="verb", required=True)
    get = commands.add_parser("get", parents=[common])
    get.add_argument("kind")
    get.add_argument("name", nargs="?")
    get.add_argument("--output")
    get.add_argument("--selector")
    get.add_argument("--all-namespaces", action="store_true")
    create = commands.add_parser("create", parents=[common])
    create.add_argument("what", choices=["token"])
    create.add_argument("account")
    for name in ["audience", "duration", "bound-object-kind", "bound-object-name", "bound-object-uid"]:
        create.add_argument(f"--{name}")
    execute = commands.add_parser("exec", parents=[common])
    execute.add_argument("pod")
    execute.add_argument("--container")
    execute.add_argument("--stdin", action="store_true")
    command = words[words.index("--") + 1:] if "--" in words else []
    options = parser.parse_args(words[:words.index("--")] if "--" in words else words)
    options.command = command
    cluster = Cluster(path)
    if options.context == "nowhere":
        fail("The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?")
    {"get": cluster.get, "create": cluster.create_token, "exec": cluster.execute}[options.verb](options)


if __name__ == "__main__":
    main()
