#!/usr/bin/env bash
# The server under load beside the library: bench/serving.sh [SHARED] [WORK]. SECONDS_EACH=20 (of each load), OVERLOAD=60, MIXED=60.
# A classifier on all-MiniLM-L6-v2; 64 clients of one text each beside `graft bench inference` of the same minute, with equal bits and without,
# one client, Poisson arrivals at half of full load, mixed traffic with reloads, ten times overload with a short queue.
# The load generator is bench/serving.py (python3's standard library); each line has its own processor time, and the engine's mean time for a batch.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
shared=${1:-$root/../shared}
work=${2:-$(mktemp -d)}
graft=${GRAFT:-$root/artifacts/bin/Graft.Cli/release/graft}
each=${SECONDS_EACH:-20} port=${PORT:-3957}
data=$shared/tasks/polarity model=$shared/models/all-MiniLM-L6-v2
mkdir -p "$work"
[ -f "$work/polarity/metrics.json" ] || "$graft" finetune --model "$model" --task text-classification --strategy head --train "$data/train.tsv" --eval "$data/dev.tsv" --output "$work/polarity" >&2

serve() {
    "$graft" serve polarity="$work/polarity" --port "$port" --log-format json "$@" 2>"$work/serve.log" &
    server=$!
    for _ in $(seq 300); do curl -sf "localhost:$port/health/ready" >/dev/null && return; sleep 0.2; done
    tail -3 "$work/serve.log" >&2; exit 1
}
load() { python3 "$root/bench/serving.py" "http://127.0.0.1:$port" polarity "$data/test.tsv" "$@" "$server"; }
finish() { kill "$server"; wait "$server" || true; }

library() { echo "library:  $("$graft" bench inference --model "$work/polarity" --input "$data/test.tsv" | tr '\n' ' ')"; }
trap 'kill $server 2>/dev/null || true' EXIT

for _ in 1 2; do # beside each other, because machines are busy at times
    library
    serve
    full=$(load closed "$each" 64); echo "64:       $full"
    finish
    serve --same-bits false
    echo "rounded:  $(load closed "$each" 64)"
    finish
done
serve
echo "one:      $(load closed "$each" 1)"
rate=$(echo "$full" | sed 's/.*"answers_a_second": \([0-9.]*\).*/\1/')
for _ in 1 2 3; do echo "poisson:  $(load poisson "$each" "$(awk "BEGIN{print $rate/2}")")"; done
while sleep 20; do touch "$work/polarity/README.md"; done & # the folder's stamp changes: a new version
touching=$!
echo "mixed:    $(load mixed "${MIXED:-60}" 32)"
kill "$touching"
finish
serve --max-queue 2048
echo "overload: $(load poisson "${OVERLOAD:-60}" "$(awk "BEGIN{print $rate*10}")")"
finish
trap - EXIT
