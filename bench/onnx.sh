#!/usr/bin/env bash
# ONNX Runtime beside Graft, and what 8 bits cost: bench/onnx.sh [SHARED] [WORK]
# Exports all-MiniLM-L6-v2 portable, fused and in 8 bits (loss on stsb), times the engines in turn, and exports classifiers on its vectors in 8 bits (loss on the
# test data of polarity and banking77).
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
shared=${1:-$root/../shared}
work=${2:-$(mktemp -d)}
graft=${GRAFT:-$root/artifacts/bin/Graft.Cli/release/graft}
model=$shared/models/all-MiniLM-L6-v2
mkdir -p "$work"
for graph in portable fused; do
    [ -f "$work/$graph/onnx.json" ] || "$graft" export --model "$model" --graph "$graph" --output "$work/$graph" >&2
done
[ -f "$work/int8/onnx.json" ] || "$graft" export --model "$model" --precision int8 --eval "$shared/tasks/stsb/dev.tsv" --output "$work/int8" >&2
cut -f1 "$shared/tasks/polarity/test.tsv" | sed 1d >"$work/texts.txt"
"$graft" bench inference --model "$model,$work/portable,$work/fused,$work/int8" --input "$work/texts.txt"
for task in polarity banking77; do
    data=$shared/tasks/$task
    [ -f "$work/$task/metrics.json" ] || "$graft" finetune --model "$model" --task text-classification --strategy head --features vectors --train "$data/train.tsv" --eval "$data/dev.tsv" --output "$work/$task" >&2
    [ -f "$work/$task-int8/onnx.json" ] || "$graft" export --model "$work/$task" --precision int8 --eval "$data/test.tsv" --output "$work/$task-int8" >&2
done
for name in int8 polarity-int8 banking77-int8; do
    echo "$name: $(tr -d '\n ' <"$work/$name/onnx.json" | sed 's/.*"loss":\({[^}]*}\),"kept_layers":\(\[[^]]*\]\).*/\1 kept \2/')"
done
