using System.Text;
using Graft.Tokenizers;

namespace Graft.Inference;

/// <summary>Texts that end the writing wherever they appear, across any number of tokens.</summary>
internal sealed class StopStrings(Tokenizer tokenizer, IReadOnlyList<string> texts)
{
    private readonly string[] _texts = [.. texts.Where(text => text.Length > 0)];

    public bool IsEmpty => _texts.Length == 0;

    /// <summary>What stands before the first stop string; null where there is none.</summary>
    public string? Find(IReadOnlyList<int> tokens)
    {
        if (IsEmpty) return null;
        string text = tokenizer.Decode([.. tokens]);
        return IndexIn(text) is >= 0 and int index ? text[..index] : null;
    }

    /// <summary>Where the first stop string begins; −1 for none.</summary>
    public int IndexIn(string text)
    {
        int[] places = [.. _texts.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(place => place >= 0)];
        return places.Length == 0 ? -1 : places.Min();
    }

    /// <summary>How many of a text's last characters may be the beginning of a stop string.</summary>
    public int PossibleBeginning(string text)
    {
        int most = 0;
        foreach (string stop in _texts)
        {
            for (int length = Math.Min(stop.Length - 1, text.Length); length > most; length--)
            {
                if (text.EndsWith(stop[..length], StringComparison.Ordinal)) most = length;
            }
        }

        return most;
    }
}

/// <summary>One text's stream: pieces come out as soon as they are certain and no stop string can begin in them.</summary>
internal sealed class TextStream(Tokenizer tokenizer, StopStrings stops, Action<string> onText)
{
    private readonly StreamingDecoder _decoder = new(tokenizer);
    private readonly StringBuilder _held = new();
    private bool _stopped;

    public void Add(int token) => Emit(_decoder.Add(token), isLast: false);

    public void Finish() => Emit(_decoder.Finish(), isLast: true);

    private void Emit(string piece, bool isLast)
    {
        if (_stopped) return;
        string text = _held.Append(piece).ToString();
        int stop = stops.IndexIn(text), certain = stop >= 0 ? stop : isLast ? text.Length : text.Length - stops.PossibleBeginning(text);
        _stopped = stop >= 0;
        _held.Clear().Append(text.AsSpan(certain));
        if (certain > 0) onText(text[..certain]);
    }
}
