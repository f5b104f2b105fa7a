#!/usr/bin/env bash
# Builds the image from this machine's own files, where no base image can be pulled: build.sh PROGRAM TAG
#
# Debian's packages and the program take the place of the Containerfile's first stage; its second is used as it is.
# BUILDAH_FLAGS are given to every call of buildah, say `--storage-driver vfs`.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$1
tag=$2
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/build" "$work/context"

strip --strip-all -o "$work/akv-csi" "$program"
deploy/image/rootfs.sh "$work/akv-csi" "$work/build/rootfs"
mkdir "$work/build/rootfs/usr/share/sbom"
mapfile -t archives < <(make --silent archives)
deploy/image/sbom.py "$work/build/rootfs" "${archives[@]}" >"$work/build/rootfs/usr/share/sbom/akv-csi.cdx.json"
read -ra flags <<<"${BUILDAH_FLAGS:-}"
buildah "${flags[@]}" build --quiet --isolation chroot --timestamp "$SOURCE_DATE_EPOCH" --build-context "build=$work/build" \
  --file deploy/image/Containerfile --tag "$tag" "$work/context"
