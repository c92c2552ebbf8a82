#!/usr/bin/env bash
# Contrastive tuning and frozen features on the fixed draws of SHARED/tasks/fewshot, judged on test data: one line a measurement in OUTPUT/scores.tsv
# (task, labels a class, draw, method, model, test accuracy, training seconds). What is there already is not measured again.
#   bench/fewshot.sh MODEL SHARED OUTPUT [METHODS] [ROWS]
#   METHODS: contrastive,frozen,full (default: the first two). ROWS: task:labels:draws … (default: the rows with a reference in SHARED/tasks/fewshot/README.md)
set -euo pipefail
[ $# -ge 3 ] || { sed -n 2,6p "$0" | cut -c3-; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/bench/lib.sh"
model=$1 tasks=$2/tasks output=$3 methods=${4:-contrastive,frozen} rows=${5:-polarity:8:5 polarity:16:5 polarity:64:2 banking77:4:2}
mkdir -p "$output"; touch "$output/scores.tsv"
export GRAFT_CACHE=${GRAFT_CACHE:-$output/cache}
for row in $rows; do
    IFS=: read -r task k draws <<<"$row"
    for ((draw = 0; draw < draws; draw++)); do
        for method in ${methods//,/ }; do
            key="$task	$k	$draw	$method	$(basename "$model")"
            grep -q "^$key	" "$output/scores.tsv" && continue
            case $method in
              contrastive) flags=(--strategy contrastive) ;;
              frozen) flags=(--strategy head --features vectors) ;;
              *) flags=(--strategy "$method") ;;
            esac
            run=$output/run
            "$graft" finetune --model "$model" --task text-classification "${flags[@]}" --train "$tasks/fewshot/$task/k$k-draw$draw.tsv" --max-length 64 --truncate --seed "$draw" \
                --output "$run" --overwrite >"$output/log" 2>&1 || { tail -3 "$output/log" >&2; exit 1; }
            "$graft" evaluate --model "$run" --input "$tasks/$task/test.tsv" --json >"$output/test.json" 2>>"$output/log"
            echo "$key	$(jq -r .metrics.accuracy.value "$output/test.json")	$(jq -r .cost.seconds "$run/graft.json")" >>"$output/scores.tsv"
        done
    done
done
echo "| task, labels a class | model | method | draws | mean accuracy | seconds a run |"
echo "|---|---|---|---|---|---|"
awk -F'\t' '{ key = $1 ", " $2 " | " $5 " | " $4; if (!(key in n)) order[++keys] = key; n[key]++; sum[key] += $6; time[key] += $7 }
    END { for (i = 1; i <= keys; i++) printf "| %s | %d | %.1f | %.1f |\n", order[i], n[order[i]], 100 * sum[order[i]] / n[order[i]], time[order[i]] / n[order[i]] }' "$output/scores.tsv"
