#!/usr/bin/env bash
# Which pre-training objective serves which task: masked LM, masked LM + next sentence, spans + their boundaries, each on the same text for the
# same time with the same small BERT (2 layers of 128), then fine-tuned on polarity, wnut17 and squad (3 seeds, learning rate chosen on dev).
# Writes evidence/objectives/table.md. Going on where an earlier call was stopped; delete WORK to start anew.
# Usage: bench/objectives.sh [WORK]     BUDGET=20m SEEDS=3 SQUAD_SEEDS=$SEEDS RATES="1e-4 3e-4" SHARED=../shared EPOCHS= (auto)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/bench/lib.sh"
work=${1:-objectives-run} budget=${BUDGET:-20m} seeds=${SEEDS:-3} rates=${RATES:-1e-4 3e-4} shared=${SHARED:-$root/../shared} squad_seeds=${SQUAD_SEEDS:-$seeds}
objectives="mlm mlm+nsp span+sbo"
mkdir -p "$work"
books_corpus "$work" "$shared"
for objective in $objectives; do
    once "$work/$objective" "$graft" pretrain --objective "$objective" --model-config bert-mini-2x128 --tokenizer "$work/tokenizer" --corpus "$work/corpus" --output "$work/$objective" --resume \
        --time-budget "$budget" --learning-rate 1e-3 --warmup 0.05 --dropout 0 --checkpoint-every 2m --eval-every 500
done
# squad has no development articles: a fifth of the training articles is taken for that
squad_dev "$shared/tasks/squad/train.json" "$work/squad-train.json" "$work/squad-dev.json"
{
    echo "# Pre-training objectives compared"
    echo
    echo "Made by \`bench/objectives.sh\` (pre-training $budget each, $seeds seeds$([ "$squad_seeds" = "$seeds" ] || echo " (squad: $squad_seeds)"), learning rate of {${rates// /, }} chosen on development data, judged on test data with the last weights)."
    echo "One model (2 layers of 128), one vocabulary, the same text, the same time on the same machine; the figures of the shared cores vary, so the number of updates is stated too."
    echo
    echo "| objective | updates | polarity, accuracy | wnut17, entity F1 | squad, F1 | squad, exact match |"
    echo "|---|---|---|---|---|---|"
    for objective in $objectives; do
        row="| $objective | $(updates "$work/$objective")"
        tuned "$work/$objective" "$work/$objective-polarity" text-classification "$shared/tasks/polarity/train.tsv" "$shared/tasks/polarity/dev.tsv" "$shared/tasks/polarity/test.tsv" accuracy --max-length 64
        row="$row | $(score "$work/$objective-polarity.test.json" accuracy)"
        tuned "$work/$objective" "$work/$objective-wnut17" token-classification "$shared/tasks/wnut17/train.conll" "$shared/tasks/wnut17/dev.conll" "$shared/tasks/wnut17/test.conll" entity_f1 --max-length 128
        row="$row | $(score "$work/$objective-wnut17.test.json" entity_f1)"
        seeds=$squad_seeds tuned "$work/$objective" "$work/$objective-squad" question-answering "$work/squad-train.json" "$work/squad-dev.json" "$shared/tasks/squad/test.json" f1 --max-length 256
        echo "$row | $(score "$work/$objective-squad.test.json" f1) | $(score "$work/$objective-squad.test.json" exact_match) |"
    done
} >"$work/objectives.md"
mkdir -p "$root/evidence/objectives"
cp "$work/objectives.md" "$root/evidence/objectives/table.md"
cat "$work/objectives.md"
