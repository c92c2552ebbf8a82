#!/usr/bin/env bash
# bench/ranks.sh [PAIRS [BASE_PAIRS]]: what ranks cost on this machine, as medians of paired ratios of tokens a second, the two sides in turn:
# - one rank under mpirun with one gradient group against no launcher at all (a BERT of 4 × 256);
# - two ranks with one thread each against one process with two threads, BERT-base, 16 × 128 and 64 × 128 tokens an update.
# For each: the median, the lowest and highest ratio, and the load of the machine before and after. Two processors; apt-get install openmpi-bin libopenmpi3. GRAFT: the program.
# With 0 pairs a part is left out. TOKENIZER: a folder, for BERT-base; without ../shared the plain sample's, whose 8,192 words make it smaller.
set -euo pipefail
cd "$(dirname "$0")/.."
pairs=${1:-7} base=${2:-3}
graft=$(readlink -f "${GRAFT:-artifacts/bin/Graft.Cli/release/graft}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v mpirun.openmpi >/dev/null || { echo "skipped: apt-get install openmpi-bin libopenmpi3"; exit 77; }
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
cat >"$work/small.json" <<'CONFIG'
{"model_type": "bert", "vocab_size": 1000, "hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024, "max_position_embeddings": 64}
CONFIG
cat >"$work/base.json" <<'CONFIG'
{"model_type": "bert", "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "max_position_embeddings": 512}
CONFIG
tokenizer=${TOKENIZER:-../shared/models/all-MiniLM-L6-v2}
[ -d "$tokenizer" ] || tokenizer=models/graft-small-plain
"$graft" corpus build --input samples/prose.txt samples/beekeeping/train.txt samples/reviews --tokenizer "$tokenizer" --output "$work/corpus" --filter none --keep-duplicates \
  --held-out 0 >/dev/null 2>&1

rate() { # CONFIG STEPS BATCH LENGTH GROUPS THREADS LAUNCHER...: tokens a second of the updates behind the first
  local config=$1 steps=$2 batch=$3 length=$4 groups=$5 threads=$6
  shift 6
  rm -rf "$work/run"
  GRAFT_THREADS=$threads timeout -s KILL 900 "$@" "$graft" pretrain --model-config "$config" --tokenizer "$tokenizer" --corpus "$work/corpus" --output "$work/run" \
    --steps "$steps" --batch-size "$batch" --max-length "$length" --dropout 0.1 --gradient-groups "$groups" --checkpoint-every 100000 >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
  python3 - "$work/run/metrics.jsonl" <<'PYTHON'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
rows = [row for row in rows if "tokens" in row]
print((rows[-1]["tokens"] * (len(rows) - 1)) / (rows[-1]["seconds"] - rows[0]["seconds"]))
PYTHON
}

paired() { # NAME PAIRS: side_a and side_b in turn
  local name=$1 count=$2 a b load
  [ "$count" -gt 0 ] || return 0
  load=$(cut -d' ' -f1 /proc/loadavg)
  : >"$work/ratios"
  for ((i = 0; i < count; i++)); do
    if ((i % 2)); then a=$(side_a); b=$(side_b); else b=$(side_b); a=$(side_a); fi
    echo "$a $b" >>"$work/ratios"
  done
  python3 - "$name" "$load" "$(cut -d' ' -f1 /proc/loadavg)" "$work/ratios" \
    "$(grep -oE '[0-9,]+ parameters' "$work/log" | head -n 1)" <<'PYTHON'
import statistics, sys
pairs = [tuple(map(float, line.split())) for line in open(sys.argv[4])]
ratios = sorted(a / b for a, b in pairs)
print(f"{sys.argv[1]}: {statistics.median(ratios):.3f} (from {ratios[0]:.3f} to {ratios[-1]:.3f}, {len(ratios)} pairs; "
      f"{statistics.median(a for a, _ in pairs):,.0f} against {statistics.median(b for _, b in pairs):,.0f} tokens/s; "
      f"{sys.argv[5]}; load {sys.argv[2]} before, {sys.argv[3]} after)", flush=True)
PYTHON
}

side_a() { rate "$work/small.json" 30 16 64 1 2 mpirun.openmpi --bind-to none -np 1; }
side_b() { rate "$work/small.json" 30 16 64 1 2; }
paired "one rank under mpirun, one group, against no launcher" "$pairs"

side_a() { rate "$work/base.json" 3 "$batch" 128 8 1 mpirun.openmpi --oversubscribe --bind-to none -np 2; }
side_b() { rate "$work/base.json" 3 "$batch" 128 8 2; }
for batch in 16 64; do paired "BERT-base, $batch × 128: two ranks of one thread against one process of two" "$base"; done
