using Graft.Corpus;
using Graft.Objectives;
using Graft.Pretraining.Sequences;
using Graft.Tokenizers;

namespace Graft.Pretraining;

/// <summary>
/// What pre-training needs of a tokenizer: token streams for the corpus, the specials of a sequence, and what may be masked.
/// </summary>
public sealed class TextCodec : ICorpusTokenizer
{
    private const string Probe = "Naïve ÇA: it's 3.14 — 東京 #tag_x\n\tEnd.";
    private readonly Tokenizer _tokenizer;
    private readonly ThreadLocal<TokenBuffer> _buffer = new(() => new TokenBuffer());

    /// <summary>Wraps a tokenizer.</summary>
    /// <exception cref="InputException">It has no token that could stand between documents.</exception>
    public TextCodec(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        _tokenizer = tokenizer;
        SeparatorId = tokenizer.SepId
            ?? tokenizer.EosId
            ?? throw new InputException("the tokenizer has neither [SEP] nor an end-of-text token: nothing can stand between documents");
        Frame = new SequenceFrame(tokenizer.ClsId, tokenizer.ClsId is null ? null : tokenizer.SepId);
        Fingerprint = Identify();
    }

    /// <inheritdoc/>
    public int VocabularySize => _tokenizer.IdEnd;

    /// <inheritdoc/>
    public int SeparatorId { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>The specials around a sequence: [CLS] and [SEP], or none where the tokenizer has no [CLS].</summary>
    internal SequenceFrame Frame { get; }

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer => _tokenizer;

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        TokenBuffer buffer = _buffer.Value!;
        _tokenizer.Encode(text, buffer, addSpecialTokens: false);
        ids.AddRange(buffer.Ids);
    }

    /// <summary>What masking needs.</summary>
    /// <exception cref="InputException">The tokenizer has no mask token.</exception>
    internal MaskingVocabulary MaskingVocabulary()
    {
        int mask = _tokenizer.MaskId
            ?? throw new InputException("the tokenizer has no mask token ([MASK], <mask>): this objective needs one");
        int?[] roles = [_tokenizer.ClsId, _tokenizer.SepId, _tokenizer.PadId, _tokenizer.UnknownId, _tokenizer.BosId, _tokenizer.EosId];
        IEnumerable<int> special = roles
            .OfType<int>()
            .Concat(_tokenizer.AddedTokens.Where(token => token.Special).Select(token => token.Id));
        return new MaskingVocabulary(VocabularySize, mask, special, ContinuesWord());
    }

    /// <summary>T5's sentinels in the order of use.</summary>
    /// <exception cref="InputException">The tokenizer has none.</exception>
    public IReadOnlyList<int> Sentinels()
    {
        List<int> sentinels = [];
        while (_tokenizer.TokenToId($"<extra_id_{sentinels.Count}>") is int id)
            sentinels.Add(id);
        return sentinels.Count > 1
            ? sentinels
            : throw new InputException("the tokenizer has no sentinels (<extra_id_0> …): span corruption needs them");
    }

    /// <summary>
    /// How a piece says that it goes on a word: WordPiece marks those pieces, byte-level BPE and SentencePiece mark the others.
    /// </summary>
    private Func<int, bool> ContinuesWord()
    {
        bool Any(string prefix) =>
            Enumerable.Range(0, VocabularySize).Any(id => _tokenizer.IdToToken(id)?.StartsWith(prefix, StringComparison.Ordinal) == true);
        if (Any(VocabularyExtension.Mark))
            return id => _tokenizer.IdToToken(id)?.StartsWith(VocabularyExtension.Mark, StringComparison.Ordinal) == true;
        string? start =
            Any("▁") ? "▁"
            : Any("Ġ") ? "Ġ"
            : null;
        return id => start is not null && _tokenizer.IdToToken(id)?.StartsWith(start, StringComparison.Ordinal) != true;
    }

    private string Identify()
    {
        using Sha256 hash = new();
        for (int id = 0; id < VocabularySize; id++) hash.Append(System.Text.Encoding.UTF8.GetBytes(_tokenizer.IdToToken(id) + "\n"));
        foreach (int id in _tokenizer.EncodeIds(Probe)) hash.Append(BitConverter.GetBytes(id));
        return hash.Finish();
    }
}
