using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Training;

/// <summary>The words of the whitespace pre-tokenizer: runs of <c>\w+</c> and runs of <c>[^\w\s]+</c>.</summary>
internal sealed class PlainWords : WordSplitter
{
    public override void Count(ReadOnlySpan<byte> item, WordCounter counter)
    {
        int start = 0, previous = 0;
        for (int i = 0; i < item.Length;)
        {
            int codePoint = Decode(item[i..], out int length);
            int kind = CodePoint.IsWhiteSpace(codePoint) ? 0 : CodePoint.IsWord(codePoint) ? 1 : 2;
            if (kind != previous)
            {
                if (previous != 0) counter.Add(item[start..i]);
                start = i;
                previous = kind;
            }

            i += length;
        }

        if (previous != 0) counter.Add(item[start..]);
    }
}
