#!/usr/bin/env bash
# Fuzzes the code that reads untrusted input: Tests/fuzz.sh [SECONDS [TARGET...]] runs each target (by default,
# all) for SECONDS (10), two at a time. Inputs that make a target fail are kept in .build/fuzz/findings, and
# inputs that reach new code in .build/fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-10}
shift || true
directory=.build/fuzz
program=$directory/debug/akv-fuzz

resources=$(swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
# The library without a main function, because the fuzz program has its own.
fuzzer=$resources/clang/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a
[ -f "$fuzzer" ] || { echo "the Swift toolchain has no libFuzzer: $fuzzer"; exit 1; }
mkdir -p .build
# Swift's crash report would end the process before the fuzzer has saved the input.
export SWIFT_BACKTRACE=enable=no
started=$SECONDS
log=$directory.log
# The same versions of the dependencies as the project itself uses.
[ ! -f Package.resolved ] || cp Package.resolved Tests/Fuzz/Package.resolved
swift build --package-path Tests/Fuzz --scratch-path $directory --product akv-fuzz -debug-info-format none \
  -Xlinker "$fuzzer" >$log 2>&1 || { cat $log; exit 1; }
echo "built in $((SECONDS - started)) s"

seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT

# Keys and certificates in every container format. They are generated here, so that the repository holds no keys.
make_seeds() {
  cd "$seeds"
  mkdir -p der pem pkcs12 certificates client-certificate secret-content certificate-bundle
  openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.pem -days 2 -subj /CN=rsa
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ec.key -out ec.pem -days 2 -subj /CN=ec
  local shape
  for name in rsa ec; do
    openssl x509 -in $name.pem -outform DER -out certificates/$name
    openssl pkcs8 -topk8 -nocrypt -in $name.key -outform DER -out der/$name
    cat $name.key $name.pem >pem/$name
    openssl pkcs8 -topk8 -iter 1 -passout pass:s3cr3t-Marker -in $name.key |
      cat - $name.pem >client-certificate/$name-encrypted
    cp pem/$name client-certificate/
    cp pem/$name certificate-bundle/
    for shape in "-iter 1" "-legacy -iter 1" "-nomac -iter 1" "-nomac -keypbe NONE -certpbe NONE"; do
      # shellcheck disable=SC2086
      openssl pkcs12 -export $shape -passout pass: -inkey $name.key -in $name.pem -out "pkcs12/$name${shape// /}"
      { printf '\1\0'; base64 -w0 "pkcs12/$name${shape// /}"; } >"secret-content/$name${shape// /}"
    done
    base64 -w0 pkcs12/$name-iter1 >client-certificate/$name-pkcs12
    { printf '\0\4'; cat pem/$name; } >secret-content/$name-pem
    cp client-certificate/$name-pkcs12 certificate-bundle/
  done
  cat certificates/rsa certificates/ec >certificates/both
}
# The mount table's cases one by one: a short text is mutated more often than a long one.
make_yaml_seeds() {
  mkdir -p "$seeds/yaml"
  awk -v folder="$seeds/yaml" '/^[^ #]/ { close(file); file = folder "/" $1 } file { print > file }' \
    Tests/Fixtures/mount/*.yaml
}
make_yaml_seeds
(make_seeds) >"$seeds.log" 2>&1 || { cat "$seeds.log"; exit 1; }
rm -f "$seeds.log"

fuzz() {
  local target=$1 log=$directory/logs/$1.txt
  local learned=$directory/corpus/$target
  local given=()
  mkdir -p "$learned" $directory/logs $directory/findings
  for candidate in "Tests/Fuzz/corpus/$target" "$seeds/$target"; do [ -d "$candidate" ] && given+=("$candidate"); done
  local limits=(-timeout=5 -rss_limit_mb=768 "-artifact_prefix=$directory/findings/$target-")
  if ! "$program" "$target" "-max_total_time=$seconds" "${limits[@]}" -print_final_stats=1 "$learned" "${given[@]}" \
    >"$log" 2>&1; then
    grep -E "Fatal error|PROPERTY BROKEN|SUMMARY|ERROR: libFuzzer|^ALARM|Test unit written" "$log" || tail -n 40 "$log"
    echo "$target: FAILED; to reproduce, run $program $target with the file named above"
    return 1
  fi
  awk -v target="$target" '
    /number_of_executed_units/ { runs = $2 }
    /peak_rss_mb/ { memory = $2 }
    / cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") coverage = $(i + 1) }
    END { printf "%-24s %10d executions %6d edges %5d MB\n", target, runs, coverage, memory }' "$log"
}
export -f fuzz
export seconds seeds directory program

targets=${*:-$($program | cut -d ' ' -f 1)}
# shellcheck disable=SC2086
printf '%s\n' $targets | xargs -P 2 -I TARGET bash -c 'fuzz TARGET'
