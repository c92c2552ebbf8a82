using System.Collections.Concurrent;
using System.Text.Json;
using Graft.Tokenizers;
using Graft.Tokenizers.SentencePiece;

namespace Graft.Cli.Commands.Tokenizers;

/// <summary>Answers records with a tokenizer.</summary>
internal sealed class TokenizerCodec(Tokenizer tokenizer) : TokenCodec
{
    // Records may change settings of the tokenizer; the changed ones are few.
    private readonly ConcurrentDictionary<TokenizerOverrides, Tokenizer> _changed = [];

    public override void Encode(TokenRecord record, TokenOptions options, Utf8JsonWriter json)
    {
        Tokenizer chosen = With(options.Overrides);
        if (record.Texts is not null)
        {
            WriteBatch(chosen.EncodeBatch(record.Texts, options: options.Encode), json);
            return;
        }

        bool split = record.Words is not null;
        TokenizedText encoding = split
            ? chosen.EncodeWords(record.Words!, record.PairWords, options.Encode)
            : chosen.Encode(record.Text!, record.Pair, options.Encode);
        bool sequences = split || record.Pair is not null || encoding.Overflow.Count > 0 || options.HasWindows || record.IsWindowed;
        WriteNumbers(json, "ids", encoding.Ids);
        WriteStrings(json, "tokens", encoding.Tokens);
        WriteRanges(json, "offsets", encoding.Offsets.Select(range => (range.Start, range.End)));
        WriteNumbers(json, "type_ids", encoding.TypeIds);
        WriteNumbers(json, "attention_mask", encoding.AttentionMask);
        WriteNumbers(json, "special_tokens_mask", encoding.SpecialTokensMask);
        WriteNullable(json, "word_ids", encoding.WordIds);
        if (sequences) WriteNullable(json, "sequence_ids", encoding.SequenceIds);
        if (encoding.Overflow.Count > 0) WriteOverflow(json, encoding.Overflow);
    }

    public override void Decode(int[] ids, Utf8JsonWriter json)
    {
        WriteNumbers(json, "ids", ids);
        WriteStrings(json, "tokens", ids.Select(tokenizer.IdToToken));
        json.WriteString("decoded", tokenizer.Decode(ids, new() { SkipSpecialTokens = false }));
        json.WriteString("decoded_skip_special", tokenizer.Decode(ids, new() { SkipSpecialTokens = true }));
        json.WriteString("decoded_clean_up", tokenizer.Decode(ids, new() { SkipSpecialTokens = true, CleanUpSpaces = true }));
    }

    public override string Decode(int[] ids) => tokenizer.Decode(ids);

    public override void Count(string text, string? pair, TokenOptions options, TokenStatistics statistics)
    {
        TokenizedText encoding = With(options.Overrides)
            .Encode(text, pair, options.Encode with { AddSpecialTokens = false, MaxLength = null, Stride = 0, Padding = PaddingMode.None });
        int unknown = tokenizer.UnknownId is int id ? encoding.Ids.Count(token => token == id) : 0;
        int special = options.Encode.AddSpecialTokens ? tokenizer.SpecialTokenCount(pair is not null) : 0;
        statistics.Add(pair is null ? text : text + " " + pair, encoding.Length, unknown, special);
    }

    private Tokenizer With(TokenizerOverrides overrides) =>
        overrides == new TokenizerOverrides() ? tokenizer : _changed.GetOrAdd(overrides, tokenizer.With);

    private static void WriteBatch(TokenizedText[] batch, Utf8JsonWriter json)
    {
        WriteRows("ids", encoding => encoding.Ids);
        WriteRows("attention_mask", encoding => encoding.AttentionMask);
        WriteRows("type_ids", encoding => encoding.TypeIds);
        WriteRows("special_tokens_mask", encoding => encoding.SpecialTokensMask);

        void WriteRows(string name, Func<TokenizedText, int[]> values)
        {
            json.WriteStartArray(name);
            foreach (TokenizedText encoding in batch)
            {
                json.WriteStartArray();
                foreach (int value in values(encoding)) json.WriteNumberValue(value);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }
    }

    private static void WriteOverflow(Utf8JsonWriter json, IReadOnlyList<TokenizedText> windows)
    {
        json.WriteStartArray("overflow");
        foreach (TokenizedText window in windows)
        {
            json.WriteStartObject();
            WriteNumbers(json, "ids", window.Ids);
            WriteRanges(json, "offsets", window.Offsets.Select(range => (range.Start, range.End)));
            WriteNumbers(json, "type_ids", window.TypeIds);
            WriteNumbers(json, "special_tokens_mask", window.SpecialTokensMask);
            WriteNullable(json, "word_ids", window.WordIds);
            WriteNullable(json, "sequence_ids", window.SequenceIds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNullable(Utf8JsonWriter json, string name, int[] values)
    {
        json.WriteStartArray(name);
        foreach (int value in values)
        {
            if (value < 0) json.WriteNullValue();
            else json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }
}

/// <summary>Answers records with a plain SentencePiece model: no special tokens, no pairs, no windows.</summary>
internal sealed class SentencePieceCodec(SentencePieceProcessor processor) : TokenCodec
{
    // Finding several segmentations takes much longer than finding the best; only short texts get them unasked.
    private const int LongestTextForBest = 100, BestCount = 5;

    public override void Encode(TokenRecord record, TokenOptions options, Utf8JsonWriter json)
    {
        if (record.Text is null || record.Pair is not null)
            throw new InputException("a plain SentencePiece model encodes one text: no word lists, batches or pairs");
        if (options.Encode.MaxLength is not null)
            throw new InputException("a plain SentencePiece model does not truncate");
        SentencePieceEncoding encoding = processor.EncodeWithPlaces(record.Text);
        int[] ids = [.. encoding.Pieces.Select(piece => piece.Id)];
        WriteNumbers(json, "ids", ids);
        WriteStrings(json, "tokens", encoding.Pieces.Select(piece => piece.Piece));
        WriteStrings(json, "surfaces", encoding.Pieces.Select(piece => piece.Surface));
        json.WriteString("normalized", encoding.Normalized);
        json.WriteString("decoded", processor.Decode(ids));
        WritePlaces(record.Text, encoding, options.Encode.Offsets, json);
        if (processor.Kind != SentencePieceKind.Unigram || record.Text.Length > LongestTextForBest) return;
        json.WriteStartArray("nbest5");
        foreach ((IReadOnlyList<SentencePiecePlace> pieces, _) in processor.EncodeBest(record.Text, BestCount))
        {
            json.WriteStartArray();
            foreach (SentencePiecePlace piece in pieces) json.WriteStringValue(piece.Piece);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    public override void Decode(int[] ids, Utf8JsonWriter json)
    {
        string text = processor.Decode(ids);
        foreach (string name in new[] { "decoded", "decoded_skip_special", "decoded_clean_up" }) json.WriteString(name, text);
    }

    public override string Decode(int[] ids) => processor.Decode(ids);

    public override void Count(string text, string? pair, TokenOptions options, TokenStatistics statistics)
    {
        int[] ids = processor.Encode(pair is null ? text : text + " " + pair);
        statistics.Add(text, ids.Length, ids.Count(id => id == processor.UnknownId), special: 0);
    }

    // Offsets in characters, unless one lies inside a character: then in bytes, under a name of their own.
    private static void WritePlaces(string text, SentencePieceEncoding encoding, OffsetUnit unit, Utf8JsonWriter json)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        bool inBytes = unit == OffsetUnit.Utf8 || encoding.Pieces.Any(piece => IsInside(piece.Start) || IsInside(piece.End));
        int[] places = new int[bytes.Length + 1];
        for (int i = 0, place = 0; i < bytes.Length; i++)
        {
            places[i] = inBytes ? i : place;
            bool last = i + 1 == bytes.Length || (bytes[i + 1] & 0xC0) != 0x80;
            if (last) place += unit == OffsetUnit.Utf16 && IsFourByteEnd(i) ? 2 : 1;
            places[i + 1] = inBytes ? i + 1 : place;
        }

        WriteRanges(
            json,
            inBytes && unit != OffsetUnit.Utf8 ? "byte_offsets" : "offsets",
            encoding.Pieces.Select(piece => (places[piece.Start], places[piece.End]))
        );

        bool IsInside(int at) => at < bytes.Length && (bytes[at] & 0xC0) == 0x80;

        bool IsFourByteEnd(int at) => at >= 3 && bytes[at - 3] >= 0xF0;
    }
}
