using Graft.Backbones;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tasks.TokenClassification;
using Graft.Tokenizers;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Demonstrations.Transfer;

/// <summary>
/// Fixed vectors for what a task classifies, texts or words: from the table of word vectors alone (the same wherever a word stands), or
/// from the last layer (a word in its context). Both are [items, D], row-major, in the data's order.
/// </summary>
internal sealed class FrozenVectors(PretrainedModel model, FineTuningTask task, EncodingOptions encoding)
{
    /// <summary>D, of the last layer's states.</summary>
    public int Width => model.Backbone.HiddenSize;

    /// <summary>The table's own width: families that factorise it have a smaller one than D.</summary>
    public int StaticWidth => (int)model.Backbone.Words.Width;

    /// <summary>The mean of the table's rows over a text's tokens, or over a word's; no layer is run.</summary>
    public float[] Static(TaskData data)
    {
        Tokenizer tokenizer = model.Tokenizer;
        EncodeOptions plain = new() { AddSpecialTokens = false };
        List<float> vectors = [];
        using IDisposable noGradient = no_grad();
        if (data is TokenData sentences)
        {
            foreach (IReadOnlyList<string> words in sentences.Sequences.Select(sentence => sentence.Words))
            {
                TokenizedText tokens = tokenizer.EncodeWords(words, options: plain);
                for (int word = 0; word < words.Count; word++)
                    vectors.AddRange(MeanRow([.. tokens.Ids.Where((_, i) => tokens.WordIds[i] == word)]));
            }
        }
        else
        {
            foreach (var row in ((TextData)data).Rows) vectors.AddRange(MeanRow(tokenizer.Encode(row.Text, row.Pair, plain).Ids));
        }

        return [.. vectors];
    }

    /// <summary>The mean of a text's last states, or the last state of a word's first sub-word.</summary>
    public float[] Contextual(TaskData data)
    {
        IReadOnlyList<Feature> features = task.Encode(data, model.Tokenizer, encoding).Features;
        int[] firstItem = FirstItems(data);
        float[] vectors = new float[firstItem[^1] * Width];
        int[] windows = new int[firstItem[^1]];
        foreach (int[] places in LengthBatches.Of(features)) AddBatch([.. places.Select(i => features[i])], firstItem, vectors, windows);

        for (int item = 0; item < windows.Length; item++)
        {
            for (int i = 0; i < Width; i++) vectors[(item * Width) + i] /= Math.Max(1, windows[item]);
        }

        return vectors;
    }

    private void AddBatch(IReadOnlyList<Feature> features, int[] firstItem, float[] vectors, int[] windows)
    {
        using IDisposable noGradient = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        EncoderInput input = Collator.Of(BatchLayout.Packed, model).Input(features);
        Tensor states = model.Forward(input).States.LastHiddenState; // [tokens, D]
        bool ofWords = features[0] is WordsFeature;
        float[] rows = (ofWords ? states : Pooling.Mean(states, input)).ToSingles();
        for (int f = 0; f < features.Count; f++)
        {
            Feature feature = features[f];
            if (!ofWords) Add(firstItem[feature.Example], f);
            for (int token = 0; ofWords && token < feature.Ids.Length; token++)
            {
                int word = ((WordsFeature)feature).FirstOfWord[token];
                if (word >= 0) Add(firstItem[feature.Example] + word, input.Boundaries![f] + token);
            }
        }

        void Add(int item, int row)
        {
            for (int i = 0; i < Width; i++) vectors[(item * Width) + i] += rows[(row * Width) + i];
            windows[item]++;
        }
    }

    /// <summary>The place of each example's first item, and last the number of items.</summary>
    private static int[] FirstItems(TaskData data)
    {
        int[] first = new int[data.Count + 1];
        for (int i = 0; i < data.Count; i++)
            first[i + 1] = first[i] + (data is TokenData sentences ? sentences.Sequences[i].Words.Count : 1);
        return first;
    }

    private float[] MeanRow(int[] ids)
    {
        if (ids.Length == 0) return new float[StaticWidth];
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = model.Backbone.Words.Weight.index_select(0, tensor((long[])[.. ids.Select(id => (long)id)]));
        return rows.mean([0]).ToSingles();
    }
}
