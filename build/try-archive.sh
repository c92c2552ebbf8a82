#!/usr/bin/env bash
# build/try-archive.sh ARCHIVE [SUITE…]: unpacks the archive into a bare Debian root (and each SUITE of debootstrap), installs nothing, and runs graft there.
# Needs root and debootstrap; exits with 77 where they are missing.
set -euo pipefail
archive=$(readlink -f "$1")
shift
if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
  echo "needs root and debootstrap (apt-get install debootstrap)"
  exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for suite in "${@:-bookworm}"; do
  root=$work/$suite
  debootstrap --variant=minbase "$suite" "$root" >"$work/log" 2>&1 || { tail -n 5 "$work/log"; echo "debootstrap cannot make $suite"; exit 77; }
  tar -xf "$archive" -C "$root/opt"
  graft=/opt/$(basename "$archive" | sed 's/\.tar\..*//')/graft
  # A mount namespace of its own: /proc is there for the command and gone with it.
  inside() { env -i HOME=/root PATH=/usr/bin:/bin:/usr/sbin:/sbin unshare --mount sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$root" "$@"; }
  inside "$graft" --version
  inside "$graft" doctor --no-probe
  # Without TLS's library: one line that names the package, and the code of bad input.
  code=0
  inside "$graft" pull some/model 2>"$work/pull" || code=$?
  if [ "$code" -ne 2 ] || [ "$(wc -l <"$work/pull")" -ne 1 ] || ! grep -q 'apt-get install libssl3' "$work/pull"; then
    echo "graft pull without OpenSSL: exit code $code, said:"
    cat "$work/pull"
    exit 1
  fi

  inside sh -c "cd /tmp && $graft quickstart --seeds 1"
  test -s "$root/tmp/graft-quickstart/report.html"
  echo "$suite: runs with nothing installed"
  rm -rf "$root"
done
