#!/usr/bin/env bash
# Graft, the plain TorchSharp loop and the Python reference one after the other on this machine, each beside its peak: JSON lines.
# The reference runs where GRAFT_PEER names a folder with its packages unpacked and speed.py (see CONTRIBUTING.md); its absence is said.
# usage: bench/peers.sh [MODEL TRAIN]      (a MiniLM folder and labelled texts add the fine-tuning and inference figures)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
names=(adamw-step bert-base-training bert-base-inference bert-base-loading pretrain-small); files=()
if [ $# -eq 2 ]; then names+=(minilm-finetuning minilm-inference); files=(--model "$1" --train "$2"); fi

"$root/artifacts/bin/Graft.Cli/release/graft" bench "${names[@]}" ${files[@]+"${files[@]}"} --json
"$root/artifacts/bin/Graft.Benchmarks/release/Graft.Benchmarks" plain-loop 4
if [ -n "${GRAFT_PEER:-}" ] && [ -f "${GRAFT_PEER_SCRIPT:-$GRAFT_PEER/speed.py}" ]; then
    PYTHONPATH="$GRAFT_PEER" "${GRAFT_PYTHON:-python3}" "${GRAFT_PEER_SCRIPT:-$GRAFT_PEER/speed.py}" minilm base infer
else
    echo '{"what": "reference not installed: set GRAFT_PEER (and GRAFT_PEER_SCRIPT where speed.py lies elsewhere)"}'
fi
