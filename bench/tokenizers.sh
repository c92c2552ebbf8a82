#!/usr/bin/env bash
# Speed of the tokenizers beside the Rust reference and SentencePiece, in the same run: bench/tokenizers.sh [SHARED] [ROUNDS]
# GRAFT_REFERENCE: the folder with the Python packages tokenizers and sentencepiece; without it only Graft's own figures are printed.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
shared=${1:-$root/../shared}
rounds=${2:-5}
results=$(mktemp); trap 'rm -f "$results"' EXIT
dotnet build "$root/bench/Graft.Benchmarks" -v q --nologo >&2
taskset -c 0,1 "$root/artifacts/bin/Graft.Benchmarks/release/Graft.Benchmarks" tokenizers "$shared" "$rounds" | sed 's/^/graft /' | tee "$results"
if [ -n "${GRAFT_REFERENCE:-}" ] && PYTHONPATH=$GRAFT_REFERENCE /usr/bin/python3 -c 'import tokenizers' 2>/dev/null; then
  PYTHONPATH=$GRAFT_REFERENCE taskset -c 0 /usr/bin/python3 "$root/bench/tokenizers-reference.py" "$shared" 2 | sed 's/^/reference /' | tee -a "$results"
else
  echo "reference not installed (set GRAFT_REFERENCE to the folder of its Python packages)"
fi
awk '
  $1 == "graft" { speed[$2 " " $3] = $4; hash[$2 " " $3] = $5 }
  $1 == "reference" && $2 != "sentencepiece" { key = $2 " " $3; printf "%-22s %6.1f times the Rust reference, ids %s\n", key, speed[key] / $4, hash[key] == $5 ? "equal" : "DIFFER" }
  $1 == "reference" && $2 == "sentencepiece" { printf "%-22s %6.1f times SentencePiece\n", "unigram " $3, speed["unigram " $3] / $4 }
' "$results"
