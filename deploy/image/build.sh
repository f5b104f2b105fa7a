#!/usr/bin/env bash
# Builds the image from this machine's own files, where no base image can be pulled: build.sh PROGRAM TAG
#
# PROGRAM is akv-csi or akv-emulator. Debian's packages and the program replace the Containerfile's first stage;
# the stage of the program is used as it is.
# BUILDAH_FLAGS are passed to every call of buildah, such as `--storage-driver vfs`.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$1
tag=$2
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/build" "$work/context"

name=$(basename "$program")
strip --strip-all -o "$work/$name" "$program"
deploy/image/rootfs.sh "$work/$name" "$work/build/$name"
mkdir "$work/build/$name/usr/share/sbom"
mapfile -t archives < <(make --silent "$name-archives")
deploy/image/sbom.py "$work/build/$name" "${archives[@]}" >"$work/build/$name/usr/share/sbom/$name.cdx.json"
read -ra flags <<<"${BUILDAH_FLAGS:-}"
buildah "${flags[@]}" build --quiet --isolation chroot --timestamp "$SOURCE_DATE_EPOCH" --build-context "build=$work/build" \
  --file deploy/image/Containerfile --target "$name" --tag "$tag" "$work/context"
