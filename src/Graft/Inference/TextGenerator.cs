using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Graft.Backbones;
using Graft.Generation;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Tokenizers;
using Graft.Torch.Compute;

namespace Graft.Inference;

/// <summary>A text that was written.</summary>
/// <param name="Prompt">What it goes on from, or answers.</param>
/// <param name="Text">The new text, without what ended it.</param>
/// <param name="Tokens">The ids, an end token included.</param>
/// <param name="Score">With beam search the log probability divided by length to the power of the length penalty; else the sum of the log
/// probabilities.</param>
/// <param name="Finish">What ended it: "end" (an end token), "stop" (a stop string) or "length".</param>
public sealed record GeneratedText(string Prompt, string Text, IReadOnlyList<int> Tokens, double Score, string Finish)
{
    /// <summary>{"prompt", "text", "tokens", "score", "finish"}.</summary>
    public JsonObject ToJson() => new()
    {
        ["prompt"] = Prompt,
        ["text"] = Text,
        ["tokens"] = new JsonArray([.. Tokens.Select(token => (JsonNode)token)]),
        ["score"] = double.IsFinite(Score) ? Score : null,
        ["finish"] = Finish,
    };
}

/// <summary>
/// A model that writes: GPT-2 goes on from a prompt, T5 answers it.
/// <code>
/// using TextGenerator model = TextGenerator.Load("gpt2");
/// GeneratedText written = model.Generate("Once upon a time", model.Defaults with { MaxNewTokens = 40, DoSample = true, TopP = 0.9f });
/// </code>
/// Safe to use from several threads.
/// </summary>
public sealed class TextGenerator : IDisposable
{
    private readonly PretrainedModel _model;
    private readonly int _decoderStart;
    private readonly Lock _lock = new();
    private bool _isDisposed;

    private TextGenerator(PretrainedModel model, string folder)
    {
        (_model, _decoderStart) = (model, GenerationConfig.DecoderStart(folder, model.Config));
        folder = model.TokenizerFolder ?? folder;
        Defaults = GenerationConfig.Read(folder, model.Config);
        Notes = [.. model.Report.ConfigNotes, .. GenerationConfig.Unfollowed(folder, model.Config)];
        _ = model.Tokenizer; // a missing one is found now
    }

    /// <summary>The folder's own options (generation_config.json): change what you want with <c>with</c>.</summary>
    public GenerationOptions Defaults { get; }

    /// <summary>Lines about settings of the folder that would change the text and are not followed.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The model's tokenizer.</summary>
    public Tokenizer Tokenizer => _model.Tokenizer;

    private bool AnswersSources => _model.HeadKind == HeadKinds.SequenceToSequence;

    /// <summary>Opens a model folder or a run folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="compute">How it writes, whatever other objects of the process do; null: as the context of the thread that opens
    /// it.</param>
    /// <exception cref="InputException">The folder is missing or damaged, its family does not write, or the weights of that head are
    /// missing.</exception>
    public static TextGenerator Load(string folder, ComputeContext? compute = null)
    {
        folder = RunSeeds.Best(folder);
        string family = PretrainedModel.ReadConfig(folder).ModelType;
        IEnumerable<string> writing = ModelFamilies.All.Where(known => known.WritingHead is not null).Select(known => known.ModelType);
        string head = ModelFamilies.Of(family, folder).WritingHead
            ?? throw new InputException(
                $"{folder} is a {family} model, which does not write text: "
                    + $"{string.Join(", ", writing)} do (graft fill-mask asks for single words)"
            );
        PretrainedModel model = PretrainedModel.Load(folder, new LoadOptions { Head = head, Compute = compute ?? ComputeContext.Current });
        try
        {
            if (model.Report.Missing.Count > 0)
                throw new InputException($"{folder} lacks {model.Report.Missing[0]}: it holds no trained decoder");
            return new TextGenerator(model, folder);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Goes on from a prompt, or answers it.</summary>
    /// <inheritdoc cref="Generate(IReadOnlyList{string}, GenerationOptions, IReadOnlyList{string}, Action{int, string},
    /// CancellationToken)"/>
    public GeneratedText Generate(
        string prompt,
        GenerationOptions? options = null,
        IReadOnlyList<string>? stop = null,
        Action<string>? onText = null,
        CancellationToken cancellationToken = default
    ) => Generate([prompt], options, stop, onText is null ? null : (_, piece) => onText(piece), cancellationToken)[0][0];

    /// <summary>Goes on from each prompt, or answers it; side by side, with the results each would have alone.</summary>
    /// <param name="prompts">The prompts; GPT-2 begins by itself where one is empty.</param>
    /// <param name="options">How to search; null for <see cref="Defaults"/>.</param>
    /// <param name="stop">Texts that end the writing; they and what follows are not in the result.</param>
    /// <param name="onText">Told each piece of text as soon as it is certain, with its prompt's number: streaming. Beam search knows its
    /// texts only at the end and calls it not.</param>
    /// <param name="cancellationToken">Stops between two tokens.</param>
    /// <returns>For each prompt <see cref="GenerationOptions.NumReturnSequences"/> texts, best first.</returns>
    /// <exception cref="InputException">An option is out of its range, or a prompt and the new tokens are longer than the position
    /// table.</exception>
    public IReadOnlyList<IReadOnlyList<GeneratedText>> Generate(
        IReadOnlyList<string> prompts,
        GenerationOptions? options = null,
        IReadOnlyList<string>? stop = null,
        Action<int, string>? onText = null,
        CancellationToken cancellationToken = default
    )
    {
        options ??= Defaults;
        options.Validate();
        if (prompts.Count == 0) return [];
        int[][] ids = [.. prompts.Select(Encode)];
        RequireRoom(ids, options);
        StopStrings stops = new(_model.Tokenizer, stop ?? []);
        TextStream[]? streams = onText is null
            ? null
            : [.. prompts.Select((_, row) => new TextStream(_model.Tokenizer, stops, piece => onText(row, piece)))];
        GeneratedTokens[][] written;
        using ComputeScope computing = _model.Enter();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            (int[][] rows, int[][] mask) = Pad(ids, options.PadTokenId, left: !AnswersSources);
            using ModelDecodingState state = AnswersSources
                ? ModelDecodingState.SequenceToSequence(_model, rows, mask, _decoderStart)
                : ModelDecodingState.Causal(_model, rows, mask);
            int[][] starts = AnswersSources ? [.. rows.Select(_ => new[] { _decoderStart })] : rows;
            written = Generator.Generate(
                state,
                starts,
                options,
                stops.IsEmpty ? null : (_, tokens) => stops.Find(tokens) is not null,
                streams is null ? null : (row, token) => streams[row].Add(token),
                cancellationToken
            );
        }

        foreach (TextStream stream in streams ?? [])
            stream.Finish();
        return
        [
            .. written.Select(
                (texts, row) => (IReadOnlyList<GeneratedText>)[.. texts.Select(text => Finished(prompts[row], text, options, stops))]
            ),
        ];
    }

    /// <summary>
    /// Goes on from a prompt, or answers it, piece by piece as the text becomes certain; written beside the caller, who may stop reading at
    /// any time.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="options">How to search; null for <see cref="Defaults"/>. Beam search knows its text only at the end and gives it as one
    /// piece.</param>
    /// <param name="stop">Texts that end the writing; they and what follows are not in the result.</param>
    /// <param name="cancellationToken">Stops between two tokens.</param>
    /// <exception cref="InputException">
    /// As <see cref="Generate(string, GenerationOptions, IReadOnlyList{string}, Action{string}, CancellationToken)"/>; thrown where the
    /// pieces are read.
    /// </exception>
    public async IAsyncEnumerable<string> GenerateAsync(
        string prompt,
        GenerationOptions? options = null,
        IReadOnlyList<string>? stop = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        Channel<string> pieces = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task writing = ComputeThread.RunAsync(
            () =>
            {
                try
                {
                    bool isStreamed = (options ?? Defaults).NumBeams == 1;
                    GeneratedText whole = Generate(
                        prompt,
                        options,
                        stop,
                        isStreamed ? piece => pieces.Writer.TryWrite(piece) : null,
                        ended.Token
                    );
                    if (!isStreamed)
                        pieces.Writer.TryWrite(whole.Text);
                    pieces.Writer.Complete();
                }
                catch (Exception failure)
                {
                    pieces.Writer.Complete(failure);
                }

                return true;
            },
            CancellationToken.None);
        try
        {
            await foreach (string piece in pieces.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false)) yield return piece;
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false); // a reader who stops early
            await writing.ConfigureAwait(false);
        }
    }

    /// <summary>Waits for what is being answered, then releases the model.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            _model.Dispose();
        }
    }

    private int[] Encode(string prompt)
    {
        int[] ids = _model.Tokenizer.EncodeIds(prompt);
        if (ids.Length > 0)
            return ids;
        int begin = _model.Tokenizer.BosId
            ?? _model.Tokenizer.EosId
            ?? throw new InputException("the prompt is empty, and the tokenizer has no token that begins a text");
        return [begin];
    }

    private void RequireRoom(int[][] prompts, GenerationOptions options)
    {
        if (_model.Backbone.PositionLimit is not int limit) return;
        int longest = prompts.Max(prompt => prompt.Length);
        int written = options.NewTokensAfter(longest);
        if (longest + written - 1 > limit)
            throw new InputException(
                $"a prompt has {longest} tokens and up to {written} more are to be written; the position table (wpe) has {limit}: "
                    + $"shorten the prompt or lower `max-new-tokens`"
            );
    }

    private static (int[][] Rows, int[][] Mask) Pad(int[][] prompts, int padding, bool left)
    {
        int longest = prompts.Max(prompt => prompt.Length);
        int[] Row(int[] values, int fill)
        {
            int[] fills = [.. Enumerable.Repeat(fill, longest - values.Length)];
            return left ? [.. fills, .. values] : [.. values, .. fills];
        }

        return (
            [.. prompts.Select(prompt => Row(prompt, padding))],
            [.. prompts.Select(prompt => Row([.. Enumerable.Repeat(1, prompt.Length)], 0))]
        );
    }

    private GeneratedText Finished(string prompt, GeneratedTokens tokens, GenerationOptions options, StopStrings stops)
    {
        if (stops.Find(tokens.Tokens) is string cut) return new GeneratedText(prompt, cut, tokens.Tokens, tokens.Score, "stop");
        bool ended = tokens.Tokens.Count > 0 && options.EosTokenIds.Contains(tokens.Tokens[^1]);
        return new GeneratedText(
            prompt,
            _model.Tokenizer.Decode([.. tokens.Tokens]),
            tokens.Tokens,
            tokens.Score,
            ended ? "end" : "length"
        );
    }
}
