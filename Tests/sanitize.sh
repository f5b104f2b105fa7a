#!/usr/bin/env bash
# Builds and runs the tests with a sanitizer: Tests/sanitize.sh [address|thread]..., both by default.
#
# The thread sanitizer needs a lock that it understands in place of the standard library's, see
# Tests/Sanitizers. Each sanitizer first has to find a planted fault, and nothing where there is none.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SWIFT_BACKTRACE=enable=no
# What measures times, which are others here, and what makes keys by the dozen.
skipped='MountTableTests|BenchmarkTests|FaultHangTests|FaultLatencyTests|RetryAfterTests'
# gRPC is Debian's and not instrumented, but half of it is inlined into our C++: how its threads hand calls to
# each other is not seen, and each call would be reported. So the thread sanitizer goes without it.
uses_grpc='EndToEndTests|RoundTripTests|StopTests|ClientEndTests|SocketFileTests|AnswerSizeTests|EndpointTests|AnswerRoomTests/server'
# What lives as long as the process is no leak, and the tests count descriptors and memory themselves.
export ASAN_OPTIONS="detect_leaks=0"

compile_planted() {
  local sanitizer=$1 alias=()
  if [ "$sanitizer" = thread ]; then
    swiftc -swift-version 6 -sanitize=thread -parse-as-library -module-name SanitizedSynchronization \
      -emit-module -emit-module-path "$work/SanitizedSynchronization.swiftmodule" -emit-object -o "$work/lock.o" \
      Tests/Sanitizers/SanitizedSynchronization/Mutex.swift
    alias=(-module-alias Synchronization=SanitizedSynchronization -I "$work" "$work/lock.o")
  fi
  swiftc -swift-version 6 -sanitize="$sanitizer" -parse-as-library "${alias[@]}" -o "$work/planted" \
    Tests/Sanitizers/planted.swift 2>"$work/planted.txt" || { cat "$work/planted.txt"; return 1; }
}

check_sanitizer() {
  local sanitizer=$1 fault=$2 words=$3
  compile_planted "$sanitizer"
  "$work/planted" >"$work/clean.txt" 2>&1 || { cat "$work/clean.txt"; echo "$sanitizer: a fault where there is none"; return 1; }
  if "$work/planted" "$fault" >"$work/found.txt" 2>&1 || ! grep -q "$words" "$work/found.txt"; then
    echo "$sanitizer: the planted fault was not found"
    return 1
  fi
  echo "$sanitizer: finds the planted fault, and nothing without it"
}

run_tests() {
  local sanitizer=$1 directory=.build/$1 started=$SECONDS
  # What the package does not build it names file by file, which nobody wants to see.
  swift build --build-tests --sanitize="$sanitizer" --scratch-path "$directory" -debug-info-format none \
    >"$work/build.txt" 2>&1 || { grep -v "^    /" "$work/build.txt"; return 1; }
  echo "$sanitizer: built in $((SECONDS - started)) s"
  started=$SECONDS
  local failed=0
  # One test after another, because all at once are too slow for their own time limits.
  swift test --skip-build --no-parallel --sanitize="$sanitizer" --scratch-path "$directory" \
    -debug-info-format none --skip "$2" >"$work/tests.txt" 2>&1 || failed=1
  if grep -q "ERROR: AddressSanitizer\|WARNING: ThreadSanitizer" "$work/tests.txt"; then failed=1; fi
  if [ $failed = 1 ]; then
    cp "$work/tests.txt" ".build/sanitize-$sanitizer.txt"
    grep -E "SUMMARY|✘" "$work/tests.txt" | sort | uniq -c | head -40
    echo "$sanitizer: FAILED; the whole of it is in .build/sanitize-$sanitizer.txt"
    return 1
  fi
  grep "Test run with" "$work/tests.txt" | sed "s/^[^T]*/$sanitizer: /"
  echo "$sanitizer: ran in $((SECONDS - started)) s"
}

for sanitizer in ${*:-address thread}; do
  case $sanitizer in
    address)
      check_sanitizer address overflow "heap-buffer-overflow"
      run_tests address "$skipped"
      ;;
    thread)
      check_sanitizer thread race "Swift access race\|data race"
      AKV_THREAD_SANITIZER=1 run_tests thread "$skipped|$uses_grpc"
      ;;
    *) echo "no such sanitizer: $sanitizer"; exit 2 ;;
  esac
done
