"""What the reference's expressions find in random texts: PYTHONPATH=<tokenizers> python3 expressions.py expressions.jsonl 3 12"""
import json, random, sys
from tokenizers import Regex, normalizers, pre_tokenizers
out, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
PATTERNS = [
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",  # Llama 3
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",  # Qwen 2
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",  # cl100k
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",  # o200k
    r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",  # Kimi
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",  # DeepSeek V3
    r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭ]+", r"\s?[!-/:-~！-／：-～‘-‟　-。]+", r"\s+$", r"[一-龥ࠀ-一가-퟿]+", r"[一-龥぀-ゟ゠-ヿ]+",  # DeepSeek
    GPT2, r" ?[^(\s|[.,!?…。，、।۔،])]+",  # BLOOM
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+",  # CLIP
    r"[0-9][0-9][0-9]", r"\d{1,3}(?=(?:\d{3})*\b)", r"(?=(\d{3})+(?!\d))", r" {2,}", r"\s+", r"[\r\n]", r"(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})", r"(?<!\S)\p{L}+", r"(?<![\p{L}\p{N}])'", r"(?<=a|bc)d?",
    r"\b", r"\B.", r"^", r"$", r"^\s*", r"\A.|.\z", r".\Z", r"(?m:.)+?\n", r".*", r".*?x?", r"(a|b*)*c", r"(|a)*b?", r"(?:a|ab)(?:c|bcd)(?:d*)", r"(a?)*?b", r"\w+|[^\w\s]+", r"[[:alpha:]]+|[[:^digit:]]", r"[[:punct:]]|[[:word:]]",
    r"\R|\h+", r"(?x: \p{Lu} \p{Ll}* # a name" + "\n | \\d )", r"(?i)straw|K\d", r"(?i:[k-s]+)", r"a(?i)b|c", r"(?>\s+)a", r"(?>\d{1,2})\d", r"\p{^L}\P{^L}", r"[^\P{Lu}A]", r"(?:(?!\d)\w)+", r"(?=.*1)\w", r"(?!.*1)\w+", r"(?<=\s)\w(?=\w*1)", r"\p{Hiragana}+|\p{Katakana}+|\p{Hangul}|\p{Thai}+|\p{Latin}+", r"\p{Emoji}", r"x{2}{2}|a{,2}b|1{2,}?|a{2}?", r"\S+?\b", r"\p{LC}|\p{Alnum}", r"(?:^|(?<=\n))\s", r"(?<!^)a", r"\x{61}|\u0062|\x31|\t|\x{1F600}",
    r"(?i:ss|assb|ﬁ+x)", r"(?i:[ßa]$)|(?i:[^ß])", r"[\w.]+|\W", r"(?i:ffi|İ)", r"\p{Word}|[\p{Word}]|\p{Lowercase_Letter}",
    r"(?<=^|\s)a", r"(?<=\ba)b", r"(?<!\d)\d{3}(?!\d)", r"[a-c-e]|[x\-z]|[]1]",
]
PARTS = ["a", "b", "ab", "abc", "d", "bcd", "x", "xxxx", "xx", "A", "Hello", "world", "HTMLParser", "don't", "I'LL", "we'Ve", "'ſ", "'s", "'T", "K9", "k", "STRAW", "ſtraw", "ß", "ss", "aSSb", "ﬀi", "ffi", "fix", "ﬃ", "İ",  "é", "e\u0301", "Ǆ", "ﬁ", "ʰ", "ƻ",
         " ", " ", "  ", "   ", "\t", "\n", "\r\n", "\r", "\n\n", "\u00a0", "\u3000", "\u2028", "\u0085", "\u200b", "1", "12", "123", "1234", "1234567", "٣", "²", "½", "Ⅷ", "一", "中文", "ひらがな", "カタカナ", "한국", "ไทย", "हिन्दी", "😀", "👩‍👩", "🇩🇪",
         "𝐀𝐛", "𠀀", "!", "...", "?!", "'", "\"", "(", ")", "[", "]", "|", "-", "_", "/", "$", "€", "+", "，", "。", "<|endoftext|>", "\0", "\ufffd"]
BEHAVIORS = ["isolated", "removed", "merged_with_previous", "merged_with_next", "contiguous"]
with open(out, "w", encoding="utf-8") as file:
    for pattern in PATTERNS:
        regex = Regex(pattern)
        cases = []
        for i in range(count):
            text = "".join(rng.choice(PARTS) for _ in range(rng.choice([0, 1, 2, 4, 8, 14]) if i else 20))
            case = {"text": text}
            behavior, invert = ("isolated", False) if i % 2 == 0 else (rng.choice(BEHAVIORS), rng.random() < 0.5)
            case["behavior"], case["invert"] = behavior, invert
            case["pieces"] = [list(offsets) for _, offsets in pre_tokenizers.Split(regex, behavior, invert=invert).pre_tokenize_str(text)]
            if i % 4 == 0:
                case["replaced"] = normalizers.Replace(regex, "▁x").normalize_str(text)
            cases.append(case)
        file.write(json.dumps({"expression": pattern, "cases": cases}, ensure_ascii=False, separators=(",", ":")) + "\n")
