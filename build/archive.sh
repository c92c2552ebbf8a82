#!/usr/bin/env bash
# build/archive.sh FOLDER: the self-contained archive for linux-x64, FOLDER/graft-VERSION-linux-x64.tar.xz, and .tar.zst where zstd is installed.
# Needs the .NET SDK, tar and xz. build/try-archive.sh runs it on a bare system; build/image.sh makes a container image of it.
set -euo pipefail
umask 022
cd "$(dirname "$0")/.."
mkdir -p "$1"
out=$(cd "$1" && pwd)
version=$(dotnet msbuild src/Graft.Cli -getProperty:Version)
name=graft-$version-linux-x64
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

dotnet publish src/Graft.Cli --runtime linux-x64 --self-contained -p:PublishReadyToRun=true --output "$work/$name" >"$work/log" || { cat "$work/log"; exit 1; }
cd "$work"
# What no run needs: symbols, documentation, the other name of the executable, crash dumps and tracing, the second model.
rm -rf "$name"/*.pdb "$name"/*.xml "$name/Graft.Cli" "$name/createdump" "$name/libcoreclrtraceptprovider.so" "$name/libmscordbi.so" \
  "$name/libmscordaccore.so" "$name/models/graft-small-plain"
# Always the same bytes from the same files.
tar --sort=name --owner=0 --group=0 --numeric-owner --mode='u+rwX,go+rX,go-w' --mtime='2000-01-01 00:00Z' -cf "$name.tar" "$name"
xz -6 --threads=0 --keep --stdout "$name.tar" >"$out/$name.tar.xz"
if command -v zstd >/dev/null; then zstd -10 -q -f "$name.tar" -o "$out/$name.tar.zst"; fi
ls -l "$out/$name".tar.*
