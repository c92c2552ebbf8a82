#!/usr/bin/env bash
# A student with half of MiniLM's layers, trained to follow it: what it keeps of the teacher's scores on polarity, banking77 and stsb (3 seeds,
# development data), how much faster it is, and how many parameters it saves. Writes docs/evidence/distillation.md.
# Usage: bench/distillation.sh [WORK]     BUDGET=60m SEEDS=3 SHARED=../shared BOOKS=2 LAYERS=1,3,5 EPOCHS= (those of the reference)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/bench/lib.sh"
work=${1:-distillation-run} budget=${BUDGET:-60m} seeds=${SEEDS:-3} shared=${SHARED:-$root/../shared} layers=${LAYERS:-1,3,5}
teacher=$shared/models/all-MiniLM-L6-v2
mkdir -p "$work"
# The tasks' own training texts (no labels) and general prose: what a student of fine-tuned tasks should know.
text=$work/text.txt
if [ ! -f "$text" ]; then
    for file in polarity banking77; do tail -n +2 "$shared/tasks/$file/train.tsv" | cut -f1 | sed 's/$/\n/'; done >"$text.part"
    tail -n +2 "$shared/tasks/stsb/train.tsv" | cut -f1,2 | tr '\t' '\n' | sed 's/$/\n/' >>"$text.part"
    for book in $(ls "$shared"/data/text/books/*.txt.gz | head -n "${BOOKS:-2}"); do zcat "$book"; done | head -c "${BOOK_BYTES:-40000000}" >>"$text.part"
    mv "$text.part" "$text"
fi
# MiniLM has no masked-LM head: its hidden states are followed, over the same vocabulary.
once "$work/student" "$graft" distill --teacher "$teacher" --student-layers "$layers" --corpus "$text" --output "$work/student" --resume \
    --time-budget "$budget" --learning-rate 5e-4 --batch-size 32 --max-length 64 --dropout 0 --checkpoint-every 2m

rates_of() { case $1 in banking77) echo 1e-4 ;; *) echo 5e-5 ;; esac; }
epochs_of() { case $1 in polarity) echo 3 ;; banking77) echo 5 ;; stsb) echo 4 ;; esac; }
metric_of() { case $1 in stsb) echo spearman ;; *) echo accuracy ;; esac; }
task_of() { case $1 in stsb) echo regression ;; *) echo text-classification ;; esac; }
# dev MODEL NAME TASK: fine-tunes and prints the mean development score
dev() {
    local run=$work/$2-$3
    if [ ! -f "$run.dev.json" ]; then
        echo "$(date +%T) $2 on $3" >&2
        "$graft" finetune --model "$1" --task "$(task_of "$3")" --train "$shared/tasks/$3/train.tsv" --learning-rate "$(rates_of "$3")" --epochs "${EPOCHS:-$(epochs_of "$3")}" \
            --batch-size 32 --max-length 64 --seeds "$seeds" --resume --output "$run" >>"$run.log" 2>&1 || { tail -3 "$run.log" >&2; exit 1; }
        "$graft" evaluate --model "$run" --input "$shared/tasks/$3/dev.tsv" --json >"$run.dev.json.part" 2>>"$run.log" && mv "$run.dev.json.part" "$run.dev.json"
    fi
    number "$run.dev.json" mean "$(metric_of "$3")"
}
speed() { "$graft" bench minilm-inference --model "$1" --train "$shared/tasks/polarity/train.tsv" --json 2>/dev/null | jq -r '.results[0].value'; }
parameters() { "$graft" model inspect --model "$1" --json | jq -r '.parameters.backbone'; }
{
    echo "# A half-depth student"
    echo
    echo "Made by \`bench/distillation.sh\`: layers $layers of MiniLM (6 layers), $budget of following the teacher's hidden states, then fine-tuning like the teacher ($seeds seeds, development data)."
    echo
    echo "| task | teacher | student | kept |"
    echo "|---|---|---|---|"
    sum=0
    for task in polarity banking77 stsb; do
        of_teacher=$(dev "$teacher" teacher "$task") of_student=$(dev "$work/student" student "$task")
        awk "BEGIN { printf \"| %s | %.1f | %.1f | %.1f %% |\n\", \"$task\", 100 * $of_teacher, 100 * $of_student, 100 * $of_student / $of_teacher }"
        sum=$(awk "BEGIN { print $sum + $of_student / $of_teacher }")
    done
    echo
    a=$(parameters "$teacher") b=$(parameters "$work/student") s=$(speed "$teacher") t=$(speed "$work/student")
    awk "BEGIN { printf \"Mean share kept: **%.1f %%** (bar: 97). Speed: **%.2f ×** the teacher's texts a second (bar: 1.6). Parameters: %d instead of %d (%.1f %% saved; half of what is left are word vectors).\n\", 100 * $sum / 3, $t / $s, $b, $a, 100 * (1 - $b / $a) }"
} >"$work/distillation.md"
mkdir -p "$root/docs/evidence"
cp "$work/distillation.md" "$root/docs/evidence/distillation.md"
cat "$work/distillation.md"
