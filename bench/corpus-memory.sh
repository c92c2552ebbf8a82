#!/usr/bin/env bash
# Peak memory of building a corpus and of training on it, for generated text of several sizes: it must not grow with the text.
# Usage: bench/corpus-memory.sh TOKENIZER [SIZES_IN_MB…]     (default: 100 500)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
graft=${GRAFT:-$root/artifacts/bin/Graft.Cli/release/graft}
tokenizer=$1; shift
sizes=("${@:-100}"); [ $# -gt 0 ] || sizes=(100 500)
work=$(mktemp -d "${TMPDIR:-/tmp}/graft-corpus.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Words drawn with Zipf's law: documents of 50 to 400 words in sentences, no two alike; the same text for the same size.
generate() {
    awk -v bytes=$(($1 * 1000000)) 'BEGIN {
        srand(1)
        for (i = 0; i < 20000; i++) { w = ""; n = 2 + int(rand() * 8); for (j = 0; j < n; j++) w = w sprintf("%c", 97 + int(rand() * 26)); word[i] = w }
        while (written < bytes) {
            document = ""; words = 50 + int(rand() * 350)
            for (k = 1; k <= words; k++) document = document word[int(exp(rand() * log(20000))) - 1] (k % 12 == 0 ? ". " : " ")
            print document "\n"; written += length(document) + 2
        }
    }' >"$2"
}
# The most resident memory of a command, in MB: its VmHWM while it runs.
peak() {
    "$@" >"$work/log" 2>&1 &
    pid=$! most=0
    while line=$(grep VmHWM "/proc/$pid/status" 2>/dev/null); do most=$(echo "$line" | awk '{ print int($2 / 1024) }'); sleep 0.1; done
    wait $pid || { tail -3 "$work/log" >&2; exit 1; }
    echo "$most"
}
echo "| text, MB | building: seconds | MB a second | peak MB | training: peak MB |"
echo "|---|---|---|---|---|"
for size in "${sizes[@]}"; do
    generate "$size" "$work/text.txt"
    start=$(date +%s%N)
    built=$(peak "$graft" corpus build --input "$work/text.txt" --tokenizer "$tokenizer" --output "$work/corpus")
    ms=$((($(date +%s%N) - start) / 1000000))
    trained=$(peak "$graft" pretrain --objective mlm --model-config modernbert-small --tokenizer "$tokenizer" --corpus "$work/corpus" --output "$work/run" --steps 5 --dropout 0)
    echo "| $size | $((ms / 1000)) | $(awk "BEGIN { printf \"%.1f\", $size * 1000 / $ms }") | $built | $trained |"
    rm -rf "$work/corpus" "$work/run" "$work/text.txt"
done
