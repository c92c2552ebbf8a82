namespace Graft.Tokenizers;

/// <summary>
/// Turns ids to text one at a time, as a model generates them. Text comes out as soon as it cannot change any more: a character whose bytes
/// are spread over tokens comes with the last of them. Only the last few ids are decoded again, so long texts take linear time.
/// </summary>
/// <example>The ids of <c>Ġcaf</c>, <c>Ã</c>, <c>©</c> give <c>" caf"</c>, <c>""</c>, <c>"é"</c>.</example>
/// <param name="tokenizer">The tokenizer of the ids.</param>
/// <param name="options">How to decode; null skips special tokens.</param>
public sealed class StreamingDecoder(Tokenizer tokenizer, DecodeOptions? options = null)
{
    private readonly DecodeOptions _options = options ?? new();

    // The ids that are decoded together: the first _known of them are what came out last, kept so that the next see their neighbours.
    private readonly List<int> _ids = [];
    private string _knownText = "";
    private int _known;

    /// <summary>Takes the next id and returns the text that is certain now; often one word, sometimes nothing.</summary>
    public string Add(int id)
    {
        _ids.Add(id);
        string text = Decode();
        return text.Length > _knownText.Length && text[^1] != '\uFFFD' ? Advance(text) : "";
    }

    /// <summary>Returns what is left at the end, bytes that never became a character as U+FFFD, and starts over.</summary>
    public string Finish()
    {
        string text = Decode();
        string rest = text.Length > _knownText.Length ? text[_knownText.Length..] : "";
        _ids.Clear();
        _known = 0;
        _knownText = "";
        return rest;
    }

    private string Advance(string text)
    {
        string added = text[_knownText.Length..];
        _ids.RemoveRange(0, _known);
        _known = _ids.Count;
        _knownText = Decode();
        return added;
    }

    private string Decode() => tokenizer.Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ids), _options);
}
