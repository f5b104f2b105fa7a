#!/usr/bin/env bash
# Checks the libraries of the node's program: no Swift library, no OpenSSL (it has its own TLS), no emulator. And checks
# that a faulty write can change neither its constants nor the addresses of library functions.
set -euo pipefail
program=$1

libraries=$(ldd "$program" | awk '{print $1}')
for forbidden in libswift libFoundation libssl libcrypto libicu; do
  if grep -q "$forbidden" <<<"$libraries"; then
    echo "$program links $forbidden"
    exit 1
  fi
done
# Not in a pipe: grep ends at its first match, and then nm fails.
symbols=$(nm --defined-only "$program")
if grep -q AzureEmulator <<<"$symbols"; then
  echo "$program holds the emulator, which can mint tokens"
  exit 1
fi
sections=$(readelf --section-headers --wide "$program" | sed 's/^ *\[ *[0-9]*\] *//')
constants=$(awk '$1 == ".rodata" {print $7}' <<<"$sections")
if [[ "$constants" != A* ]]; then
  echo "the constants of $program are writable or missing: .rodata has the flags '$constants'"
  exit 1
fi
dynamic=$(readelf --dynamic --wide "$program")
if ! grep -q BIND_NOW <<<"$dynamic"; then
  echo "$program looks up library functions while it runs, through a table that stays writable"
  exit 1
fi
bytes=$(stat --format=%s "$program")
shared=$(ldd "$program" | awk '/=> \//{print $3}' | xargs -r readlink -f | xargs -r stat --format=%s | awk '{s += $1} END {print s}')
echo "$program: $((bytes / 1048576)) MiB, and $(wc -l <<<"$libraries") shared libraries with $((shared / 1048576)) MiB"
