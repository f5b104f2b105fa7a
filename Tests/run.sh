#!/usr/bin/env bash
# Everything that must hold before a change lands, step by step, with the time of each; with `quick`, the
# format and the unit tests alone.
set -euo pipefail
cd "$(dirname "$0")/.."

outputs=.build/test-output
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() {
  local name=$1 start=$SECONDS
  shift
  echo "==> $name"
  if ! "$@"; then
    echo "==> $name: FAILED after $((SECONDS - start)) s"
    exit 1
  fi
  echo "==> $name: $((SECONDS - start)) s"
}

format() { make --no-print-directory lint; }

# Texts are in plain words.
words() { python3 Tests/words.py --self-test && python3 Tests/words.py; }

# Which target may import which, and which folders of a target may name each other's types.
layers() { python3 Tests/layers.py; }

# One idea per file: none of ours has more than 400 lines.
sizes() {
  local long
  long=$(git ls-files --cached --others --exclude-standard 'Sources/*' 'Tests/*' | grep -E '\.(swift|cpp|c|h|py|sh)$' |
    grep -v /generated/ | xargs wc -l | awk '$2 != "total" && $1 > 400')
  if [ -n "$long" ]; then
    echo "over 400 lines:"
    echo "$long"
    return 1
  fi
}

# The committed C++ is what the protocol's description gives, and the shim's header is plain C.
generated() {
  mkdir "$work/generated"
  protoc --proto_path=proto/v1alpha1 --cpp_out="$work/generated" --grpc_out="$work/generated" \
    --plugin=protoc-gen-grpc="$(command -v grpc_cpp_plugin)" service.proto
  diff -r "$work/generated" Sources/CProviderTransport/generated
  clang -x c -std=c11 -fsyntax-only -Wall -Werror -Wno-unknown-attributes -Wno-c23-extensions \
    -Wno-pragma-once-outside-header Sources/CProviderTransport/include/CProviderTransport.h
}

build() { swift build --build-tests --explicit-target-dependency-import-check error; }

# Runs the tests of the given targets with the programs of the folder $1, one target after another, because tests
# that compute would take the processors from tests that wait for a response. A target that fails does not stop the
# others.
swift_tests() {
  local programs=$1 target output failed=0
  shift
  mkdir -p "$outputs"
  for target in "$@"; do
    output=$outputs/$target.txt
    echo "--> $target"
    if AKV_PROGRAMS=$programs swift test --skip-build --filter "^${target}[./]" >"$output" 2>&1 &&
      grep -E 'Test run with [1-9]' "$output"; then
      continue
    fi
    failed=1
    failures "$output"
  done
  return $failed
}

# What failed in a target, from its output. Without a failed test the process itself has failed, so the end of the
# output is shown.
failures() {
  if grep -q '^✘' "$1"; then
    awk '/^✘/ || (/^↳/ && shown) { print; shown = 1; next } { shown = 0 }' "$1"
  else
    tail -n 50 "$1"
  fi
  echo "the whole output: $1"
}

unit() {
  local targets
  mapfile -t targets < <(basename -a Tests/*Tests)
  swift_tests .build/debug "${targets[@]}" || return 1
  # The package has no other test targets.
  [ "${#targets[@]}" -eq "$(grep -c 'testTarget(' Package.swift)" ]
}

# All but the tests over sockets and TLS.
quick_unit() {
  local targets
  mapfile -t targets < <(basename -a Tests/*Tests | grep -vx EndToEndTests)
  swift_tests .build/debug "${targets[@]}"
}

# The test files of a folder, two at a time, with the programs in another; what a failing one said is shown.
python_tests() {
  printf '%s\n' "$1"/${3:-test_*}.py | AKV_PROGRAMS=$2 OUTPUT=$work xargs -P 2 -I FILE bash -c '
    name=$(basename FILE)
    if .build/python/bin/python -m unittest discover --start-directory "$(dirname FILE)" --pattern "$name" \
      >"$OUTPUT/$name.txt" 2>&1 && grep -q "^Ran [1-9]" "$OUTPUT/$name.txt"; then
      echo "$name: $(grep "^Ran" "$OUTPUT/$name.txt") $(grep "^OK (" "$OUTPUT/$name.txt" || true)"
    else
      cat "$OUTPUT/$name.txt"
      exit 1
    fi'
}

# Clients from another project: grpcio with its own protobuf, and the Azure SDK for Python.
python_environment() { Tests/python-environment.sh; }
python_clients() { python_tests Tests/Python .build/debug; }

# The JMESPath implementation by the official cases and next to another implementation.
jmespath() { Tests/jmespath.sh; }

# A short search in each parser; `make fuzz` searches for longer.
fuzz() { Tests/fuzz.sh 15; }

release() { make release >"$work/release.txt" || { cat "$work/release.txt"; return 1; }; tail -n 1 "$work/release.txt"; }

# What ships: which shared libraries it needs, and that it does the same as what was tested.
linkage() { Tests/linkage.sh .build/release/akv-csi; }
# Optimised code is other code: what the volume holds is judged once more.
shipped_programs() {
  python_tests Tests/Python .build/release test_provider && python_tests Tests/Python .build/release test_conversions &&
    python_tests Tests/Python .build/release 'test_flags*'
}
# One user's pods against the node: it judges times and memory, so nothing runs at the same time.
hostile_namespace() { python_tests Tests/Python .build/release test_hostile_namespace; }
mount_table() { swift_tests .build/release EndToEndTests.MountTableTests; }
# What is installed in clusters: charts, manifests, rules, the image's file system, and what the pages say of them.
deployment_tools() { Tests/deploy-tools.sh; }
deployment() { python_tests Tests/Deploy .build/release; }
demo() {
  AKV_PROGRAMS=.build/release deploy/examples/payments/demo.sh >"$work/demo.txt" || { cat "$work/demo.txt"; return 1; }
  sed -n 4,9p "$work/demo.txt"
}

step "format" format
step "words" words
if [ "${1:-}" = quick ]; then
  step "debug build" build
  step "unit tests" quick_unit
  echo "==> all: $SECONDS s"
  exit
fi
step "file sizes" sizes
step "layers" layers
step "generated code" generated
step "debug build" build
step "unit and end-to-end tests" unit
step "fuzzing" fuzz
step "Python packages" python_environment
step "JMESPath cases" jmespath
step "Python clients" python_clients
step "release build" release
step "linkage" linkage
step "mount table, release program" mount_table
step "Python clients, release build" shipped_programs
step "a namespace's user against the node" hostile_namespace
step "deployment tools" deployment_tools
step "deployment" deployment
step "demo" demo
echo "==> everything: $SECONDS s"
