#!/usr/bin/env bash
# build/image.sh ARCHIVE OUTPUT.tar: a container image with the archive's graft as its entry point, in OCI's image layout, made without a container engine
# (podman load, skopeo copy oci-archive:OUTPUT.tar …). Its base is Debian's C and C++ libraries and nothing else: no shell, no package manager.
# Needs Debian's apt-get and dpkg-deb; as root the layers are tried.
set -euo pipefail
umask 022
archive=$(readlink -f "$1") output=$(readlink -m "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
version=$(basename "$archive" | sed -E 's/^graft-(.*)-linux-x64\.tar\..*/\1/')

layer() { # FOLDER: adds its content as a layer; prints nothing
  local tar=layer.tar
  tar --sort=name --owner=0 --group=0 --numeric-owner --mode='go-w' --mtime='2000-01-01 00:00Z' -C "$1" -cf "$tar" .
  diffs+=("sha256:$(sha256sum "$tar" | cut -d' ' -f1)")
  gzip -n -6 "$tar"
  blob "$tar.gz" application/vnd.oci.image.layer.v1.tar+gzip
  layers+=("$descriptor")
}

blob() { # FILE TYPE: moves the file under its hash, and describes it
  local hash size
  hash=$(sha256sum "$1" | cut -d' ' -f1) size=$(stat -c %s "$1")
  mv "$1" "layout/blobs/sha256/$hash"
  descriptor=$(printf '{"mediaType":"%s","digest":"sha256:%s","size":%s}' "$2" "$hash" "$size")
}

joined() { local IFS=,; echo "$*"; }

mkdir -p layout/blobs/sha256 debs base/tmp base/etc base/root graft/opt
layers=() diffs=()
(cd debs && apt-get download -qq libc6 libgcc-s1 libstdc++6 gcc-12-base tzdata 2>"$work/log" >&2) || { cat "$work/log"; exit 1; }
for deb in debs/*.deb; do dpkg-deb -x "$deb" base; done
rm -rf base/usr/share/zoneinfo/right base/usr/share/zoneinfo/posix
echo 'root:x:0:0:root:/root:/sbin/nologin' >base/etc/passwd
chmod 1777 base/tmp
layer base
tar -xf "$archive" -C graft/opt
mv "graft/opt/graft-$version-linux-x64" graft/opt/graft
layer graft

printf '{"architecture":"amd64","os":"linux","config":{"Entrypoint":["/opt/graft/graft"],"Env":["HOME=/root","PATH=/opt/graft"],"WorkingDir":"/root",%s},"rootfs":{"type":"layers","diff_ids":[%s]}}' \
  "\"Labels\":{\"org.opencontainers.image.title\":\"graft\",\"org.opencontainers.image.version\":\"$version\",\"org.opencontainers.image.licenses\":\"Apache-2.0\"}" \
  "$(joined "${diffs[@]/#/\"}" | sed 's/,/",/g; s/$/"/')" >config
blob config application/vnd.oci.image.config.v1+json
config=$descriptor
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":%s,"layers":[%s]}' "$config" "$(joined "${layers[@]}")" >manifest
blob manifest application/vnd.oci.image.manifest.v1+json
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}' \
  "${descriptor%\}},\"annotations\":{\"org.opencontainers.image.ref.name\":\"$version\"}}" >layout/index.json
printf '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime='2000-01-01 00:00Z' -C layout -cf "$output" oci-layout index.json blobs
ls -l "$output"

if [ "$(id -u)" -eq 0 ] && command -v unshare >/dev/null; then # what a container would run
  mkdir base/proc
  mkdir -p base/opt
  mv graft/opt/graft base/opt/graft
  env -i HOME=/root PATH=/opt/graft /usr/bin/unshare --mount /bin/sh -c \
    '/bin/mount -t proc proc base/proc && exec /usr/sbin/chroot base /opt/graft/graft "$@"' graft doctor --no-probe
fi
