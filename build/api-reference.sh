#!/usr/bin/env bash
# build/api-reference.sh. The API reference from the doc comments of what `dotnet build` made: artifacts/api-reference/site/index.html.
# Fails where a comment refers to what does not exist, or a page links to nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

[ -f artifacts/bin/Graft.Serving/release/Graft.Serving.dll ] || { echo "nothing is built: run dotnet build first" >&2; exit 2; }
dotnet tool restore > /dev/null
rm -rf artifacts/api-reference
dotnet docfx metadata build/api-reference/docfx.json --warningsAsErrors
dotnet docfx build build/api-reference/docfx.json --warningsAsErrors
echo "artifacts/api-reference/site/index.html: $(find artifacts/api-reference/site/api -name '*.html' | wc -l) pages"
