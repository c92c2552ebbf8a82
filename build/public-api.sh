#!/usr/bin/env bash
# build/public-api.sh: writes each library's PublicAPI.Unshipped.txt anew from its code, so that a change of the public API shows in the diff.
# At a release its lines move to PublicAPI.Shipped.txt. Needs the .NET SDK.
set -euo pipefail
cd "$(dirname "$0")/.."
for list in src/*/PublicAPI.Unshipped.txt; do
  folder=$(dirname "$list")
  echo '#nullable enable' >"$list"
  dotnet format analyzers "$folder/$(basename "$folder").csproj" --diagnostics RS0016 --severity info
  { echo '#nullable enable'; grep -v '^#' "$list" | LC_ALL=C sort -u; } >"$list.new"
  mv "$list.new" "$list"
done
wc -l src/*/PublicAPI.Unshipped.txt
