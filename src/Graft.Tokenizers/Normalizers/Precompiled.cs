using System.Text;
using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.SentencePiece;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Normalizers;

/// <summary>
/// SentencePiece's character map as the published <c>tokenizer.json</c> files apply it: a grapheme cluster of fewer than six bytes is
/// replaced whole by what its shortest prefix in the map becomes; in other clusters each character is looked up alone.
/// </summary>
internal sealed class Precompiled(byte[] blob) : Normalizer
{
    // A cluster of this many bytes or more is not looked up as a whole.
    private const int ClusterLimit = 6;

    private readonly PrecompiledMap _map = PrecompiledMap.Read(blob);

    public override void Apply(NormalizedText text)
    {
        if (IsPlain(text.Units)) return;
        List<CodePointChange> changes = text.Changes;
        changes.Clear();
        ReadOnlySpan<char> units = text.Units;
        GraphemeClusters clusters = default;
        for (int start = 0; start < units.Length;)
        {
            int end = ClusterEnd(units, start, ref clusters);
            if (!TryReplace(units[start..end], isCluster: true, changes)) ReplaceEach(units[start..end], changes);
            text.LostItsStart |= changes.Count == 0;
            start = end;
        }

        text.Write(changes);
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Precompiled");
        json.WriteBase64String("precompiled_charsmap", blob);
        json.WriteEndObject();
    }

    public static new Precompiled Read(JsonPart part)
    {
        JsonPart map = part.Member("precompiled_charsmap");
        if (!map.Element.TryGetBytesFromBase64(out byte[]? bytes)) throw map.Error("text in base64 was expected");
        try
        {
            return new(bytes);
        }
        catch (InputException exception)
        {
            throw new InputException(map.Error(exception.Message).Message, exception);
        }
    }

    private bool IsPlain(ReadOnlySpan<char> units)
    {
        foreach (char unit in units)
        {
            if (unit >= 0x80 || !_map.IsPlainAscii((byte)unit)) return false;
        }

        return true;
    }

    // The code point at the start has been fed already, except at the start of the text.
    private static int ClusterEnd(ReadOnlySpan<char> units, int start, ref GraphemeClusters clusters)
    {
        int codePoint = Utf16.At(units, start, out int length);
        if (start == 0) clusters.StartsCluster(codePoint);
        int end = start + length;
        while (end < units.Length)
        {
            if (clusters.StartsCluster(Utf16.At(units, end, out length))) break;
            end += length;
        }

        return end;
    }

    private void ReplaceEach(ReadOnlySpan<char> cluster, List<CodePointChange> changes)
    {
        for (int i = 0; i < cluster.Length;)
        {
            int codePoint = Utf16.At(cluster, i, out int length);
            if (!TryReplace(cluster.Slice(i, length), isCluster: false, changes)) changes.Add(new(codePoint, 0));
            i += length;
        }
    }

    private bool TryReplace(ReadOnlySpan<char> part, bool isCluster, List<CodePointChange> changes)
    {
        if (part.Length >= ClusterLimit) return false;
        Span<byte> utf8 = stackalloc byte[3 * ClusterLimit];
        utf8 = utf8[..System.Text.Encoding.UTF8.GetBytes(part, utf8)];
        if (isCluster && utf8.Length >= ClusterLimit) return false;
        if (_map.Shortest(utf8, out ReadOnlySpan<byte> replacement) == 0) return false;
        Replace(Utf16.Count(part), replacement, changes);
        return true;
    }

    // The new code points stand for the old ones in turn; of more new ones the last are inserted, of fewer the last drops the rest. Nothing
    // drops what is deleted before the first: the reference loses count there, and so do we.
    private static void Replace(int oldCount, ReadOnlySpan<byte> replacement, List<CodePointChange> changes)
    {
        int newCount = 0;
        while (!replacement.IsEmpty)
        {
            Rune.DecodeFromUtf8(replacement, out Rune rune, out int length);
            changes.Add(new(rune.Value, newCount++ < oldCount ? 0 : 1));
            replacement = replacement[length..];
        }

        if (newCount < oldCount && changes.Count > 0) changes[^1] = changes[^1] with { Change = changes[^1].Change + newCount - oldCount };
    }
}
