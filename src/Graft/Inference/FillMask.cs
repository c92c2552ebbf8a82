using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tokenizers;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Inference;

/// <summary>A token that may stand in a mask's place.</summary>
/// <param name="Probability">The probability among all vocabulary entries, 0 … 1.</param>
/// <param name="TokenId">The id.</param>
/// <param name="Token">The text.</param>
/// <param name="Text">The whole text with it in that place (other masks stay), as the tokenizer decodes it.</param>
public sealed record MaskCandidate(double Probability, int TokenId, string Token, string Text);

/// <summary>A text's masks, each with its best candidates, best first.</summary>
/// <param name="Text">As it was given.</param>
/// <param name="Masks">One a mask, from left to right.</param>
public sealed record FilledText(string Text, IReadOnlyList<IReadOnlyList<MaskCandidate>> Masks)
{
    /// <summary>
    /// {"text", "masks": [[{"score", "token", "token_str", "sequence"}]]}: the candidates' names are those of the reference's pipeline.
    /// </summary>
    public JsonObject ToJson() =>
        new()
        {
            ["text"] = Text,
            ["masks"] = new JsonArray([
                .. Masks.Select(candidates =>
                    (JsonNode)
                        new JsonArray([
                            .. candidates.Select(candidate =>
                                (JsonNode)
                                    new JsonObject
                                    {
                                        ["score"] = candidate.Probability,
                                        ["token"] = candidate.TokenId,
                                        ["token_str"] = candidate.Token,
                                        ["sequence"] = candidate.Text,
                                    }
                            ),
                        ])
                ),
            ]),
        };
}

/// <summary>
/// A masked language model asked for the missing words.
/// <code>
/// using FillMask model = FillMask.Load("bert-base-uncased");
/// FilledText filled = model.Fill("The capital of France is [MASK].");
/// </code>
/// Safe to use from several threads.
/// </summary>
public sealed class FillMask : IDisposable
{
    private static readonly DecodeOptions s_all = new() { SkipSpecialTokens = false };
    private readonly PretrainedModel _model;
    private readonly LanguageModelHead _head;
    private readonly Collator _collator;
    private readonly Lock _lock = new();
    private bool _isDisposed;

    private FillMask(PretrainedModel model, string folder)
    {
        _model = model;
        _head = (LanguageModelHead)model.Head!;
        MaskId = model.Tokenizer.MaskId ?? throw new InputException($"{folder}: the tokenizer has no mask token");
        _collator = Collator.Of(BatchLayout.Packed, model);
    }

    /// <summary>The mask's id.</summary>
    public int MaskId { get; }

    /// <summary>Lines about keys of the folder's config.json that Graft does not know.</summary>
    public IReadOnlyList<string> Notes => [.. _model.Report.ConfigNotes];

    /// <summary>How the mask is written in a text: “[MASK]”, “&lt;mask&gt;”.</summary>
    public string Mask => _model.Tokenizer.IdToToken(MaskId)!;

    /// <summary>Opens a model folder or a run folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="compute">How it answers, whatever other objects of the process do; null: as the context of the thread that opens
    /// it.</param>
    /// <exception cref="InputException">The folder is missing or damaged, its family has no masked language model, or the weights of that
    /// head are missing.</exception>
    public static FillMask Load(string folder, ComputeContext? compute = null)
    {
        folder = RunSeeds.Best(folder);
        PretrainedModel model = PretrainedModel.Load(
            folder,
            new LoadOptions { Head = HeadKinds.MaskedLm, Compute = compute ?? ComputeContext.Current }
        );
        try
        {
            string[] lacking = [.. model.Report.Missing.Where(name => !name.Contains("pooler", StringComparison.Ordinal))];
            if (lacking.Length > 0)
                throw new InputException(
                    $"{folder} lacks {lacking[0]}: it holds no trained masked language model; take the checkpoint it was made from, or "
                        + $"run graft pretrain"
                );
            return new FillMask(model, folder);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The best candidates for each mask of a text.</summary>
    /// <param name="text">With at least one mask.</param>
    /// <param name="count">Candidates a mask.</param>
    /// <exception cref="InputException">The text has no mask or is too long.</exception>
    public FilledText Fill(string text, int count = 5)
    {
        if (count < 1) throw new InputException($"top-k is {count}; it must be at least 1");
        TokenizedText tokens = _model.Tokenizer.Encode(text);
        int[] places = [.. Enumerable.Range(0, tokens.Length).Where(i => tokens.Ids[i] == MaskId)];
        if (places.Length == 0) throw new InputException($"\"{text}\" has no {Mask}: put it where a word is missing");
        int kept = Math.Min(count, _model.Config.VocabularySize);
        (float[] probabilities, long[] ids) = Best(tokens, places, kept);
        return new FilledText(text, [.. places.Select((place, mask) => (IReadOnlyList<MaskCandidate>)[.. Enumerable.Range(0, kept).Select(
            i => Candidate(tokens.Ids, place, (int)ids[(mask * kept) + i], probabilities[(mask * kept) + i], places.Length == 1))])]);
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

    /// <summary>The greatest probabilities at these tokens, [places, count].</summary>
    private (float[] Probabilities, long[] Ids) Best(TokenizedText tokens, int[] places, int count)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            using IDisposable noGradient = inference_mode();
            using ComputeScope computing = _model.Enter();
            using DisposeScope scope = NewDisposeScope();
            EncoderInput input = _collator.Input([
                new Feature
                {
                    Example = 0,
                    Ids = tokens.Ids,
                    TypeIds = tokens.TypeIds,
                },
            ]);
            Tensor states = _model
                .Backbone.Forward(input)
                .LastHiddenState.index_select(0, tensor(places.Select(place => (long)place).ToArray()));
            (Tensor values, Tensor ids) = nn.functional.softmax(_head.Score(states), -1).topk(count, -1);
            return (values.ToSingles(), [.. ids.contiguous().data<long>()]);
        }
    }

    private MaskCandidate Candidate(int[] ids, int place, int token, double probability, bool isOnlyMask)
    {
        int[] filled = [.. ids];
        filled[place] = token;
        string text = _model.Tokenizer.Decode(filled, isOnlyMask ? null : s_all);
        return new MaskCandidate(probability, token, _model.Tokenizer.Decode([token], s_all), text);
    }
}
