"""The reference's speed for bench/tokenizers.sh: the same texts, the same lines of output as TokenizerBench.cs, one thread."""
import gzip, hashlib, os, sys, time
from array import array
os.environ["RAYON_NUM_THREADS"] = "1"
import tokenizers

shared, rounds = sys.argv[1], int(sys.argv[2])
text = gzip.open(f"{shared}/data/text/books/books-01-of-08.txt.gz", "rt", encoding="utf-8").read(6_000_000)
lines = [line for line in text.split("\n") if line.strip()]
shapes = {"lines": lines, "documents": ["\n".join(lines[i:i + 200]) for i in range(0, len(lines), 200)]}


def fastest(action):
    best = 1e9
    for _ in range(rounds):
        started = time.process_time(); action(); best = min(best, time.process_time() - started)
    return best


for kind, folder in (("wordpiece", "bert-base-uncased"), ("byte-bpe", "roberta-base"), ("unigram", "t5-base")):
    tokenizer = tokenizers.Tokenizer.from_file(f"{shared}/vocab/{folder}/tokenizer.json")
    tokenizer.no_truncation(); tokenizer.no_padding()
    encode = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)
    for shape, texts in shapes.items():
        megabytes = sum(len(t.encode()) for t in texts) / 1e6
        empty = fastest(lambda: [encode([""] * len(texts[i:i + 256])) for i in range(0, len(texts), 256)])
        seconds = fastest(lambda: [encode(texts[i:i + 256]) for i in range(0, len(texts), 256)]) - empty
        digest = hashlib.sha256()
        for i in range(0, len(texts), 256):
            for encoding in encode(texts[i:i + 256]): digest.update(array("i", encoding.ids).tobytes())
        print(kind, shape, f"{megabytes / seconds:.2f}", digest.hexdigest(), flush=True)
try:
    import sentencepiece
    processor = sentencepiece.SentencePieceProcessor(model_file=f"{shared}/vocab/t5-base/spiece.model")
    for shape, texts in shapes.items():
        megabytes = sum(len(t.encode()) for t in texts) / 1e6
        print("sentencepiece", shape, f"{megabytes / fastest(lambda: [processor.encode(t) for t in texts]):.2f} -", flush=True)
except ImportError:
    pass
