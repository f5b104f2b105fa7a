#!/usr/bin/env bash
# The image's file system: rootfs.sh PROGRAM DIRECTORY
#
# The program akv-csi or akv-emulator, the shared libraries that it needs, the certificate authorities, and a few small
# tools: those of the DaemonSet's init step, or `cat`, which shows the emulator's authority. Everything except for the
# program comes from the Debian packages of this machine, with their licences and, for scanners, their entries in dpkg's
# database. The same input gives the same files.
set -euo pipefail
program=$1
root=$2
name=$(basename "$program")
user=10898
# The date of all files, in seconds since 1970.
epoch=${SOURCE_DATE_EPOCH:-0}
umask 022

[ ! -e "$root" ] || { echo "$root exists; name a new directory" >&2; exit 64; }
mkdir -p "$root"/usr/{bin,lib,lib64,local/bin,share/doc} "$root"/{etc/ssl/certs,dev,proc,sys,run,tmp,var/lib/dpkg/status.d}
case $name in
  akv-csi) tools=(/bin/sh /bin/mkdir /bin/chgrp /bin/chmod /bin/ln /bin/rm) && mkdir "$root/provider" ;;
  akv-emulator) tools=(/bin/cat) && mkdir "$root/var/lib/akv-emulator" ;;
  *) echo "$name is not a program with an image" >&2; exit 64 ;;
esac
ln -s usr/bin "$root/bin"
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"

# Copies files to the same paths, and follows links, because programs look a library up by the link's name.
take() {
  local file directory
  for file in "$@"; do
    directory=$(realpath "$(dirname "$file")")
    mkdir -p "$root$directory"
    cp --dereference "$file" "$root$directory/"
  done
}

# The packages that files come from. dpkg knows a file by the path in its package, which may be from before /lib became a
# link to /usr/lib, so all names of each file are looked up.
owners() {
  local file names=()
  for file in "$@"; do
    file=$(realpath "$(dirname "$file")")/$(basename "$file")
    names+=("$file" "${file#/usr}" "$(realpath "$file")" "$(realpath "$file" | sed 's|^/usr||')")
  done
  { dpkg-query --search "${names[@]}" 2>/dev/null || true; } | grep -v '^diversion ' | sed 's/: .*//' | sort -u
}

libraries() {
  local binary
  for binary in "$@"; do
    ldd "$binary" | awk '$2 == "=>" && $3 ~ /^\// {print $3} $1 ~ /^\// {print $1}'
  done | sort -u
}

mapfile -t needed < <(libraries "$program" "${tools[@]}")
install -m 755 "$program" "$root/usr/local/bin/$name"
take "${tools[@]}" "${needed[@]}"
mapfile -t packages < <(owners "${tools[@]}" "${needed[@]}")

# Mozilla's authorities from Debian's package, without those that only this machine trusts.
download=$(mktemp --directory)
trap 'rm -rf "$download"' EXIT
fetch() { (cd "$download" && apt-get download -qq -o APT::Sandbox::User=root ca-certificates 2>/dev/null); }
if ! fetch; then
  # The lists of packages are missing, or too old.
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  fetch
fi
dpkg-deb --extract "$download"/ca-certificates_*.deb "$download/ca"
find "$download/ca/usr/share/ca-certificates" -name '*.crt' | LC_ALL=C sort | xargs cat >"$root/etc/ssl/certs/ca-certificates.crt"
mkdir -p "$root/usr/share/doc/ca-certificates"
cp "$download/ca/usr/share/doc/ca-certificates/copyright" "$root/usr/share/doc/ca-certificates/"
dpkg-deb --field "$download"/ca-certificates_*.deb >"$root/var/lib/dpkg/status.d/ca-certificates"

for package in "${packages[@]}"; do
  bare=${package%%:*}
  mkdir -p "$root/usr/share/doc/$bare"
  cp --dereference "/usr/share/doc/$bare/copyright" "$root/usr/share/doc/$bare/"
  dpkg-query --status "$package" >"$root/var/lib/dpkg/status.d/$bare"
done

cp --dereference /etc/os-release "$root/usr/lib/os-release"
ln -s ../usr/lib/os-release "$root/etc/os-release"
echo "hosts: files dns" >"$root/etc/nsswitch.conf"
printf 'root:x:0:0:root:/:/sbin/nologin\n%s:x:%s:%s:%s:/:/sbin/nologin\n' "$name" $user $user "$name" >"$root/etc/passwd"
printf 'root:x:0:\n%s:x:%s:\n' "$name" $user >"$root/etc/group"

find "$root" -exec touch --no-dereference --date="@$epoch" {} +
du --summarize --apparent-size --block-size=1M "$root" | awk '{print $1 " MB"}'
