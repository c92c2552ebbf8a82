using Graft.Tokenizers.Decoders;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Loading;
using Graft.Tokenizers.Pipeline;

namespace Graft.Tokenizers;

/// <summary>
/// Turns text into the tokens of a pre-trained model and back, exactly as the published tokenizer does.
/// <code>
/// Tokenizer tokenizer = Tokenizer.Load("bert-base-uncased");
/// TokenizedText encoded = tokenizer.Encode("unaffable");   // [CLS] un ##aff ##able [SEP]
/// string text = tokenizer.Decode(encoded.Ids);             // unaffable
/// </code>
/// Immutable; any number of threads may use one at a time.
/// </summary>
public sealed class Tokenizer
{
    private static readonly EncodeOptions s_bare = new() { AddSpecialTokens = false };

    private readonly TokenizerCore _core;
    private readonly SpecialTokens _special;
    private readonly SessionPool<TextSession> _sessions;
    private readonly BufferEncoder _buffers;

    private Tokenizer(TokenizerCore core, SpecialTokens special)
    {
        _core = core;
        _special = special;
        _sessions = new(core.CreateSession);
        _buffers = new(core);
    }

    /// <summary>The number of different tokens, added ones included.</summary>
    public int VocabSize => _core.TokenCount;

    /// <summary>One past the largest id: the least number of rows of an embedding table.</summary>
    public int IdEnd => _core.IdEnd;

    /// <summary>The added tokens: found in the text as they stand.</summary>
    public IReadOnlyList<AddedToken> AddedTokens => _core.AddedTokens;

    /// <summary>The id of the unknown token, or null.</summary>
    public int? UnknownId => IdOfRole("unk_token");

    /// <summary>The id of the padding token, or null.</summary>
    public int? PadId => IdOfRole("pad_token");

    /// <summary>The id of the token before a text (<c>[CLS]</c>, <c>&lt;s&gt;</c>), or null.</summary>
    public int? ClsId => IdOfRole("cls_token");

    /// <summary>The id of the token after a text (<c>[SEP]</c>, <c>&lt;/s&gt;</c>), or null.</summary>
    public int? SepId => IdOfRole("sep_token");

    /// <summary>The id of the mask token, or null.</summary>
    public int? MaskId => IdOfRole("mask_token");

    /// <summary>The id of the token a generated text begins with, or null.</summary>
    public int? BosId => IdOfRole("bos_token");

    /// <summary>The id of the token a generated text ends with, or null.</summary>
    public int? EosId => IdOfRole("eos_token");

    /// <summary>
    /// The truncation and padding that the <c>tokenizer.json</c> asks for, or null. They are never applied by themselves: pass them to
    /// <see cref="EncodeBatch"/> to have them.
    /// </summary>
    public EncodeOptions? FileOptions => (_core as PipelineCore)?.Parts.FileOptions;

    internal TokenizerCore Core => _core;

    /// <summary>
    /// Loads a tokenizer from a folder, a <c>tokenizer.json</c>, a <c>vocab.txt</c>, a <c>vocab.json</c> with its <c>merges.txt</c>, or a
    /// SentencePiece <c>.model</c>. In a folder <c>tokenizer.json</c> comes first, then the class named in <c>tokenizer_config.json</c>.
    /// </summary>
    /// <exception cref="InputException">There is no tokenizer at the path, or it is damaged, or has a part Graft does not know.</exception>
    public static Tokenizer Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        TokenizerCore core = TokenizerLoader.Load(path);
        return Create(core, Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path)));
    }

    /// <summary>Reads a tokenizer from the bytes of a <c>tokenizer.json</c>.</summary>
    /// <param name="utf8">The file's content.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="InputException">It is damaged, or has a part Graft does not know.</exception>
    public static Tokenizer FromJson(ReadOnlyMemory<byte> utf8, string name = "tokenizer.json") =>
        Create(new PipelineCore(TokenizerJson.Read(utf8, name)), null);

    internal static Tokenizer Create(TokenizerCore core, string? folder) => new(core, SpecialTokens.Find(core, folder));

    /// <summary>The same tokenizer with some settings of its steps changed.</summary>
    public Tokenizer With(TokenizerOverrides overrides) => new(_core.With(overrides), _special);

    /// <summary>The id of a token, or null.</summary>
    public int? TokenToId(string token) => _core.IdOf(token) is int id and >= 0 ? id : null;

    /// <summary>The token with an id, or null.</summary>
    public string? IdToToken(int id) => _core.TokenOf(id);

    /// <summary>The number of special tokens put around a text, or around a pair of texts.</summary>
    public int SpecialTokenCount(bool isPair) => Assembly.SpecialCount(_core.PostProcessor, isPair);

    /// <summary>Encodes a text, or a pair of texts.</summary>
    /// <exception cref="InputException">The options cannot be met: a stride too long, a text too short for the truncation asked
    /// for.</exception>
    public TokenizedText Encode(string text, string? pair = null, EncodeOptions? options = null) =>
        EncodeBatch([text], pair is null ? null : [pair], options)[0];

    /// <summary>
    /// Encodes texts that are split into words; <see cref="TokenizedText.WordIds"/> count the words given, offsets lie within them.
    /// </summary>
    /// <exception cref="InputException">The options cannot be met.</exception>
    public TokenizedText EncodeWords(IReadOnlyList<string> words, IReadOnlyList<string>? pair = null, EncodeOptions? options = null)
    {
        options = Checked(options);
        using SessionPool<TextSession>.Lease lease = _sessions.Rent();
        TokenizedText[] batch = [EncodeOne(lease.Session, words, pair, isSplit: true, options)];
        Padding.Apply(batch, options, () => PadToken(options));
        return batch[0];
    }

    /// <summary>
    /// Encodes many texts, or pairs of texts, in their order, on <see cref="EncodeOptions.Threads"/> threads; the only call that
    /// <see cref="PaddingMode.Longest"/> makes sense for.
    /// </summary>
    /// <exception cref="InputException">The options cannot be met, or there are not as many second texts as first ones.</exception>
    public TokenizedText[] EncodeBatch(IReadOnlyList<string> texts, IReadOnlyList<string>? pairs = null, EncodeOptions? options = null)
    {
        EncodeOptions chosen = Checked(options);
        if (pairs is not null && pairs.Count != texts.Count)
            throw new InputException($"{texts.Count} texts and {pairs.Count} second texts; there must be as many");
        TokenizedText[] batch = new TokenizedText[texts.Count];
        BatchRunner.Run(_sessions, batch.Length, chosen.Threads, (session, i) =>
            batch[i] = EncodeOne(session, [texts[i]], pairs is null ? null : [pairs[i]], isSplit: false, chosen)
        );
        Padding.Apply(batch, chosen, () => PadToken(chosen));
        return batch;
    }

    /// <summary>
    /// Encodes a text into a buffer that is used again and again: no allocation once it has grown, offsets in UTF-16 units if the buffer
    /// records them. The fastest way in.
    /// </summary>
    public void Encode(ReadOnlySpan<char> text, TokenBuffer tokens, bool addSpecialTokens = true) =>
        Encode(text, tokens, addSpecialTokens ? EncodeOptions.Default : s_bare);

    /// <summary>
    /// Encodes a text into a buffer that is used again and again, cut to <see cref="EncodeOptions.MaxLength"/>: no allocation once the
    /// buffer has grown. What is cut off is not kept.
    /// </summary>
    /// <exception cref="InputException">The options ask for what a buffer does not hold: padding, windows, offsets in another unit than
    /// UTF-16.</exception>
    public void Encode(ReadOnlySpan<char> text, TokenBuffer tokens, EncodeOptions options)
    {
        BufferEncoder.Check(options);
        using SessionPool<TextSession>.Lease lease = _sessions.Rent();
        _buffers.Encode(lease.Session, text, tokens, options);
    }

    /// <summary>Encodes many texts, each into the buffer at its place, on <see cref="EncodeOptions.Threads"/> threads.</summary>
    /// <exception cref="InputException">There are fewer buffers than texts, or the options ask for what a buffer does not hold.</exception>
    public void EncodeToBuffers(IReadOnlyList<string> texts, IReadOnlyList<TokenBuffer> buffers, EncodeOptions? options = null)
    {
        EncodeOptions chosen = options ?? EncodeOptions.Default;
        BufferEncoder.Check(chosen);
        if (buffers.Count < texts.Count) throw new InputException($"{texts.Count} texts and {buffers.Count} buffers; each text needs one");
        BatchRunner.Run(_sessions, texts.Count, chosen.Threads, (session, i) => _buffers.Encode(session, texts[i], buffers[i], chosen));
    }

    /// <summary>The ids of a text.</summary>
    public int[] EncodeIds(string text, bool addSpecialTokens = true)
    {
        TokenBuffer tokens = new();
        Encode(text, tokens, addSpecialTokens);
        return tokens.Ids.ToArray();
    }

    /// <summary>Turns ids back to text. Ids that no token has are left out.</summary>
    public string Decode(ReadOnlySpan<int> ids, DecodeOptions? options = null)
    {
        options ??= new();
        string text = _core.Decode(ids, options.SkipSpecialTokens);
        return options.CleanUpSpaces ? CleanUp.OfText(text) : text;
    }

    /// <summary>
    /// Writes the tokenizer into a folder: <c>tokenizer.json</c>, <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c> and the
    /// vocabulary files its kind had before. Each file appears whole or not at all.
    /// </summary>
    public void Save(string folder) => TokenizerWriter.Save(_core, _special, folder);

    private static EncodeOptions Checked(EncodeOptions? options)
    {
        options ??= EncodeOptions.Default;
        options.Validate();
        return options;
    }

    private TokenizedText EncodeOne(
        TextSession session,
        IReadOnlyList<string> text,
        IReadOnlyList<string>? pair,
        bool isSplit,
        EncodeOptions options
    )
    {
        TokenizedText first = EncodeSequence(session, text, isSplit, sequence: 0, options);
        TokenizedText? second = pair is null ? null : EncodeSequence(session, pair, isSplit, sequence: 1, options);
        int room = (options.MaxLength ?? int.MaxValue) - (options.AddSpecialTokens ? SpecialTokenCount(pair is not null) : 0);

        // Where not even the special tokens fit the reference does not truncate at all.
        if (room >= 0) Truncation.Apply(ref first, ref second, room, options);
        TokenizedText joined = Assembly.Join(first, second, _core.PostProcessor, options.AddSpecialTokens);
        OffsetConversion.Apply(joined, pair is null ? [text] : [text, pair], isSplit, options.Offsets);
        return joined;
    }

    private TokenizedText EncodeSequence(
        TextSession session,
        IReadOnlyList<string> words,
        bool isSplit,
        int sequence,
        EncodeOptions options
    )
    {
        TokenBuffer tokens = session.Tokens;
        tokens.Clear();
        int[] wordEnds = isSplit ? new int[words.Count] : [];
        for (int word = 0; word < words.Count; word++)
        {
            session.Encode(words[word], options.SplitSpecialTokens, tokens);
            if (isSplit) wordEnds[word] = tokens.Count;
        }

        TokenizedText encoding = new(tokens.Count);
        tokens.Ids.CopyTo(encoding.Ids);
        tokens.Offsets.CopyTo(encoding.Offsets);
        tokens.WordIds.CopyTo(encoding.WordIds);
        for (int i = 0; i < encoding.Length; i++)
            encoding.Tokens[i] = tokens.Surfaces!.TryGetValue(i, out string? surface) ? surface : _core.TokenOf(encoding.Ids[i])!;
        Array.Fill(encoding.AttentionMask, 1);
        Array.Fill(encoding.TypeIds, sequence);
        Array.Fill(encoding.SequenceIds, sequence);
        for (int word = 0, at = 0; word < wordEnds.Length; word++)
        {
            for (; at < wordEnds[word]; at++) encoding.WordIds[at] = word;
        }

        return encoding;
    }

    private int? IdOfRole(string role) => _special.Token(role) is string token ? TokenToId(token) : null;

    private (int Id, string Token) PadToken(EncodeOptions options)
    {
        string token = options.PadToken ?? _special.Token("pad_token")
            ?? throw new InputException("this tokenizer has no padding token: name one in PadToken");
        return (TokenToId(token) ?? throw new InputException($"the padding token \"{token}\" is not in the vocabulary"), token);
    }
}
