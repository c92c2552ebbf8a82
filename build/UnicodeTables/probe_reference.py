"""Asks the reference library what it makes of every code point and writes the answers to reference.txt beside this file.

Needed only when the reference is replaced by another version: PYTHONPATH=<tokenizers, regex> python3 probe_reference.py
Then: dotnet run build/UnicodeTables/Generate.cs

The reference mixes several Unicode versions (one for its normal forms, another for BERT's cleaning, others for its patterns and
for lower-casing), so each property is taken from the operation that uses it, never from one version of the standard.
"""

import os
import struct
import unicodedata

import regex
import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Zs Zl Zp Cc Cf Co Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So".split()
out = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.txt"), "w", newline="\n")


def section(name, values):
    """Ranges of code points with the same value: 'start..end value' or 'start value'."""
    out.write(f"@{name}\n")
    points = sorted(values)
    i = 0
    while i < len(points):
        j = i
        while j + 1 < len(points) and points[j + 1] == points[j] + 1 and values[points[j + 1]] == values[points[i]]:
            j += 1
        span = f"{points[i]:X}" if i == j else f"{points[i]:X}..{points[j]:X}"
        out.write(f"{span} {values[points[i]]}".rstrip() + "\n")
        i = j + 1


def where(predicate):
    return {c: "" for c in CODE_POINTS if predicate(c)}


def mapped(normalizer):
    return {c: r for c in CODE_POINTS if (r := normalizer.normalize_str(chr(c))) != chr(c)}


def splits(pre_tokenizer):
    return where(lambda c: len(pre_tokenizer.pre_tokenize_str("a" + chr(c) + "a")) > 1)


def hexes(text):
    return " ".join(f"{ord(x):X}" for x in text)


def bert(**on):
    options = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**options, **on})


def combining_classes(nfd):
    """Canonical combining classes: a mark moves before another exactly when its class is the smaller and not 0."""
    known = {}
    for c in CODE_POINTS:
        if (k := unicodedata.combining(chr(c))) and k not in known and len(nfd.normalize_str(chr(c))) == 1:
            known[k] = chr(c)
    classes = sorted(known)

    def moves(first, second):
        return first != second and nfd.normalize_str(first + second) == second + first

    found = {}
    for c in CODE_POINTS:
        s = chr(c)
        if nfd.normalize_str(s) != s:
            continue
        if moves(known[240], s) or moves(s, known[1]):
            found[c] = max(k for k in classes if not moves(known[k], s))
    return found


def compositions(nfd, nfc):
    pairs = {}
    for c, full in mapped(nfd).items():
        if 0xAC00 <= c <= 0xD7A3 or nfc.normalize_str(chr(c)) != chr(c) or len(full) < 2:
            continue
        head = nfc.normalize_str(full[:-1])
        assert len(head) == 1 and nfc.normalize_str(head + full[-1]) == chr(c), hex(c)
        pairs[(ord(head), ord(full[-1]))] = c
    return pairs


def single_key_table(key):
    """A precompiled map with one key, the given character, whose value is Z."""
    units = [0] * 2048
    index, free = 0, 256
    for byte in key.encode():
        units[index] |= (index ^ free) << 10
        index = free ^ byte
        units[index] = byte
        free += 256
    units[index] |= 1 << 8 | (index ^ free) << 10
    units[free] = 1 << 31
    return normalizers.Precompiled(struct.pack("<I2048I", 8192, *units) + b"Z\0")


def grapheme_breaks():
    """Grapheme_Cluster_Break: the regex module's, except that what extends a cluster is what the reference extends it with."""
    table = single_key_table("a")
    kinds = {}
    for name in "CR LF Control Extend ZWJ Regional_Indicator Prepend SpacingMark L V T".split():  # LV and LVT are computed
        pattern = regex.compile(rf"\p{{GCB={name}}}")
        for c in CODE_POINTS:
            if pattern.match(chr(c)):
                kinds[c] = name
    for c in CODE_POINTS:
        in_module = kinds.get(c) in ("Extend", "SpacingMark", "ZWJ")
        in_reference = table.normalize_str("a" + chr(c)) == "Z"
        if in_reference and not in_module:
            raise SystemExit(f"U+{c:X} extends a cluster in the reference only")
        if in_module and not in_reference:
            del kinds[c]
    return kinds


def conjuncts():
    """Indic_Conjunct_Break, Linker and Consonant; a linker is one that the reference lets join two letters."""
    table = single_key_table("\u0915")
    found = {}
    for c in CODE_POINTS:
        if regex.match(r"\p{InCB=Consonant}", chr(c)):
            found[c] = "Consonant"
        elif regex.match(r"\p{InCB=Linker}", chr(c)) and "\u0301" in table.normalize_str("\u0915" + chr(c) + "\u0915\u0301"):
            found[c] = "Linker"
    return found


def main():
    out.write(f"# Answers of tokenizers {tokenizers.__version__} for every code point; see probe_reference.py.\n")
    category = {}
    for name in CATEGORIES:
        pre = pre_tokenizers.Split(Regex(rf"\p{{{name}}}"), "removed")
        category.update({c: name for c in CODE_POINTS if not pre.pre_tokenize_str(chr(c))})
    section("GeneralCategory", category)
    section("WhiteSpace", splits(pre_tokenizers.WhitespaceSplit()))
    section("Punctuation", splits(pre_tokenizers.Punctuation()))
    section("Numeric", splits(pre_tokenizers.Digits()))
    section("Word", where(lambda c: len(pre_tokenizers.Whitespace().pre_tokenize_str("a" + chr(c) + "a")) == 1))
    clean = bert(clean_text=True)
    section("Other", where(lambda c: clean.normalize_str(chr(c)) == "" and c not in (0, 0xFFFD)) | {0: "", 9: "", 10: "", 13: ""})
    strip = bert(strip_accents=True)
    section("NonspacingMark", where(lambda c: strip.normalize_str(chr(c)) == ""))
    accents = normalizers.StripAccents()
    section("CombiningMark", where(lambda c: accents.normalize_str(chr(c)) == ""))
    section("Ideograph", where(lambda c: bert(handle_chinese_chars=True).normalize_str(chr(c)) != chr(c)))
    section("LowerCase", {c: hexes(r) for c, r in mapped(normalizers.Lowercase()).items()})
    nfd, nfc = normalizers.NFD(), normalizers.NFC()
    section("CombiningClass", combining_classes(nfd))
    hangul = range(0xAC00, 0xD7A4)
    section("Canonical", {c: hexes(r) for c, r in mapped(nfd).items() if c not in hangul})
    canonical = mapped(nfd)
    section("Compatibility", {c: hexes(r) for c, r in mapped(normalizers.NFKD()).items() if canonical.get(c) != r})
    out.write("@Composition\n")
    for (first, second), c in sorted(compositions(nfd, nfc).items()):
        out.write(f"{first:X} {second:X} {c:X}\n")
    section("GraphemeBreak", grapheme_breaks())
    pictographic = regex.compile(r"\p{Extended_Pictographic}")
    section("Pictographic", where(lambda c: pictographic.match(chr(c))))
    section("Conjunct", conjuncts())



main()
