#!/usr/bin/env bash
# Does bf16 learn as well as fp32? The shipped small architecture on the public-domain books, the same updates in both precisions; held-out loss and minutes.
# Needs a processor with bfloat16 products (graft doctor says so).
# Usage: bench/precision.sh WORK SHARED     STEPS=2000 BATCH=32; a second call goes on where the first stopped.
set -euo pipefail
[ $# -eq 2 ] || { sed -n 2,4p "$0" | cut -c3-; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd) work=$1
. "$root/bench/lib.sh"
mkdir -p "$work"
books_corpus "$work" "$2"
for precision in fp32 bf16; do
    once "$work/$precision" "$graft" pretrain --objective mlm --model-config modernbert-small --tokenizer "$work/tokenizer" --corpus "$work/corpus" --output "$work/$precision" --resume \
        --precision "$precision" --steps "${STEPS:-2000}" --max-length 64 --batch-size "${BATCH:-32}" --mask-share 0.2 --learning-rate 1e-3 --dropout 0 --eval-every 500 --seed 42
done
echo "| precision | updates | minutes | held-out loss |"
echo "|---|---|---|---|"
for precision in fp32 bf16; do
    minutes=$(jq -s 'map(select(.seconds)) | last.seconds / 60 * 10 | round / 10' "$work/$precision/metrics.jsonl")
    echo "| $precision | $(updates "$work/$precision") | $minutes | $(jq .metrics.loss "$work/$precision/metrics.json") |"
done
