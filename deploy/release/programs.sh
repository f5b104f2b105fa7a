#!/usr/bin/env bash
# Packs the command-line programs: programs.sh PROGRAMS OUTPUT VERSION ARCHITECTURE
#
# They need only glibc 2.36 or later, as in Debian 12 and Ubuntu 24.04; they contain all other libraries. The same
# programs and the same SOURCE_DATE_EPOCH give the same archive.
set -euo pipefail
programs=$(realpath "$1")
output=$(realpath "$2")
name=akv-csi-$3-linux-$4
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/$name"
for program in akv-csi akv-emulator; do
  strip --strip-all -o "$work/$name/$program" "$programs/$program"
done
# The name under which kubectl finds the program as its plugin.
ln -s akv-csi "$work/$name/kubectl-akv"
deploy/release/manuals.py "$work/$name" "$work/$name/share" akv-csi akv-emulator kubectl-akv
cp LICENSE README.md CHANGELOG.md "$work/$name/"
chmod 755 "$work/$name" "$work/$name"/akv-*
chmod 644 "$work/$name"/{LICENSE,README.md,CHANGELOG.md}
chmod --recursive u=rwX,go=rX "$work/$name/share"
tar --create --directory "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" "$name" |
  gzip --no-name >"$output/$name.tar.gz"
