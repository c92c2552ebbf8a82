#!/usr/bin/env bash
# build/try-archive.sh ARCHIVE [SUITE…]: unpacks the archive into a bare root of Debian 12 (or of each SUITE: bookworm, trixie, jammy, noble …),
# installs nothing there, and runs graft in it. Nothing in the archive may need a C or C++ library newer than Ubuntu 22.04's and Debian 12's.
# Needs root, debootstrap and python3; exits with 77 where they are missing, or where the packages of a system cannot be fetched.
# UBUNTU_MIRROR: where Ubuntu's are.
set -euo pipefail
archive=$(readlink -f "$1")
tools=$(cd "$(dirname "$0")" && pwd)
shift
umask 022 # what is unpacked as root is read by others
if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
  echo "needs root and debootstrap (apt-get install debootstrap)"
  exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
untried=0
for suite in "${@:-bookworm}"; do
  root=$work/$suite
  source=()
  case $suite in jammy | noble) source=("${UBUNTU_MIRROR:-http://archive.ubuntu.com/ubuntu}" gutsy) ;; esac # the script that all of Ubuntu's suites share
  if ! debootstrap --variant=minbase "$suite" "$root" "${source[@]}" >"$work/log" 2>&1; then
    tail -n 5 "$work/log"
    echo "NOT TRIED: debootstrap cannot make $suite"
    untried=77
    continue
  fi
  tar -xf "$archive" -C "$root/opt"
  python3 "$tools/release.py" libraries "$root"/opt/*
  graft=/opt/$(basename "$archive" | sed 's/\.tar\..*//')/graft
  # A mount namespace of its own: /proc is there for the command and gone with it.
  inside() { env -i HOME=/root PATH=/usr/bin:/bin:/usr/sbin:/sbin unshare --mount sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$root" "$@"; }
  inside "$graft" --version
  inside "$graft" doctor --no-probe
  # Without TLS's library, which Debian 12 lacks and Debian 13's apt brings: one line that names the package, and the code of bad input.
  if ! compgen -G "$root/usr/lib/*/libssl.so.3" >/dev/null; then
    code=0
    inside "$graft" pull some/model 2>"$work/pull" || code=$?
    if [ "$code" -ne 2 ] || [ "$(wc -l <"$work/pull")" -ne 1 ] || ! grep -q 'apt-get install libssl3' "$work/pull"; then
      echo "graft pull without OpenSSL: exit code $code, said:"
      cat "$work/pull"
      exit 1
    fi
  fi

  inside sh -c "cd /tmp && $graft quickstart --seeds 1"
  test -s "$root/tmp/graft-quickstart/report.html"
  echo "$suite: runs with nothing installed"
  rm -rf "$root"
done
exit $untried
