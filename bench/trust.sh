#!/usr/bin/env bash
# What evidence/trusted-labels.md measures: flipped labels that are found, abstention that keeps its promise, texts of another kind, students taught
# on texts without labels. What is there already is not measured again; one line a measurement in OUTPUT/*.tsv.
#   bench/trust.sh MODEL SHARED OUTPUT [PARTS]
#   MODEL: all-MiniLM-L6-v2. PARTS: suspicious abstain unfamiliar drift distill (default: all). STRATEGIES: of the runs that abstain (default: head default).
set -euo pipefail
[ $# -ge 3 ] || { sed -n 2,6p "$0" | cut -c3-; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/bench/lib.sh"
model=$1 tasks=$2/tasks output=$3 parts=${4:-suspicious abstain unfamiliar drift distill}
mkdir -p "$output"
note() { grep -qs "^$2	" "$output/$1.tsv"; } # note FILE KEY: whether it is measured already

# Gives a share of the rows another label, by the row's number: flip FILE PERCENT
flip() {
    awk -F'\t' -v share="$2" 'NR == FNR { if (FNR > 1 && !($2 in place)) { place[$2] = n; name[n++] = $2 } next }
        FNR == 1 { print; next }
        { hash = (FNR * 2654435761 + 12345) % 4294967296
          if (hash < share / 100 * 4294967296) { $2 = name[(place[$2] + 1 + FNR % (n - 1)) % n]; print FNR > "'"$3"'" }
          print $1 "\t" $2 }' "$1" "$1"
}

# 500 rows by a seed, another window of the hash for each: draw FILE SEED COUNT
draw() {
    awk -F'\t' -v seed="$2" 'FNR > 1 { printf "%.0f\t%s\n", (FNR * 2654435761 + seed * 429496729) % 4294967296, $0 }' "$1" | sort -n | awk -v most="$3" 'NR <= most' |
        { echo "text	label"; cut -f2-; }
}

suspicious() {
    for row in polarity:5 banking77:10; do
        IFS=: read -r task share <<<"$row"
        note suspicious "$task" && continue
        data=$output/$task-flipped.tsv flipped=$output/$task-flipped.lines
        flip "$tasks/$task/train.tsv" "$share" "$flipped" >"$data"
        "$graft" data check --task text-classification --train "$data" --model "$model" --max-length 64 --output "$output/$task-suspicious.jsonl" \
            --json >"$output/$task-check.json" 2>"$output/$task-check.log" || true # 1 where data is damaged
        rows=$(($(wc -l <"$data") - 1)) all=$(wc -l <"$output/$task-suspicious.jsonl") count=$(wc -l <"$flipped")
        jq -r .place "$output/$task-suspicious.jsonl" | sed 's/.* line //' >"$output/$task-suspicious.lines"
        found() { head -n "$1" "$output/$task-suspicious.lines" | grep -cxFf "$flipped" || true; }
        first=$((rows * share / 100)) head=$((all * share / 100)); [ "$first" -le "$all" ] || first=$all
        echo "$task	$rows	$count	$all	$head	$(found "$head")	$first	$(found "$first")	$(found "$all")" >>"$output/suspicious.tsv"
    done
    echo "task, rows, flipped, named; first SHARE of the list, flipped among them; first SHARE of the rows, flipped among them; flipped among all"
    cat "$output/suspicious.tsv"
}

# A run with 500 labels and --abstain 0.9: abstaining STRATEGY SEED
abstaining() {
    run=$output/run-$1-$2
    [ -f "$run/metrics.json" ] && return
    draw "$tasks/polarity/train.tsv" "$2" 500 >"$output/labels-$2.tsv"
    case $1 in head) flags=(--strategy head --features vectors) ;; default) flags=() ;; *) flags=(--strategy "$1") ;; esac
    "$graft" finetune --model "$model" --task text-classification --train "$output/labels-$2.tsv" --max-length 64 --seed "$2" --abstain 0.9 "${flags[@]}" \
        --overwrite --output "$run" >"$run.log" 2>&1 || { tail -3 "$run.log" >&2; exit 1; }
}

abstain() {
    for strategy in ${STRATEGIES:-head default}; do
        for seed in 1 2 3 4 5 6 7 8 9 10; do
            note abstain "$strategy	$seed" && continue
            abstaining "$strategy" "$seed"
            "$graft" evaluate --model "$output/run-$strategy-$seed" --input "$tasks/polarity/test.tsv" --output "$output/test" >/dev/null 2>>"$output/log"
            jq -rs --arg key "$strategy	$seed" '. as $all | [.[] | select(.unsure | not)] as $answered
                | [$key, ([$all[] | select(.truth == .label)] | length) / ($all | length), ($answered | length) / ($all | length),
                   (if $answered == [] then 1 else ([$answered[] | select(.truth == .label)] | length) / ($answered | length) end)] | join("\t")' \
                "$output/test/predictions.jsonl" >>"$output/abstain.tsv"
        done
    done
    echo "strategy, seed, accuracy of all, coverage, accuracy of the answered"
    cat "$output/abstain.tsv"
}

unfamiliar() {
    for strategy in ${STRATEGIES:-head default}; do
        for seed in ${SEEDS:-1 2 3}; do
            note unfamiliar "$strategy	$seed" && continue
            abstaining "$strategy" "$seed"
            share() { "$graft" predict --model "$output/run-$strategy-$seed" --input "$tasks/$1/test.tsv" --json 2>>"$output/log" |
                jq -rs '([.[] | select(.unfamiliar)] | length) / length'; }
            echo "$strategy	$seed	$(share polarity)	$(share banking77)" >>"$output/unfamiliar.tsv"
        done
    done
    echo "strategy, seed, unfamiliar of polarity's test, of banking77's"
    cat "$output/unfamiliar.tsv"
}
# Estimated beside true accuracy, and what is warned of, on polarity's test and on banking77's texts.
drift() {
    for seed in ${SEEDS:-1 2 3}; do
        for task in polarity banking77; do
            note drift "$task	$seed" && continue
            abstaining head "$seed"
            whole "$output/drift.json" "$graft" evaluate --against "$output/run-head-$seed" --input "$tasks/$task/test.tsv" --json 2>>"$output/log"
            true=-
            [ "$task" = banking77 ] || { "$graft" evaluate --model "$output/run-head-$seed" --input "$tasks/$task/test.tsv" --json \
                >"$output/test.json" 2>>"$output/log"; true=$(jq -r .metrics.accuracy.value "$output/test.json"); }
            jq -r --arg key "$task	$seed" --arg true "$true" '[$key, .unfamiliar.value, .confidence.before, .confidence.now, .accuracy_before.value,
                .accuracy.value, .accuracy.low, .accuracy.high, $true, (.warnings | length)] | join("\t")' "$output/drift.json" >>"$output/drift.tsv"
        done
    done
    echo "task, seed, unfamiliar, confidence before, now, accuracy before, estimated, from, to, true, warnings"
    cat "$output/drift.tsv"
}

# A teacher on 64 labels a class, the student tuned alone on them, and the student taught on polarity's sentences without labels.
distill() {
    student=${STUDENT:-$root/models/graft-small}
    accuracy() { "$graft" evaluate --model "$1" --input "$tasks/polarity/test.tsv" --json 2>>"$output/log" | jq -r .metrics.accuracy.value; }
    cut -f1 "$tasks/polarity/train.tsv" >"$output/sentences.tsv"
    for draw in 0 1 2; do
        note distill "$draw" && continue
        labels=$tasks/fewshot/polarity/k64-draw$draw.tsv
        once "$output/teacher-$draw" "$graft" finetune --model "$model" --task text-classification --train "$labels" --max-length 64 --seed "$draw" \
            --overwrite --output "$output/teacher-$draw"
        once "$output/alone-$draw" "$graft" finetune --model "$student" --task text-classification --train "$labels" --max-length 64 --seed "$draw" \
            --overwrite --output "$output/alone-$draw"
        once "$output/taught-$draw" "$graft" distill --teacher "$output/teacher-$draw" --student "$student" --unlabelled "$output/sentences.tsv" \
            --epochs "${EPOCHS:-5}" --max-length 64 --seed "$draw" --overwrite --output "$output/taught-$draw"
        t=$(accuracy "$output/teacher-$draw") a=$(accuracy "$output/alone-$draw") s=$(accuracy "$output/taught-$draw")
        echo "$draw	$t	$a	$s	$(awk "BEGIN { print ($s - $a) / ($t - $a) }")" >>"$output/distill.tsv"
    done
    echo "draw, teacher, student alone, student taught, share of the distance that is closed"
    cat "$output/distill.tsv"
}

for part in $parts; do "$part"; done
