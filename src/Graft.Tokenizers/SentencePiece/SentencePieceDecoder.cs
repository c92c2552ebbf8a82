using System.Buffers;
using System.Text;

namespace Graft.Tokenizers.SentencePiece;

/// <summary>Ids back to text, as sentencepiece_processor.cc does it.</summary>
internal static class SentencePieceDecoder
{
    public static string Decode(SentencePieceModel model, ReadOnlySpan<int> ids)
    {
        StringBuilder text = new();
        List<byte> bytes = [];
        bool atStart = true, sawSpace = false;
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)model.Pieces.Count)
                throw new InputException($"id {id} is not in the vocabulary, which has {model.Pieces.Count} pieces");
            SentencePiece piece = model.Pieces[id];
            if (piece.Type == SentencePieceType.Byte)
            {
                bytes.Add((byte)SentencePieceVocabulary.ByteOf(piece.Text));
                continue;
            }

            AppendBytes(text, bytes);
            if (sawSpace || text.Length > 0) atStart = false;
            text.Append(Surface(model, piece, atStart, out sawSpace));
        }

        AppendBytes(text, bytes);
        return model.DenormalizerMap is null ? text.ToString() : Denormalize(model.DenormalizerMap, text.ToString());
    }

    private static string Surface(SentencePieceModel model, SentencePiece piece, bool atStart, out bool sawSpace)
    {
        sawSpace = false;
        if (piece.Type == SentencePieceType.Control) return "";
        if (piece.Type == SentencePieceType.Unknown) return model.UnknownSurface;
        string surface = piece.Text;
        if (atStart && (model.AddDummyPrefix || model.RemoveExtraWhiteSpace) && surface[0] == '\u2581')
        {
            surface = surface[1..];
            sawSpace = !model.RemoveExtraWhiteSpace;
        }

        return surface.Replace('\u2581', ' ');
    }

    // Bytes that make no character are U+FFFD each.
    private static void AppendBytes(StringBuilder text, List<byte> bytes)
    {
        ReadOnlySpan<byte> rest = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes);
        while (!rest.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(rest, out Rune rune, out int length) == OperationStatus.Done;
            text.Append(valid ? rune.ToString() : "\uFFFD");
            rest = rest[(valid ? length : 1)..];
        }

        bytes.Clear();
    }

    private static string Denormalize(PrecompiledMap map, string text)
    {
        byte[] input = System.Text.Encoding.UTF8.GetBytes(text);
        List<byte> output = new(input.Length);
        for (int i = 0; i < input.Length;)
        {
            int length = map.Longest(input.AsSpan(i), out ReadOnlySpan<byte> replacement);
            if (length > 0) output.AddRange(replacement);
            else output.Add(input[i]);
            i += Math.Max(length, 1);
        }

        return System.Text.Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(output));
    }
}
