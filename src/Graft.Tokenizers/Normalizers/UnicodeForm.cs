using System.Runtime.InteropServices;
using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Normalizers;

/// <summary>Unicode's four normalization forms.</summary>
internal enum NormalizationKind
{
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

/// <summary>One of Unicode's normalization forms, of the pinned version: decompose, sort marks by combining class, compose.</summary>
internal sealed class UnicodeForm(NormalizationKind kind) : Normalizer
{
    public NormalizationKind Kind => kind;

    public override void Apply(NormalizedText text) => Apply(text, kind);

    public override void Write(Utf8JsonWriter json) => json.WriteType(kind.ToString().ToUpperInvariant());

    public static void Apply(NormalizedText text, NormalizationKind kind)
    {
        if (System.Text.Ascii.IsValid(text.Units)) return;
        List<CodePointChange> changes = text.Changes;
        Decompose(text.Units, kind is NormalizationKind.Nfkc or NormalizationKind.Nfkd, changes);
        SortMarks(CollectionsMarshal.AsSpan(changes));
        if (kind is NormalizationKind.Nfc or NormalizationKind.Nfkc) Compose(changes);
        text.Write(changes);
    }

    // The first code point of a decomposition takes the old one's place, the others are inserted.
    private static void Decompose(ReadOnlySpan<char> units, bool compatibility, List<CodePointChange> changes)
    {
        Span<int> decomposition = stackalloc int[NormalForms.MaxDecomposition];
        changes.Clear();
        for (int i = 0; i < units.Length;)
        {
            int count = NormalForms.Decompose(Utf16.At(units, i, out int length), compatibility, decomposition);
            for (int k = 0; k < count; k++) changes.Add(new(decomposition[k], k == 0 ? 0 : 1));
            i += length;
        }
    }

    // Marks between two starters are put in order of their combining class; equal classes keep their order.
    private static void SortMarks(Span<CodePointChange> changes)
    {
        for (int start = 0; start < changes.Length; start++)
        {
            if (CodePoint.CombiningClass(changes[start].CodePoint) == 0) continue;
            int end = start + 1;
            bool sorted = true;
            while (end < changes.Length && CodePoint.CombiningClass(changes[end].CodePoint) is int combiningClass and not 0)
            {
                sorted &= CodePoint.CombiningClass(changes[end - 1].CodePoint) <= combiningClass;
                end++;
            }

            if (!sorted) SortByClass(changes[start..end]);
            start = end;
        }
    }

    // A run of marks may be as long as the text: a counting sort keeps its time linear.
    private static void SortByClass(Span<CodePointChange> marks)
    {
        Span<int> places = stackalloc int[256];
        places.Clear();
        foreach (CodePointChange mark in marks) places[CodePoint.CombiningClass(mark.CodePoint)]++;
        int next = 0;
        foreach (ref int place in places) (place, next) = (next, next + place);
        CodePointChange[] unsorted = marks.ToArray();
        foreach (CodePointChange mark in unsorted) marks[places[CodePoint.CombiningClass(mark.CodePoint)]++] = mark;
    }

    // A mark composes with the last starter unless another mark of its class, or a starter, stands between.
    private static void Compose(List<CodePointChange> changes)
    {
        int starter = -1;
        int lastClass = 0;
        int written = 0;
        foreach (CodePointChange change in CollectionsMarshal.AsSpan(changes))
        {
            int combiningClass = CodePoint.CombiningClass(change.CodePoint);
            bool isAdjacent = written == starter + 1;
            if (starter >= 0 && (isAdjacent || (lastClass != 0 && lastClass < combiningClass)) &&
                NormalForms.Compose(changes[starter].CodePoint, change.CodePoint) is int composed and >= 0)
            {
                // The composed code point takes over what the second one replaced.
                changes[starter] = new(composed, changes[starter].Change + change.Change - 1);
                continue;
            }

            if (combiningClass == 0) starter = written;
            lastClass = combiningClass;
            changes[written++] = change;
        }

        changes.RemoveRange(written, changes.Count - written);
    }
}
