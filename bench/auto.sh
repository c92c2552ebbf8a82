#!/usr/bin/env bash
# What `graft auto` chooses on the fixed draws of SHARED/tasks/fewshot, polarity's first 500 labels and all of banking77, judged on test data beside every single way fitted
# alone. One folder a cell in OUTPUT; what is there already is not measured again.
#   bench/auto.sh SHARED OUTPUT MODEL[,MODEL] [CELLS]
#   CELLS: task:labels:draws … (default: all); labels "500" and "all" are parts of the training file. TIME bounds a choice (default 10m).
set -euo pipefail
[ $# -ge 3 ] || { sed -n 2,6p "$0" | cut -c3-; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/bench/lib.sh"
tasks=$1/tasks output=$2 models=$3 cells=${4:-polarity:8:5 polarity:16:5 polarity:64:5 banking77:4:5 banking77:8:5 banking77:16:5 polarity:500:1 banking77:all:1}
mkdir -p "$output"

# The training file of a cell. train_of TASK LABELS DRAW
train_of() {
    case $2 in
      all) echo "$tasks/$1/train.tsv" ;;
      500) [ -f "$output/$1-500.tsv" ] || head -n 501 "$tasks/$1/train.tsv" >"$output/$1-500.tsv"; echo "$output/$1-500.tsv" ;;
      *) echo "$tasks/fewshot/$1/k$2-draw$3.tsv" ;;
    esac
}

for cell in $cells; do
    IFS=: read -r task labels draws <<<"$cell"
    for ((draw = 0; draw < draws; draw++)); do
        folder=$output/$task-$labels-$draw train=$(train_of "$task" "$labels" "$draw") test=$tasks/$task/test.tsv
        mkdir -p "$folder"
        if [ ! -f "$folder/auto.test.json" ]; then
            started=$(date +%s.%N)
            "$graft" auto --task text-classification --train "$train" --models "$models" --time "${TIME:-10m}" --max-length 64 --truncate --seed "$draw" --resume --json \
                --output "$folder/auto" >"$folder/auto.json" 2>>"$folder/log" || { tail -3 "$folder/log" >&2; exit 1; }
            echo "$started $(date +%s.%N)" | awk '{ print $2 - $1 }' >"$folder/auto.seconds"
            whole "$folder/auto.test.json" "$graft" evaluate --model "$folder/auto" --input "$test" --json 2>>"$folder/log"
        fi
        for model in ${models//,/ }; do
            for way in ${WAYS:-frozen contrastive full}; do
                name=$way-$(basename "$model")
                [ -f "$folder/$name.test.json" ] && continue
                flags=(--strategy "$way"); [ "$way" = frozen ] && flags=(--strategy head --features vectors)
                "$graft" finetune --model "$model" --task text-classification "${flags[@]}" --train "$train" --max-length 64 --truncate --seed "$draw" --overwrite --output "$folder/run" \
                    >>"$folder/log" 2>&1 || { tail -3 "$folder/log" >&2; exit 1; }
                whole "$folder/$name.test.json" "$graft" evaluate --model "$folder/run" --input "$test" --json 2>>"$folder/log"
                rm -rf "$folder/run"
            done
        done
    done
done

echo "| cell | chosen | estimate (90 % interval) | test | best single way on test | seconds |"
echo "|---|---|---|---|---|---|"
for folder in "$output"/*/; do
    folder=${folder%/}
    [ -f "$folder/auto.test.json" ] || continue
    best=$(for file in "$folder"/*-*.test.json; do [ -f "$file" ] && echo "$(jq -r .metrics.accuracy.value "$file") $(basename "$file" .test.json)"; done | sort -rn | head -1)
    jq -r --arg cell "$(basename "$folder")" --argjson test "$(jq .metrics.accuracy.value "$folder/auto.test.json")" --arg best "$best" --arg seconds "$(cat "$folder/auto.seconds")" \
        'def p: . * 1000 | round / 10; "| \($cell) | \(.winner) | \(.estimate.value | p) (\(.estimate.low | p) – \(.estimate.high | p)) | \($test | p) | \($best | split(" ") | if length == 2 then "\(.[0] | tonumber | p), \(.[1])" else "–" end) | \($seconds | tonumber | round) |"' \
        "$folder/auto.json"
done
