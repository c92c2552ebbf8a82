#!/usr/bin/env bash
# Continued pre-training of a small general model on movie reviews: masked accuracy on reviews it never saw, and polarity with 500 labels
# (5 seeds, paired), before and after. Writes evidence/continued/table.md.
# Usage: bench/continued.sh [MODEL] [WORK]     MODEL: a masked-LM folder; without it one is made from the books (GENERAL=60m)
#        BUDGET=20m SEEDS=5 SHARED=../shared RATE=5e-4 EPOCHS= (auto)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/bench/lib.sh"
model=${1:-} work=${2:-continued-run} budget=${BUDGET:-20m} seeds=${SEEDS:-5} shared=${SHARED:-$root/../shared}
mkdir -p "$work"
if [ -z "$model" ]; then
    books_corpus "$work" "$shared"
    model=$work/general
    once "$model" "$graft" pretrain --objective mlm --model-config modernbert-small --tokenizer "$work/tokenizer" --corpus "$work/corpus" --output "$model" --resume \
        --mask-share 0.2 --time-budget "${GENERAL:-60m}" --dropout 0 --checkpoint-every 2m
fi
# 1,800 reviews to learn from, 200 (those numbered cv9…, by the collection's own folds) held out; documents end with a blank line.
if [ ! -f "$work/held-out.txt" ]; then
    rm -rf "$work/reviews" && mkdir -p "$work/reviews"
    unzip -q "$shared/data/classification/movie-reviews/movie_reviews.zip" -d "$work/reviews"
    find "$work/reviews" -name 'cv[0-8]*.txt' | sort | while read -r file; do cat "$file"; echo; done >"$work/train.txt"
    find "$work/reviews" -name 'cv9*.txt' | sort | while read -r file; do cat "$file"; echo; done >"$work/held-out.part"
    mv "$work/held-out.part" "$work/held-out.txt"
fi
once "$work/reviewed" "$graft" pretrain --objective mlm --init-from "$model" --corpus "$work/train.txt" --output "$work/reviewed" --resume \
    --mask-share 0.2 --time-budget "$budget" --learning-rate "${RATE:-5e-4}" --dropout 0 --checkpoint-every 2m --seed 43

masked() { "$graft" evaluate --model "$1" --task masked-lm --input "$work/held-out.txt" --json | jq -r '.metrics.masked_accuracy | if type == "object" then .value else . end'; }
polarity() {
    local run=$work/polarity-$2
    [ -f "$run/done" ] || { "$graft" finetune --model "$1" --task text-classification --train "$shared/tasks/polarity/train.tsv" --examples 500 --max-length 64 ${EPOCHS:+--epochs "$EPOCHS"} \
        --seeds "$seeds" --resume --output "$run" >>"$run.log" 2>&1 || { tail -3 "$run.log" >&2; exit 1; }; touch "$run/done"; }
    "$graft" evaluate --model "$run" --input "$shared/tasks/polarity/test.tsv" --json >"$run.test.json" 2>>"$run.log"
}
before=$(masked "$model") after=$(masked "$work/reviewed")
polarity "$model" before
polarity "$work/reviewed" after
{
    echo "# Continued pre-training on movie reviews"
    echo
    echo "Made by \`bench/continued.sh\`: $budget on 1,800 reviews; 200 others held out. Polarity: 500 labels, $seeds seeds, the same examples and seeds on both sides, test accuracy."
    echo
    awk "BEGIN { printf \"Masked accuracy on held-out reviews: %.1f %% before, **%.1f %%** after (%+.1f points; bar: +5).\n\n\", 100 * $before, 100 * $after, 100 * ($after - $before) }"
    echo "| seed | before | after | difference |"
    echo "|---|---|---|---|"
    jq -rn --slurpfile a "$work/polarity-before.test.json" --slurpfile b "$work/polarity-after.test.json" '
        [$a[0].seeds, $b[0].seeds] | transpose[] | [.[0].seed, .[0].metrics.accuracy, .[1].metrics.accuracy] | @tsv' \
        | awk '{ printf "| %s | %.1f | %.1f | %+.1f |\n", $1, 100 * $2, 100 * $3, 100 * ($3 - $2); s += $3 - $2; q += ($3 - $2) ^ 2; n++ }
               END { m = s / n; d = n > 1 ? sqrt((q - n * m * m) / (n - 1) / n) : 0; printf "\nMean difference **%+.1f ± %.1f** points (standard error, paired).\n", 100 * m, 100 * d }'
} >"$work/continued.md"
mkdir -p "$root/evidence/continued"
cp "$work/continued.md" "$root/evidence/continued/table.md"
cat "$work/continued.md"
