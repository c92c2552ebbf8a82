"""Small tokenizers built like published ones, and what the reference answers: PYTHONPATH=<tokenizers> python3 layouts.py layouts.jsonl"""
import json, random, sys
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers import AddedToken

rng = random.Random(7)
WORDS = ("the a of and to in is it was that he she they transfer learning helps when labels are few models read text before tasks hello world don't we'll "
         "I'm HTML Parser café naïve über straße 2024 3.14 1000000 42 token tokens tokenizer unaffable running runner run 中文 字 ひらがな カタカナ 한국어 "
         "😀 e\u0301 Ǆ ﬁne $100 € x=y (a) [b] foo_bar http://x.y/z?q=1").split()
CORPUS = [" ".join(rng.choice(WORDS) for _ in range(12)) for _ in range(300)]
EXPRESSION = {
    "llama3": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "clip": r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",
    "bloom": r" ?[^(\s|[.,!?…。，、।۔،])]+",
}
ALPHABET = pre_tokenizers.ByteLevel.alphabet()


def split(expression, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(expression), behavior, invert=invert)


def train(model, normalizer=None, pre=None, size=420, special=(), alphabet=(), **kw):
    tokenizer = Tokenizer(model)
    if normalizer: tokenizer.normalizer = normalizer
    if pre: tokenizer.pre_tokenizer = pre
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=list(special), initial_alphabet=list(alphabet), show_progress=False, **kw)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def bytes_first(pre, size=480, special=(), **model):
    """Byte-level BPE; options of the model that training drops are put in afterwards."""
    tokenizer = train(models.BPE(), pre=pre, size=size, special=special, alphabet=ALPHABET)
    return changed(tokenizer, **model)


def changed(tokenizer, **model):
    data = json.loads(tokenizer.to_str())
    data["model"].update(model)
    return Tokenizer.from_str(json.dumps(data))


def llama3():
    pre = pre_tokenizers.Sequence([split(EXPRESSION["llama3"]), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t = bytes_first(pre, special=["<|begin_of_text|>", "<|end_of_text|>"])
    data = json.loads(t.to_str())
    # A token that no merges lead to: only ignore_merges finds it.
    data["model"]["vocab"]["Ġrunners"] = len(data["model"]["vocab"]); data["model"]["vocab"]["Zyx"] = len(data["model"]["vocab"]); data["model"]["ignore_merges"] = True
    t = Tokenizer.from_str(json.dumps(data))
    t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
        single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|>:1 $B:1", special_tokens=[("<|begin_of_text|>", t.token_to_id("<|begin_of_text|>"))])])
    t.decoder = decoders.ByteLevel()
    return t


def qwen2():
    t = bytes_first(pre_tokenizers.Sequence([split(EXPRESSION["qwen2"]), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]), special=["<|endoftext|>"])
    t.normalizer = normalizers.NFC(); t.post_processor = processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False); t.decoder = decoders.ByteLevel()
    t.add_special_tokens([AddedToken("<|im_start|>", special=True, normalized=False)])
    return t


def deepseek():
    steps = [split(r"[\r\n]"), split(r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓ]+"), split(r"\s?[!-/:-~！-／：-～‘-‟　-。]+"), split(r"\s+$"), split(r"[一-龥ࠀ-一가-퟿]+"),
             pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    t = bytes_first(pre_tokenizers.Sequence(steps)); t.normalizer = normalizers.Sequence([]); t.decoder = decoders.ByteLevel()
    return t


def clip():
    pre = pre_tokenizers.Sequence([split(EXPRESSION["clip"], "removed", True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    t = train(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>", continuing_subword_prefix=""), normalizer, pre, 700,
              ["<|startoftext|>", "<|endoftext|>"], ALPHABET, end_of_word_suffix="</w>")
    t.post_processor = processors.RobertaProcessing(("<|endoftext|>", 1), ("<|startoftext|>", 0), add_prefix_space=False, trim_offsets=False)
    t.decoder = decoders.ByteLevel()
    return t


def llama2():
    normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    t = train(models.BPE(unk_token="<unk>", fuse_unk=True), normalizer, None, 420, special, max_token_length=8)
    data = json.loads(t.to_str())
    data["model"].update(byte_fallback=True, fuse_unk=True)
    for b in range(0xC0, 0xE0): data["model"]["vocab"].pop(f"<0x{b:02X}>")  # some characters have no bytes: unknown, fused
    data["added_tokens"] = [token for token in data["added_tokens"] if not token["content"].startswith("<0x")]
    ids = {old: new for new, (old, _) in enumerate(sorted(data["model"]["vocab"].items(), key=lambda item: item[1]))}
    data["model"]["vocab"] = ids
    t = Tokenizer.from_str(json.dumps(data))
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    return t


def gemma():
    t = changed(train(models.BPE(unk_token="<unk>"), normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", "merged_with_previous"), 400, ["<pad>", "<unk>"]), fuse_unk=False)
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return t


def bloom():
    t = bytes_first(pre_tokenizers.Sequence([split(EXPRESSION["bloom"]), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))
    t.decoder = decoders.ByteLevel(); t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t


def falcon():
    t = bytes_first(pre_tokenizers.Sequence([pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.ByteLevel(add_prefix_space=False), pre_tokenizers.Digits(individual_digits=False),
                                             split("[0-9][0-9][0-9]")]))
    t.decoder = decoders.ByteLevel()
    return t


def neox():
    t = bytes_first(pre_tokenizers.ByteLevel(add_prefix_space=False)); t.normalizer = normalizers.NFC(); t.decoder = decoders.ByteLevel()
    t.post_processor = processors.ByteLevel(trim_offsets=True)
    return t


def openai():
    t = train(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"), normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), 350, ["<unk>"], end_of_word_suffix="</w>")
    t.decoder = decoders.BPEDecoder("</w>")
    return t


def mistral():
    t = changed(train(models.BPE(unk_token="<unk>"), None, pre_tokenizers.Metaspace(prepend_scheme="first", split=False), 400, ["<unk>", "<s>"], max_token_length=8), fuse_unk=True)
    t.decoder = decoders.Metaspace(prepend_scheme="first", split=False)
    return t


def unknown(fuse):
    data = json.loads(train(models.BPE(unk_token="<unk>"), None, pre_tokenizers.Whitespace(), 120, ["<unk>"], limit_alphabet=30).to_str())
    data["model"]["fuse_unk"] = fuse
    return Tokenizer.from_str(json.dumps(data))


def dropping():
    """No unknown token: what the vocabulary lacks is dropped."""
    data = json.loads(train(models.BPE(), None, pre_tokenizers.Whitespace(), 120, limit_alphabet=30).to_str())
    return Tokenizer.from_str(json.dumps(data))


def prefixed():
    return train(models.BPE(unk_token="<unk>", continuing_subword_prefix="##"), normalizers.NFKD(), pre_tokenizers.Whitespace(), 350, ["<unk>"], continuing_subword_prefix="##")


def texts():
    yield from ["", " ", "hello world", "Hello  world\n\n", "I'LL run, don't RUN", " runners Zyx", "1234567 3.14", "   ", "a\r\nb\t\tc ", "中文字ひらがな한국어", "😀👩‍👩‍👧!", "naïve cafe\u0301 ﬁne",
                "<s>hi</s> <|endoftext|> <|im_start|>x", "x<unk>y ▁z", "é" * 5 + "ÀÁÂ", "\u0085\u00a0\u3000.", "…。、", "é\u3000à\u00a0ééx\u3000", "\0\ufffd\u200b"]
    for _ in range(10):
        yield "".join(rng.choice(WORDS + [" ", "  ", "\n", "'s", "'LL", ".", "!?", "é", "ж", "ÿ", "\t", "9"]) + rng.choice(["", " ", " "]) for _ in range(rng.randrange(1, 12)))


LAYOUTS = {"llama3": llama3, "qwen2": qwen2, "deepseek": deepseek, "clip": clip, "llama2": llama2, "gemma": gemma, "bloom": bloom, "falcon": falcon, "neox": neox, "openai": openai,
           "mistral": mistral, "unknown-fused": lambda: unknown(True), "unknown-each": lambda: unknown(False), "prefixed": prefixed, "dropping": dropping}
with open(sys.argv[1], "w", encoding="utf-8") as out:
    for name, build in LAYOUTS.items():
        tokenizer = build()
        cases = []
        for text in texts():
            e = tokenizer.encode(text)
            cases.append({"text": text, "ids": e.ids, "tokens": e.tokens, "offsets": [list(o) for o in e.offsets], "word_ids": e.word_ids,
                          "decoded": tokenizer.decode(e.ids, skip_special_tokens=False), "decoded_skip_special": tokenizer.decode(e.ids)})
        out.write(json.dumps({"name": name, "tokenizer": json.loads(tokenizer.to_str()), "cases": cases}, ensure_ascii=False, separators=(",", ":")) + "\n")
