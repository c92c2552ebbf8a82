using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Corpus;
using Graft.Corpus.Readers;
using Graft.Pretrained;
using Graft.Tokenizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Pretraining;

/// <summary>
/// New whole words for a WordPiece model that goes on with the text of another domain: the most frequent words that the vocabulary cuts
/// into pieces. A new row is the mean of the rows of its old pieces, so that the model starts where it was.
/// <code>"electro ##card ##iogram" seen 800 times  →  new token electrocardiogram, its row (electro + ##card + ##iogram) / 3</code>
/// </summary>
/// <param name="Words">The new words in the order of their ids.</param>
/// <param name="Pieces">The old ids of each.</param>
internal sealed record VocabularyExtension(IReadOnlyList<string> Words, IReadOnlyList<int[]> Pieces)
{
    private const int LeastOccurrences = 5;
    internal const string Mark = "##";

    /// <summary>Finds the words.</summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="sources">Text of the domain.</param>
    /// <param name="count">How many words at most.</param>
    /// <exception cref="InputException">The tokenizer is no WordPiece.</exception>
    public static VocabularyExtension Find(Tokenizer tokenizer, IReadOnlyList<CorpusSource> sources, int count)
    {
        if (count < 1) throw new InputException("extend-vocabulary", count.ToString(CultureInfo.InvariantCulture), "at least 1");
        if (!Enumerable.Range(0, tokenizer.IdEnd).Any(id => tokenizer.IdToToken(id)?.StartsWith(Mark, StringComparison.Ordinal) == true))
            throw new InputException("`extend-vocabulary` is for WordPiece vocabularies (pieces marked ##)");
        Dictionary<string, (long Count, int[] Pieces)> words = new(StringComparer.Ordinal);
        TokenBuffer buffer = new();
        foreach (string document in sources.SelectMany(source => source.Files).SelectMany(file => DocumentReader.Read(file)))
        {
            tokenizer.Encode(document, buffer, addSpecialTokens: false);
            Count(buffer.Ids, tokenizer, words);
        }

        KeyValuePair<string, (long Count, int[] Pieces)>[] chosen =
        [
            .. words.Where(word => word.Value.Count >= LeastOccurrences && tokenizer.TokenToId(word.Key) is null)
                .OrderByDescending(word => word.Value.Count).ThenBy(word => word.Key, StringComparer.Ordinal).Take(count),
        ];
        return new VocabularyExtension([.. chosen.Select(word => word.Key)], [.. chosen.Select(word => word.Value.Pieces)]);
    }

    /// <summary>Writes the tokenizer with the new words behind the old ones.</summary>
    /// <returns>The tokenizer as it loads from there.</returns>
    public Tokenizer Save(Tokenizer tokenizer, string folder)
    {
        tokenizer.Save(folder);
        string path = Path.Combine(folder, "tokenizer.json"), list = Path.Combine(folder, "vocab.txt");
        JsonObject json = JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();
        JsonObject vocabulary = json["model"]!["vocab"]!.AsObject();
        for (int i = 0; i < Words.Count; i++) vocabulary[Words[i]] = tokenizer.IdEnd + i;
        AtomicFile.WriteText(path, json.ToJsonString());
        if (File.Exists(list))
            AtomicFile.WriteText(list, File.ReadAllText(list).TrimEnd('\n') + "\n" + string.Concat(Words.Select(word => word + "\n")));
        return Tokenizer.Load(folder);
    }

    /// <summary>The model with rows for the new words.</summary>
    /// <param name="model">The old one; not changed.</param>
    /// <param name="firstId">The first new word's id.</param>
    public PretrainedModel Extend(PretrainedModel model, int firstId)
    {
        int rows = firstId + Words.Count, oldRows = model.Config.VocabularySize;
        ModelConfig config = rows > oldRows ? model.Config.With("vocab_size", rows) : model.Config;
        PretrainedModel extended = PretrainedModel.Create(config, model.HeadKind);
        Dictionary<string, Parameter> old = model.Parameters.ToDictionary(
            parameter => parameter.Name,
            parameter => parameter.Value,
            StringComparer.Ordinal
        );
        using IDisposable noGradient = no_grad();
        foreach ((string name, Parameter value) in extended.Parameters)
        {
            using DisposeScope scope = NewDisposeScope();
            Parameter source = old[name];
            if (source.shape[0] != oldRows || value.shape[0] != config.VocabularySize)
            {
                value.copy_(source);
                continue;
            }

            value.narrow(0, 0, oldRows).copy_(source);
            for (int i = 0; i < Words.Count; i++)
            {
                Tensor pieces = source.index_select(0, tensor(Pieces[i].Select(id => (long)id).ToArray(), ScalarType.Int64));
                value.select(0, firstId + i).copy_(pieces.mean([0]));
            }
        }

        return extended;
    }

    private static void Count(ReadOnlySpan<int> ids, Tokenizer tokenizer, Dictionary<string, (long Count, int[] Pieces)> words)
    {
        for (int start = 0; start < ids.Length;)
        {
            int end = start + 1;
            while (end < ids.Length && IsContinuation(tokenizer, ids[end])) end++;
            if (end - start > 1)
            {
                int[] pieces = ids[start..end].ToArray();
                string word = string.Concat(
                    pieces.Select((id, i) => i == 0 ? tokenizer.IdToToken(id) : tokenizer.IdToToken(id)![Mark.Length..])
                );
                words[word] = (words.GetValueOrDefault(word).Count + 1, pieces);
            }

            start = end;
        }
    }

    private static bool IsContinuation(Tokenizer tokenizer, int id) =>
        tokenizer.IdToToken(id)?.StartsWith(Mark, StringComparison.Ordinal) == true;
}
