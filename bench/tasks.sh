#!/usr/bin/env bash
# Fine-tunes MODEL (all-MiniLM-L6-v2) on one task of SHARED/tasks with the reference's recipe and three seeds, evaluates on the test data and prints
# Graft's mean beside the reference's (SHARED/tasks/README.md).
#   bench/tasks.sh TASK MODEL SHARED [finetune flags …]
#   TASK: polarity, banking77, stsb, nli, wnut17, pos, squad
# The reference cuts texts at the length limit. Graft reads long ones in windows; for the strict comparison add --truncate (it is the default here for
# tasks whose reference cuts: polarity, banking77, wnut17, pos; WINDOWS=1 reads windows instead. squad reads windows on both sides).
# SEEDS=1 runs one seed; OUTPUT names the run folder (default: runs/bench-TASK). A second call goes on where the first stopped.
set -euo pipefail
[ $# -ge 3 ] || { sed -n 2,9p "$0" | cut -c3-; exit 2; }
task=$1 model=$2 data=$3/tasks/$1; shift 3
graft=${GRAFT:-$(dirname "$0")/../artifacts/bin/Graft.Cli/release/graft}
cut=(--truncate); [ "${WINDOWS:-0}" = 1 ] && cut=()
extension=tsv metric=accuracy kind=text-classification length=64 batch=32 dev=1
case $task in
  polarity)  rate=5e-5 epochs=3; reference=82.1 ;;
  banking77) rate=1e-4 epochs=5; reference=91.1 ;;
  stsb)      rate=5e-5 epochs=4 length=128 kind=regression metric=spearman; reference=80.5 ;;
  nli)       rate=5e-5 epochs=3 length=128; reference=62.8 ;;
  wnut17)    rate=1e-4 epochs=5 length=128 batch=16 kind=token-classification extension=conll metric=entity_f1; reference=38.2 ;;
  pos)       rate=1e-4 epochs=2 length=128 kind=token-classification extension=conll; reference=96.1 ;;
  squad)     rate=1e-4 epochs=2 length=256 batch=16 kind=question-answering extension=json metric=f1 dev=0 cut=(--stride 64); reference=65.4 ;;
  *) echo "tasks.sh: $task is none of polarity, banking77, stsb, nli, wnut17, pos, squad" >&2; exit 2 ;;
esac
run=${OUTPUT:-runs/bench-$task}
development=(); [ $dev = 1 ] && development=(--eval "$data/dev.$extension")
# The recipe goes through the environment, so that flags given here win over it.
export GRAFT_LEARNING_RATE=$rate GRAFT_EPOCHS=$epochs GRAFT_BATCH_SIZE=$batch GRAFT_MAX_LENGTH=$length GRAFT_WARMUP=0.1 GRAFT_SCHEDULE=linear GRAFT_WEIGHT_DECAY=0.01 \
  GRAFT_CLIP_NORM=1.0 GRAFT_DROPOUT=0.1 GRAFT_SEED=42 GRAFT_SEEDS=${SEEDS:-3} GRAFT_KEEP=last
"$graft" finetune --model "$model" --task "$kind" --train "$data/train.$extension" "${development[@]}" --output "$run" --resume "${cut[@]}" "$@"
unset GRAFT_MAX_LENGTH
scores=$("$graft" evaluate --model "$run" --input "$data/test.$extension" --json | tee "$run/test.json")
mean=$(printf '%s' "$scores" | tr -d ' \n' | sed "s/.*\"mean\":{[^}]*\"$metric\":\([-0-9.eE]*\).*/\1/")
awk -v task="$task" -v metric="$metric" -v mean="$mean" -v reference="$reference" \
  'BEGIN { printf "%s, %s: Graft %.1f, reference %.1f, difference %+.1f\n", task, metric, 100 * mean, reference, 100 * mean - reference }'
