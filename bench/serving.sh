#!/usr/bin/env bash
# The server under load beside the library: bench/serving.sh [SHARED] [WORK]. SECONDS_EACH=20 (of each load), OVERLOAD=60.
# A classifier on all-MiniLM-L6-v2; 64 clients of one text each beside `graft bench minilm-inference` of the same minute, one client, Poisson arrivals at half of full load, ten times
# overload with a short queue. The load generator is bench/serving.py (python3's standard library); its own processor time is in each line.
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

echo "library:  $("$graft" bench inference --model "$work/polarity" --input "$data/test.tsv" | tr '\n' ' ')"
serve
trap 'kill $server 2>/dev/null || true' EXIT
full=$(load closed "$each" 64); echo "64:       $full"
echo "one:      $(load closed "$each" 1)"
rate=$(echo "$full" | sed 's/.*"answers_a_second": \([0-9.]*\).*/\1/')
for _ in 1 2 3; do echo "poisson:  $(load poisson "$each" "$(awk "BEGIN{print $rate/2}")")"; done
finish
serve --max-queue 2048
echo "overload: $(load poisson "${OVERLOAD:-60}" "$(awk "BEGIN{print $rate*10}")")"
finish
serve --one-text-a-batch
echo "alone:    $(load closed "$each" 64)"
finish
trap - EXIT
