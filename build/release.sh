#!/usr/bin/env bash
# build/release.sh VERSION [FOLDER]: everything that a release delivers, made and tried, in FOLDER (artifacts/release/VERSION): packages and their
# symbols, the tool for every system, the archive, the container image, checksums, the bill of materials, the licences. Publishes nothing.
# Needs the .NET SDK, git, python3, tar and xz; as root with debootstrap the archive is tried on bare systems too (otherwise it says that it was not).
# SKIP_TESTS=1 leaves out the tree's own tests where they have just been run. SUITES: the bare systems ("bookworm trixie jammy noble").
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?usage: build/release.sh VERSION [FOLDER]}
stated=$(dotnet msbuild src/Graft.Cli -getProperty:Version)
[ "$stated" = "$version" ] || { echo "Directory.Build.props says $stated, not $version: change it there, commit, and run again" >&2; exit 2; }
grep -q "^## $version" CHANGELOG.md || { echo "CHANGELOG.md has no section '## $version'" >&2; exit 2; }
[ -z "$(git status --porcelain)" ] || { echo "the tree has uncommitted changes: a release names its commit" >&2; exit 2; }
mkdir -p "${2:-artifacts/release/$version}"
out=$(cd "${2:-artifacts/release/$version}" && pwd)
rm -rf "${out:?}"/*
umask 022 # what is packed is readable, whatever the user's own mask
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
step() { echo "== $*"; }

step build
dotnet build
if [ "${SKIP_TESTS:-}" != 1 ]; then
  step test
  dotnet test --no-build
fi

step pack
for project in Graft.Tokenizers Graft.Core Graft Graft.Onnx Graft.Serving Graft.Models.Small Graft.Templates; do
  dotnet pack "src/$project" --no-build --output "$out"
done
AllRuntimes=true dotnet pack src/Graft.Cli --output "$out"
dotnet restore src/Graft.Cli >/dev/null # the tree is this machine's again

step "the same contents when packed again"
for project in Graft.Tokenizers Graft.Core Graft Graft.Onnx Graft.Serving Graft.Models.Small Graft.Templates; do
  dotnet pack "src/$project" --no-build --output "$work/again" >/dev/null
done
python3 build/release.py same "$out" "$work/again"

step "archive and image"
build/archive.sh "$out"
if command -v dpkg-deb >/dev/null; then build/image.sh "$out/graft-$version-linux-x64.tar.xz" "$out/graft-$version-oci.tar"; else echo "no dpkg-deb: no image"; fi

step audit
dotnet list src/Graft.Cli package --vulnerable --include-transitive --format json >"$work/vulnerable.json"
dotnet list src/Graft.Cli package --deprecated --include-transitive --format json >"$work/deprecated.json"
python3 build/release.py audit "$work/vulnerable.json" "$work/deprecated.json"
python3 build/release.py materials src/Graft.Cli "$version" "$out"

step install
GRAFT_TEST_FEED=$out GRAFT_TEST_FULL=1 artifacts/bin/Graft.Packages.Tests/release/Graft.Packages.Tests
build/try-archive.sh "$out/graft-$version-linux-x64.tar.xz" ${SUITES:-bookworm trixie jammy noble} || { # words
  code=$?
  [ $code -eq 77 ] || exit $code
  echo "NOT TRIED on a bare system"
}

(cd "$out" && sha256sum -- * >"$work/sums" && mv "$work/sums" SHA256SUMS)
python3 build/release.py sizes "$out"
echo "graft $version is in $out; when it is published, set LastRelease in Directory.Build.props to it"
