#!/usr/bin/env bash
# Static siblings of a model that is tuned on all of polarity and banking77: test accuracy of both, what is kept, texts a second on one thread.
# One line a task in OUTPUT/scores.tsv (task, teacher, static, kept %, teacher's texts/s, static texts/s, times faster). What is there already is not measured again.
#   bench/static.sh MODEL SHARED OUTPUT [TASKS]
set -euo pipefail
[ $# -ge 3 ] || { sed -n 2,4p "$0" | cut -c3-; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/bench/lib.sh"
model=$1 tasks=$2/tasks output=$3
mkdir -p "$output"; touch "$output/scores.tsv"
for task in ${4:-polarity banking77}; do
    grep -q "^$task	" "$output/scores.tsv" && continue
    teacher=$output/$task static=$output/$task-static
    [ -f "$teacher/metrics.json" ] || "$graft" finetune --model "$model" --task text-classification --strategy full --train "$tasks/$task/train.tsv" --eval "$tasks/$task/dev.tsv" \
        --max-length 64 --epochs "${EPOCHS:-3}" --output "$teacher" --overwrite >"$output/$task.log" 2>&1
    "$graft" distill --static --teacher "$teacher" --output "$static" --overwrite >"$output/$task-static.log" 2>&1
    GRAFT_THREADS=1 "$graft" compare "$teacher" "$static" --input "$tasks/$task/test.tsv" --json >"$output/$task.json" 2>>"$output/$task.log"
    jq -r --arg task "$task" '[.runs[] | {score: .metrics.accuracy, rate: (1000 / .milliseconds_per_text)}] as [$a, $b]
        | [$task, $a.score, $b.score, 100 * $b.score / $a.score, $a.rate, $b.rate, $b.rate / $a.rate] | @tsv' "$output/$task.json" >>"$output/scores.tsv"
done
cat "$output/scores.tsv"
