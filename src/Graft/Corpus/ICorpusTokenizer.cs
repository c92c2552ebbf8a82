namespace Graft.Corpus;

/// <summary>What a corpus needs of a tokenizer; any thread may call it.</summary>
public interface ICorpusTokenizer
{
    /// <summary>Number of tokens, added ones included.</summary>
    int VocabularySize { get; }

    /// <summary>The token between documents: [SEP], &lt;/s&gt; or &lt;|endoftext|&gt;.</summary>
    int SeparatorId { get; }

    /// <summary>What identifies the tokenizer: a corpus is only good for the one it was made with.</summary>
    string Fingerprint { get; }

    /// <summary>Appends a stretch of text's tokens, without specials around it.</summary>
    void Encode(ReadOnlySpan<char> text, List<int> ids);
}
