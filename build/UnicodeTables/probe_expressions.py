"""Asks the reference library which code points the named sets of its expressions have (\\p{Han}, [[:punct:]], \\w) and which letters it
takes for the same without regard to case, and writes the answers to expressions.txt beside this file.

Needed only when the reference is replaced by another version: PYTHONPATH=<tokenizers, regex> python3 probe_expressions.py
Then: dotnet run build/UnicodeTables/Generate.cs
"""

import os

import tokenizers
from regex import _regex_core
from tokenizers import Regex, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
out = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "expressions.txt"), "w", newline="\n")


def members(expression, points, text):
    found = []
    for _, (start, end) in pre_tokenizers.Split(Regex(f"(?:{expression})+"), "removed", invert=True).pre_tokenize_str(text):
        found += points[start:end]
    return found


def ranges(points):
    i = 0
    while i < len(points):
        j = i
        while j + 1 < len(points) and points[j + 1] == points[j] + 1:
            j += 1
        yield f"{points[i]:X}" if i == j else f"{points[i]:X}..{points[j]:X}"
        i = j + 1


def known(name):
    try:
        Regex(rf"\p{{{name}}}")
        return True
    except Exception:
        return False


def main():
    out.write(f"# What expressions mean to tokenizers {tokenizers.__version__}; see probe_expressions.py.\n")
    everything = "".join(map(chr, CODE_POINTS))
    named = {"ALPHABETIC": r"\p{Alphabetic}", "LOWERCASE": r"\p{Lowercase}", "UPPERCASE": r"\p{Uppercase}", "EMOJI": r"\p{Emoji}",
             "WORD": r"\w", "PUNCT": "[[:punct:]]", "GRAPH": "[[:graph:]]", "PRINT": "[[:print:]]"}
    same = {r"\s": r"\p{White_Space}", r"\d": r"\p{Nd}", "[[:alnum:]]": r"[\p{Alphabetic}\p{Nd}]", "[[:alpha:]]": r"\p{Alphabetic}",
            "[[:lower:]]": r"\p{Lowercase}", "[[:upper:]]": r"\p{Uppercase}", "[[:space:]]": r"\p{White_Space}", "[[:digit:]]": r"\p{Nd}",
            "[[:cntrl:]]": r"\p{Cc}", "[[:blank:]]": r"[\t\p{Zs}]", "[[:word:]]": r"\w", "[[:xdigit:]]": "[0-9A-Fa-f]",
            r"\p{Punct}": r"[\p{P}]", r"\p{Graph}": "[[:graph:]]", r"\p{Print}": "[[:print:]]", r"\p{LC}": r"[\p{Lu}\p{Ll}\p{Lt}]", r"\p{Word}": r"\w"}
    for first, second in same.items():
        if members(first, CODE_POINTS, everything) != members(second, CODE_POINTS, everything):
            print("differ:", first, second)
    for name, expression in named.items():
        out.write(f"@Set {name}\n" + "\n".join(ranges(members(expression, CODE_POINTS, everything))) + "\n")

    assigned = members(r"[^\p{Cn}\p{Co}]", CODE_POINTS, everything)
    text = "".join(map(chr, assigned))
    scripts = {}
    for name in sorted(_regex_core.PROPERTIES["SCRIPT"][1]):
        if known(name) and name not in ("UNKNOWN", "ZZZZ"):
            scripts.setdefault(_regex_core.PROPERTIES["SCRIPT"][1][name], []).append(name)
    for names in scripts.values():
        found = members(rf"\p{{{names[0]}}}", assigned, text)
        out.write(f"@Set {' '.join(names)}\n" + "\n".join(ranges(found)) + "\n")

    # Letters that are one without regard to case; a space keeps those apart that together would fold to one.
    cased = [c for c in CODE_POINTS if len({chr(c), chr(c).lower(), chr(c).upper(), chr(c).title(), chr(c).casefold()}) > 1]
    spaced = " ".join(map(chr, cased))
    out.write("@Fold\n")
    orbits = set()
    for c in cased:
        pre = pre_tokenizers.Split(Regex(f"(?i:{chr(c)})"), "removed", invert=True)
        orbits.add(tuple(sorted({ord(piece) for piece, _ in pre.pre_tokenize_str(spaced) if len(piece) == 1} | {c})))
    for orbit in sorted(orbits):
        if len(orbit) > 1:
            out.write(" ".join(f"{c:X}" for c in orbit) + "\n")
    out.write("@FoldMany\n")
    for c in cased:
        folded = chr(c).casefold()
        if len(folded) > 1:
            pre = pre_tokenizers.Split(Regex(f"^(?i:{chr(c)})$"), "removed", invert=True)
            if pre.pre_tokenize_str(folded):
                out.write(f"{c:X} " + " ".join(f"{ord(x):X}" for x in folded) + "\n")


main()
