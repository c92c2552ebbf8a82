#!/usr/bin/env bash
# Kills a run without warning at N random moments (20), resumes it each time, and compares its final weights with those of a run that nobody
# touched. Usage: bench/kill-and-resume.sh MODEL [N]             fine-tuning MODEL on the samples
#                 bench/kill-and-resume.sh pretrain TOKENIZER [N] pre-training a tiny model on the samples' prose, moving average included
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
graft=${GRAFT:-$root/artifacts/bin/Graft.Cli/release/graft}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ "$1" = pretrain ]; then
    tokenizer=$2 kills=${3:-20}
    run() {
        "$graft" pretrain --objective mlm --model-config modernbert-tiny --tokenizer "$tokenizer" --corpus "$root/samples/prose.txt" \
            --steps 150 --batch-size 8 --max-length 64 --optimizer muon --ema 0.99 --eval-every 50 --checkpoint-every 5 --resume --output "$1" >"$1.log" 2>&1
    }
else
    model=$1 kills=${2:-20}
    run() {
        "$graft" finetune --model "$model" --task text-classification --train "$root/samples/reviews/train.tsv" --eval "$root/samples/reviews/dev.tsv" \
            --epochs 3 --batch-size 16 --max-length 64 --checkpoint-every 5 --resume --output "$1" >"$1.log" 2>&1
    }
fi
start=$(date +%s%N)
run "$work/whole"
whole=$((($(date +%s%N) - start) / 1000000))
export GRAFT_MATRIX_PRODUCT
GRAFT_MATRIX_PRODUCT=$(sed -n 's/.*"matrix_product": "\(.*\)".*/\1/p' "$work/whole/graft.json")
for i in $(seq "$kills"); do
    run "$work/killed" &
    pid=$!
    after=$((RANDOM * 32768 + RANDOM)) && after=$((after % (whole / 4 + 1) + 200)) # long enough to load and to go some updates further
    sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
    pkill -KILL -P $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    echo "kill $i after $after ms: $(wc -l <"$work/killed/metrics.jsonl" 2>/dev/null || echo 0) lines logged"
done
run "$work/killed"
cmp "$work/whole/model.safetensors" "$work/killed/model.safetensors" && echo "identical after $kills kills"
