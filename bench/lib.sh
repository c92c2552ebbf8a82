# Steps that the evidence scripts share. Every step leaves a file when it is done and is skipped the next time. Sourced, not run.
graft=${GRAFT:-$root/artifacts/bin/Graft.Cli/release/graft}

# Runs a command whose output folder ends with a metrics.json, unless it is there; its lines go to FOLDER.log. once FOLDER COMMAND…
once() {
    local folder=$1; shift
    [ -f "$folder/metrics.json" ] && return
    echo "$(date +%T) $(basename "$folder")" >&2
    "$@" >>"$folder.log" 2>&1 || { tail -3 "$folder.log" >&2; exit 1; }
}

# The public-domain books as a corpus with a vocabulary of their own (8,192 pieces). books_corpus WORK SHARED; BOOKS=N takes the first N parts.
books_corpus() {
    local work=$1 shared=$2 books
    books=$(ls "$shared"/data/text/books/*.txt.gz | head -n "${BOOKS:-8}")
    [ -f "$work/tokenizer/tokenizer.json" ] || "$graft" tokenizer train --type wordpiece --vocab-size 8192 --input $books --output "$work/tokenizer" >&2
    [ -f "$work/corpus/corpus.json" ] || "$graft" corpus build --input $books --tokenizer "$work/tokenizer" --output "$work/corpus" --filter none >&2
}

# Splits a SQuAD file: every fifth article is for development. squad_dev FILE TRAIN DEV (the split is done by jq)
squad_dev() {
    [ -f "$3" ] && return
    command -v jq >/dev/null || { echo "jq is needed to split $1" >&2; exit 1; }
    jq -c '.data |= [to_entries[] | select(.key % 5 != 4) | .value]' "$1" >"$2"
    jq -c '.data |= [to_entries[] | select(.key % 5 == 4) | .value]' "$1" >"$3"
}

# Writes what a command prints to a file that is whole or not there. whole FILE COMMAND…
whole() {
    local file=$1; shift
    "$@" >"$file.part" && mv "$file.part" "$file"
}

# Number of updates that a run logged.
updates() { grep -c learning_rate "$1/metrics.jsonl"; }

# Fine-tunes with each of $rates, keeps the best on development data, evaluates that one on test data. With TUNING_SEEDS=1 the rates are compared
# on one seed, and only the best is trained with the others too. tuned MODEL RUN TASK TRAIN DEV TEST METRIC [FLAGS…]
tuned() {
    local model=$1 run=$2 task=$3 train=$4 dev=$5 test=$6 metric=$7 tuning=${TUNING_SEEDS:-$seeds}; shift 7
    [ -f "$run.test.json" ] && return
    local best="" best_score=-2 rate value compared
    for rate in $rates; do
        compared=$run-$rate
        [ "$tuning" = 1 ] && [ "$seeds" != 1 ] && compared=$run-$rate/seed-42
        tuned_once "$compared" "$tuning" "$@"
        "$graft" evaluate --model "$compared" --input "$dev" --json >"$run-$rate.dev.json" 2>>"$run.log"
        value=$(number "$run-$rate.dev.json" mean "$metric")
        if awk "BEGIN { exit !($value > $best_score) }"; then best=$rate best_score=$value; fi
    done
    rate=$best
    tuned_once "$run-$best" "$seeds" "$@" # goes on after the seeds that were compared
    echo "$best" >"$run.rate"
    whole "$run.test.json" "$graft" evaluate --model "$run-$best" --input "$test" --json 2>>"$run.log"
}

# One run of tuned, with its variables: tuned_once FOLDER SEEDS [FLAGS…]
tuned_once() {
    local folder=$1 count=$2; shift 2
    [ -f "$folder.done-$count" ] && return
    mkdir -p "$(dirname "$folder")"
    echo "$(date +%T) $folder" >&2
    "$graft" finetune --model "$model" --task "$task" --train "$train" --eval "$dev" --learning-rate "$rate" ${EPOCHS:+--epochs "$EPOCHS"} --seed 42 --seeds "$count" --resume --output "$folder" "$@" \
        >>"$run.log" 2>&1 || { tail -3 "$run.log" >&2; exit 1; }
    touch "$folder.done-$count"
}

# A number of an evaluation: number FILE mean|deviation METRIC (0 where there is none)
number() { jq -r ".$2.$3 // .metrics.$3.value // 0" "$1"; }

# "82.1 ± 0.4" of an evaluation, "82.1" of one seed. score FILE METRIC
score() {
    local deviation; deviation=$(jq -r ".deviation.$2 // \"\"" "$1")
    awk "BEGIN { printf \"%.1f\", 100 * $(number "$1" mean "$2") }"
    [ -z "$deviation" ] || awk "BEGIN { printf \" ± %.1f\", 100 * $deviation }"
}
