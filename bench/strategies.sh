#!/usr/bin/env bash
# Every tuning strategy on movie-review sentences with 50, 500 and all labels, and the adapters beside full tuning on questions to a bank too:
# score, parameters trained, time and memory. Writes evidence/strategies/table.md.
#   bench/strategies.sh MODEL SHARED [WORK]      MODEL: all-MiniLM-L6-v2; SHARED holds tasks/polarity and tasks/banking77
# Learning rates are tuned on development data; three seeds (SEEDS); test data is looked at once. WORK (runs/strategies) keeps every run: a second call goes on
# where the first stopped. What was measured is copied to evidence/strategies/*.json; copied back into WORK, it is not measured again.
# STRATEGIES, BUDGETS and TASKS (second part) name some only, or none (""); TUNING_SEEDS=1 compares rates on one seed; THREADS and PRECISION as for graft. Some hours on two cores. Needs jq.
set -euo pipefail
[ $# -ge 2 ] || { sed -n 2,8p "$0" | cut -c3-; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
model=$1 shared=$2 work=${3:-$root/runs/strategies} seeds=${SEEDS:-3}
. "$root/bench/lib.sh"
[ -n "${THREADS:-}" ] && export GRAFT_THREADS=$THREADS
mkdir -p "$work"
budgets=${BUDGETS:-50 500 all}
strategies=${STRATEGIES-"full lora houlsby pfeiffer bitfit ia3 prefix prompt head features"}

# What is tried on development data, and the flags of a strategy; "features" is the convex classifier on cached features, which has no rate.
settings() {
    case $1 in
        full)     rates="5e-5 1e-4 2e-4" flags=(--strategy full) ;;
        lora)     rates="1e-3 2e-3" flags=(--strategy lora --target-modules query,key,value,dense) ;;
        houlsby)  rates="1e-3 2e-3" flags=(--strategy houlsby) ;;
        pfeiffer) rates="1e-3 2e-3" flags=(--strategy pfeiffer) ;;
        bitfit)   rates="1e-3 3e-3" flags=(--strategy bitfit) ;;
        ia3)      rates="5e-3 1e-2" flags=(--strategy ia3) ;;
        prefix)   rates="5e-3 2e-2" flags=(--strategy prefix) ;;
        prompt)   rates="5e-3 2e-2" flags=(--strategy prompt) ;;
        head)     rates="1e-3 1e-2" flags=(--strategy head) ;;
        features) rates="1" flags=(--strategy head --features cached) ;;
        *) echo "strategies.sh: $1 is no strategy" >&2; exit 2 ;;
    esac
}

# run TASK STRATEGY LABELS: tuned, evaluated, in WORK/TASK-STRATEGY-LABELS.*
run() {
    local data=$shared/tasks/$1 budget=()
    settings "$2"
    [ "$3" = all ] || budget=(--examples "$3")
    # The last weights count: with few labels, evaluations on the way would take longer than the training.
    tuned "$model" "$work/$1-$2-$3" text-classification "$data/train.tsv" "$data/dev.tsv" "$data/test.tsv" accuracy --max-length 64 --eval-every 100000 ${PRECISION:+--precision "$PRECISION"} "${flags[@]}" "${budget[@]}"
    [ -f "$work/$1-$2-$3.record.json" ] && return
    local first; first=$(folder "$1" "$2" "$3")
    [ -f "$first/seed-42/graft.json" ] && first=$first/seed-42
    whole "$work/$1-$2-$3.record.json" jq '{learning_rate: .learning_rate.value, epochs: .epochs.value, parameters: .parameters.trained, cost}' "$first/graft.json"
}

folder() { echo "$work/$1-$2-$3-$(cat "$work/$1-$2-$3.rate")"; }
record() { jq -r "$2" "$work/polarity-$1-all.record.json"; }

{
    echo "# Strategies"
    echo
    echo "\`bench/strategies.sh\` on $(basename "$model"), $(date +%F), $(nproc) cores: test accuracy, mean ± deviation over $seeds seeds, learning rates tuned on development data${TUNING_SEEDS:+ (seeds: $TUNING_SEEDS)}."
} >"$work/table.md"
[ -z "$strategies" ] || {
    echo
    echo "## Movie-review sentences, 2 classes"
    echo
    echo "| strategy |$(printf ' %s labels |' $budgets) parameters trained | seconds a run (all labels) | peak memory, MB |"
    echo "|---|$(printf -- '---|%.0s' $budgets)---|---|---|"
} >>"$work/table.md"
for strategy in $strategies; do
    row="| $strategy |"
    for budget in $budgets; do
        run polarity "$strategy" "$budget"
        row="$row $(score "$work/polarity-$strategy-$budget.test.json" accuracy) |"
    done
    if [ "${budgets##* }" = all ]; then
        row="$row $(record "$strategy" .parameters) | $(record "$strategy" '.cost.seconds | round') | $(record "$strategy" '.cost.peak_memory_bytes / 1e6 | round') |"
    else
        row="$row – | – | – |"
    fi
    echo "$row" >>"$work/table.md"
done

# compared STRATEGY WORK/TASK…: "0.3 (-0.2 … 0.9)", the mean difference over tasks in points; test sets are independent, so their intervals' halves add up in squares.
compared() {
    local strategy=$1; shift
    jq -rs 'def points: . * 1000 | round / 10;
        map(.difference) | length as $tasks | (map(.value) | add / $tasks) as $mean
        | (map(.value - .low | . * .) | add | sqrt / $tasks) as $below | (map(.high - .value | . * .) | add | sqrt / $tasks) as $above
        | "\($mean | points) (\($mean - $below | points) … \($mean + $above | points))"' "${@/%/-$strategy.compare.json}"
}

{
    echo
    echo "## Adapters beside full tuning"
    echo
    echo "Difference to full tuning on the same test examples, mean over seeds, with a paired bootstrap interval (95 %), in points."
    echo
    echo "| task | strategy | learning rate | epochs | accuracy | difference |"
    echo "|---|---|---|---|---|---|"
} >>"$work/table.md"
tasks=${TASKS-polarity banking77}
for task in $tasks; do
    for strategy in full lora houlsby pfeiffer; do
        run "$task" "$strategy" all
        difference="–"
        if [ "$strategy" != full ]; then
            json=$work/$task-$strategy.compare.json
            [ -f "$json" ] || whole "$json" "$graft" compare "$(folder "$task" full all)" "$(folder "$task" "$strategy" all)" --input "$shared/tasks/$task/test.tsv" --json
            difference=$(compared "$strategy" "$work/$task")
        fi
        echo "| $task | $strategy | $(jq -r '"\(.learning_rate) | \(.epochs)"' "$work/$task-$strategy-all.record.json") | $(score "$work/$task-$strategy-all.test.json" accuracy) | $difference |" >>"$work/table.md"
    done
done
if [ "$(wc -w <<<"$tasks")" -gt 1 ]; then
    for strategy in lora houlsby pfeiffer; do
        # shellcheck disable=SC2086
        echo "| mean | $strategy | – | – | – | $(compared "$strategy" $(printf "$work/%s " $tasks)) |" >>"$work/table.md"
    done
fi
mkdir -p "$root/evidence/strategies"
find "$work" -maxdepth 1 \( -name '*.test.json' -o -name '*.record.json' -o -name '*.compare.json' \) -exec cp {} "$root/evidence/strategies/" \;
cp "$work/table.md" "$root/evidence/strategies/table.md"
cat "$root/evidence/strategies/table.md"
