using Graft.Objectives;

namespace Graft.Tests.Objectives;

/// <summary>A vocabulary of 1,000 tokens: 0…4 are [PAD] [UNK] [CLS] [SEP] [MASK], ids from 700 on continue a word.</summary>
internal static class ToyVocabulary
{
    public const int Cls = 2, Sep = 3, Mask = 4, Size = 1000, FirstContinuing = 700;

    public static MaskingVocabulary Create() => new(Size, Mask, [0, 1, Cls, Sep], id => id >= FirstContinuing);

    /// <summary>[CLS] words [SEP] of <paramref name="length"/> tokens; about 30 % of the pieces continue a word.</summary>
    public static int[] Sequence(int length, ref CounterRandom random)
    {
        int[] ids = new int[length];
        for (int i = 1; i < length - 1; i++) ids[i] = 5 + random.NextInt(Size - 5);
        ids[0] = Cls;
        ids[^1] = Sep;
        return ids;
    }
}
