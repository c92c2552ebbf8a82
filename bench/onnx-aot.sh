#!/usr/bin/env bash
# A program on Graft.Onnx alone, compiled ahead of time: its size and the processor time of one question with graft-small. bench/onnx-aot.sh [WORK]
# Needs gcc (or clang) and zlib1g-dev.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$(mktemp -d)}
graft=${GRAFT:-$root/artifacts/bin/Graft.Cli/release/graft}
dotnet publish "$root/samples/OnnxConsole" -o "$work/console" --nologo -v q
if [ ! -f "$work/small/onnx.json" ]; then
    "$graft" finetune --model "$root/models/graft-small" --task text-classification --strategy head --train "$root/samples/reviews/train.tsv" --output "$work/run" >&2
    "$graft" export --model "$work/run" --external-data --output "$work/small" >&2
fi
find "$work/console" -type f ! -name '*.dbg' ! -name '*.xml' ! -name '*.pdb' -printf '%s %f\n' | sort -rn | awk '{ sum += $1; if ($1 > 100000) print } END { printf "%.1f MB without the model\n", sum / 1e6 }'
for i in 1 2 3 4 5; do
    TIMEFORMAT='%U user %S system %R wall'; time "$work/console/OnnxConsole" "$work/small" "The room was bright and everybody was kind." >/dev/null
done
