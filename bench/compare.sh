#!/usr/bin/env bash
# Two builds of graft in turn on this machine: no figure of the new one may be slower. A neighbour's noise meets both.
# Prints for each name the new build's speed over the old one's (above 1: faster): the median of the paired ratios and their range, which holds the
# true median with 94 % at five rounds. Exits with 1 where a median is below 0.98 and the range does not contain 1.
# usage: bench/compare.sh OLD NEW [NAME …]       OLD, NEW: executables; names as in `graft bench`, and help-start, predict-start (cold starts)
#        MODEL (a MiniLM folder) and TRAIN (labelled texts) are read by the benchmarks that need them; ROUNDS=5; REPETITIONS=10 for each benchmark
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 2 ] || { sed -n '5,6s/^# //p' "$0" >&2; exit 2; }
old=$1 new=$2; shift 2
names=("$@"); [ $# -gt 0 ] || names=(minilm-inference minilm-finetuning adamw-step bert-base-inference help-start predict-start)
model=${MODEL:-$root/models/graft-small} train=${TRAIN:-$root/samples/reviews/train.tsv} rounds=${ROUNDS:-5}
command -v jq >/dev/null || { echo "jq is needed" >&2; exit 2; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

# Processor time of the fastest of five calls, which neighbours disturb less than the clock's.
fastest() {
    local best=999999 took i TIMEFORMAT='%U %S'
    for i in 1 2 3 4 5; do
        took=$({ time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ printf "%d", ($1 + $2) * 1000 }')
        [ "$took" -ge "$best" ] || best=$took
    done
    echo "$best"
}

# The figure of one build, the smaller the better. figure EXECUTABLE NAME
figure() {
    case $2 in
        help-start) fastest "$1" --help ;;
        predict-start) fastest "$1" predict --model "$work/run" --text "a fine film" ;;
        *) "$1" bench "$2" --model "$model" --train "$train" --repetitions "${REPETITIONS:-10}" --json |
            jq '.results[0] | if .unit | endswith("/s") then 1 / .value else .value end' ;;
    esac
}

case " ${names[*]} " in *" predict-start "*)
    "$old" finetune --model "$root/models/graft-small" --task text-classification --train "$train" --steps 1 --output "$work/run" >/dev/null 2>&1 ;;
esac
for round in $(seq "$rounds"); do
    for name in "${names[@]}"; do
        if [ $((round % 2)) = 1 ]; then a=$(figure "$old" "$name") b=$(figure "$new" "$name"); else b=$(figure "$new" "$name") a=$(figure "$old" "$name"); fi
        awk -v old="$a" -v new="$b" 'BEGIN { printf "%.4f\n", old / new }' >>"$work/$name"
        echo "$name, round $round: $(tail -1 "$work/$name")" >&2
    done
done

status=0
for name in "${names[@]}"; do
    sort -n "$work/$name" | awk -v name="$name" '
        { ratio[NR] = $1 }
        END {
            median = NR % 2 ? ratio[(NR + 1) / 2] : (ratio[NR / 2] + ratio[NR / 2 + 1]) / 2
            slower = median < 0.98 && ratio[NR] < 1
            printf "%-22s %.3f  (%.3f … %.3f)%s\n", name, median, ratio[1], ratio[NR], slower ? "  slower" : ""
            exit slower
        }' || status=1
done
exit $status
