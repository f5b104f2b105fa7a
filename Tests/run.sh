#!/usr/bin/env bash
# Runs all checks of a change, step by step, with the time of each. With `quick`, it runs only the checks of format
# and words, and the unit tests.
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

# The layers of the targets, and of the folders in each target.
layers() { python3 Tests/layers.py; }

# One idea per file: no file has more than 400 lines.
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

# The committed C++ is the same as the generated code, and the header of the C++ target is plain C.
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

# The failures of a target, from its output. Without a failed test the process itself has failed, so the end of the
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

# All targets except for the tests over sockets and TLS.
quick_unit() {
  local targets
  mapfile -t targets < <(basename -a Tests/*Tests | grep -vx EndToEndTests)
  swift_tests .build/debug "${targets[@]}"
}

# Runs the test files of a folder, two at a time, with the programs in another. Shows the output of those that fail.
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

# The JMESPath implementation with the official cases, and compared with another implementation.
jmespath() { Tests/jmespath.sh; }

# A short search in each parser; `make fuzz` searches for longer.
fuzz() { Tests/fuzz.sh 15; }

release() { make release >"$work/release.txt" || { cat "$work/release.txt"; return 1; }; tail -n 1 "$work/release.txt"; }

# The release programs: their shared libraries, and the same behaviour as the debug programs.
linkage() { Tests/linkage.sh .build/release/akv-csi; }
# The files of volumes are tested again with the release programs, because optimised code is different.
shipped_programs() {
  python_tests Tests/Python .build/release test_provider && python_tests Tests/Python .build/release test_conversions &&
    python_tests Tests/Python .build/release 'test_flags*'
}
# An attack of one namespace on the node. It measures times and memory, so other tests do not run at the same time.
hostile_namespace() { python_tests Tests/Python .build/release test_hostile_namespace; }
mount_table() { swift_tests .build/release EndToEndTests.MountTableTests; }
# The deployment: charts, manifests, rules, the image's file system, and the documentation about them.
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
