#!/usr/bin/env bash
# A student with half of MiniLM's layers, trained to follow it: what it keeps of the teacher's scores on polarity, banking77 and stsb (3 seeds,
# development data), how much faster it is, and how many parameters it saves. Writes evidence/distillation/table.md.
#   bench/distillation.sh [WORK]     SHARED=../shared SEEDS=3 LAYERS=1,3,5 BUDGET=25m PAIRS_BUDGET=12m PRECISION=fp32
# WORK (distillation-run) keeps every step: a second call goes on where the first stopped. Needs jq.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/bench/lib.sh"
work=${1:-distillation-run} seeds=${SEEDS:-3} shared=${SHARED:-$root/../shared} layers=${LAYERS:-1,3,5} budget=${BUDGET:-25m} pairs=${PAIRS_BUDGET:-12m}
teacher=$shared/models/all-MiniLM-L6-v2
mkdir -p "$work"

# Text: what the tasks' own training files say (no labels; the two sentences of a pair are a document), reviews, encyclopedia, some prose.
text=$work/text
if [ ! -d "$text" ]; then
    mkdir -p "$text.part/tasks" "$text.part/prose"
    for task in polarity banking77; do tail -n +2 "$shared/tasks/$task/train.tsv" | cut -f1 | sed G >"$text.part/tasks/$task.txt"; done
    for task in stsb nli; do tail -n +2 "$shared/tasks/$task/train.tsv" | cut -f1,2 | sed 's/\t/\n/' | sed 'n;G' >"$text.part/tasks/$task.txt"; done
    cp "$shared/data/classification/movie-reviews/movie_reviews.zip" "$text.part/prose/"
    tail -n +2 "$shared/data/classification/cad-imdb/orig/train.tsv" | cut -f2 | sed 's/<br \/>/ /g; s/^"//; s/"$//; s/""/"/g' | sed G >"$text.part/prose/cad-imdb.txt"
    sed -n 's/.*<\(Pros\|Cons\)>\(.*\)<\/.*/\2\n/p' "$shared"/data/classification/product-reviews/pros_cons/Integrated*.txt >"$text.part/prose/pros-cons.txt"
    jq -r '.data[].paragraphs[].context + "\n"' "$shared/tasks/squad/train.json" >"$text.part/prose/squad.txt"
    sed 's/ @\(.\)@ /\1/g; s/<unk>/it/g; s/^ //; s/ \([.,;:)]\)/\1/g; s/ '"'"'s/'"'"'s/g' "$shared"/data/text/wikitext-2/{test,valid}.txt >"$text.part/prose/wikitext.txt"
    zcat "$shared/data/text/books/books-00-of-08.txt.gz" | head -c 6000000 >"$text.part/prose/books.txt" || true # zcat hears that head has enough
    mv "$text.part" "$text"
fi
[ -f "$work/corpus/corpus.json" ] || "$graft" corpus build --input "$text/tasks@4" "$text/prose" --tokenizer "$teacher" --output "$work/corpus" --filter none \
    --exclude "$shared"/tasks/{polarity,banking77,stsb}/{dev,test}.tsv >"$work/corpus.log" 2>&1

# follow STAGE BUDGET RATE FLAGS…: single texts first, then pairs, which is how stsb reads.
follow() {
    local stage=$1 time=$2 rate=$3; shift 3
    once "$work/$stage" "$graft" distill --states-only --teacher "$teacher" --corpus "$work/corpus" --output "$work/$stage" --resume --time-budget "$time" --learning-rate "$rate" \
        --batch-size 32 --max-length 64 --dropout 0 --checkpoint-every 3m ${PRECISION:+--precision "$PRECISION"} "$@"
}
follow texts "$budget" 1e-3 --student-layers "$layers"
follow student "$pairs" 5e-4 --init-from "$work/texts" --pairs

metric_of() { case $1 in stsb) echo spearman ;; *) echo accuracy ;; esac; }
# dev MODEL NAME TASK: fine-tunes with the reference's recipe (bench/tasks.sh) and evaluates on development data
dev() {
    local run=$work/$2-$3
    [ -f "$run.dev.json" ] && return
    echo "$(date +%T) $2 on $3" >&2
    OUTPUT=$run SEEDS=$seeds "$root/bench/tasks.sh" "$3" "$1" "$shared" >>"$run.log" 2>&1 || { tail -3 "$run.log" >&2; exit 1; }
    "$graft" evaluate --model "$run" --input "$shared/tasks/$3/dev.tsv" --json >"$run.dev.json.part" 2>>"$run.log" && mv "$run.dev.json.part" "$run.dev.json"
}
speed() { "$graft" bench minilm-inference --model "$1" --train "$shared/tasks/polarity/train.tsv" --json 2>/dev/null | jq -r '.results[0].value'; }
parameters() { "$graft" model inspect --model "$1" --json | jq -r '.parameters.backbone'; }
{
    echo "# A half-depth student"
    echo
    echo "Made by \`bench/distillation.sh\`: layers $layers of MiniLM (6 layers), $budget of following the teacher's hidden states on texts and $pairs on pairs of segments on $(nproc) cores${PRECISION:+ in $PRECISION},"
    echo "then fine-tuning like the teacher ($seeds seeds, development data, mean ± deviation)."
    echo
    echo "| task | teacher | student | kept |"
    echo "|---|---|---|---|"
    of_all_teachers=0 of_all_students=0
    for task in polarity banking77 stsb; do
        dev "$work/student" student "$task"
        dev "$teacher" teacher "$task"
        of_teacher=$(number "$work/teacher-$task.dev.json" mean "$(metric_of $task)") of_student=$(number "$work/student-$task.dev.json" mean "$(metric_of $task)")
        awk "BEGIN { printf \"| %s, %s | %s | %s | %.1f %% |\n\", \"$task\", \"$(metric_of $task)\", \"$(score "$work/teacher-$task.dev.json" "$(metric_of $task)")\", \"$(score "$work/student-$task.dev.json" "$(metric_of $task)")\", 100 * $of_student / $of_teacher }"
        of_all_teachers=$(awk "BEGIN { print $of_all_teachers + $of_teacher / 3 }") of_all_students=$(awk "BEGIN { print $of_all_students + $of_student / 3 }")
    done
    echo
    a=$(parameters "$teacher") b=$(parameters "$work/student") s=$(speed "$teacher") t=$(speed "$work/student")
    awk "BEGIN { printf \"The mean score is %.1f instead of %.1f: **%.1f %%** kept (bar: 97). Speed: **%.2f ×** the teacher's texts a second (bar: 1.6). Parameters: %d instead of %d (%.1f %% saved; two thirds of what is left are word vectors).\n\", 100 * $of_all_students, 100 * $of_all_teachers, 100 * $of_all_students / $of_all_teachers, $t / $s, $b, $a, 100 * (1 - $b / $a) }"
    echo
    echo "Mean cosine distance to the teacher's states on held-out documents: $(jq -r '.metrics.hidden_loss * 1000 | round / 1000' "$work/texts/metrics.json") after the texts, $(jq -r '.metrics.hidden_loss * 1000 | round / 1000' "$work/student/metrics.json") on pairs at the end."
    echo
    echo "The text it read: the training sentences of the three tasks and of nli without their labels (four times in a pass), movie and product reviews, Wikipedia articles and 6 MB of a book; documents that overlap with development or test files were left out."
} >"$work/distillation.md"
mkdir -p "$root/evidence/distillation"
cp "$work/distillation.md" "$root/evidence/distillation/table.md"
cat "$work/distillation.md"
