#!/usr/bin/env bash
# Feature extraction beside embedding: seconds of `graft embed` for the training and test texts of polarity, of text to evaluated model with cached
# features and a convex classifier, and of a second head on the same features. In turn, ROUNDS times; the fastest of each counts.
# Usage: bench/feature-extraction.sh MODEL SHARED     ROUNDS=3
set -euo pipefail
[ $# -ge 2 ] || { sed -n 2,4p "$0" | cut -c3-; exit 2; }
graft=${GRAFT:-$(dirname "$0")/../artifacts/bin/Graft.Cli/release/graft}
model=$1 data=$2/tasks/polarity
work=$(mktemp -d "${TMPDIR:-/tmp}/graft-features.XXXXXX")
trap 'rm -rf "$work"' EXIT
{ cat "$data/train.tsv"; tail -n +2 "$data/test.tsv"; } >"$work/all.tsv"
# Seconds of a command: clock COMMAND…
clock() {
    local start; start=$(date +%s%N)
    "$@" >"$work/log" 2>&1 || { tail -3 "$work/log" >&2; exit 1; }
    awk "BEGIN { print ($(date +%s%N) - $start) / 1e9 }"
}
head_on_features() { "$graft" finetune --model "$model" --task text-classification --train "$data/train.tsv" --eval "$data/test.tsv" --strategy head --features cached --max-length 64 "$@"; }
for round in $(seq "${ROUNDS:-3}"); do
    export GRAFT_CACHE=$work/cache-$round # features of an earlier round are not found
    embed=$(clock "$graft" embed --model "$model" --input "$work/all.tsv" --max-length 64 --output "$work/vectors.parquet")
    first=$(clock head_on_features --output "$work/first-$round")
    second=$(clock head_on_features --seed 43 --output "$work/second-$round")
    echo "$embed $first $second"
done | awk '
    NR == 1 || $1 < embed { embed = $1 } NR == 1 || $2 < first { first = $2 } NR == 1 || $3 < second { second = $3 }
    END { printf "embed %.1f s, text to evaluated model %.1f s (%.2f times), a second head %.1f s\n", embed, first, first / embed, second }'
