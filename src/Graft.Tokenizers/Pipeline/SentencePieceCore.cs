using Graft.Tokenizers.PostProcessors;
using Graft.Tokenizers.SentencePiece;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Pipeline;

/// <summary>A tokenizer that is a plain SentencePiece model: no special tokens are put around a text or looked for in it.</summary>
internal sealed class SentencePieceCore : TokenizerCore
{
    private readonly SentencePieceProcessor _processor;
    private readonly byte[] _file;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    public SentencePieceCore(string path)
    {
        _processor = SentencePieceProcessor.Load(path);
        _file = File.ReadAllBytes(path);
        for (int id = _processor.Pieces.Count - 1; id >= 0; id--) _ids[_processor.Pieces[id].Text] = id;
    }

    public override int IdEnd => _processor.Pieces.Count;

    public override int TokenCount => _processor.Pieces.Count;

    public override string? UnknownToken => _processor.Pieces[_processor.UnknownId].Text;

    public override IReadOnlyList<AddedToken> AddedTokens => [];

    public override PostProcessor? PostProcessor => null;

    public override TextSession CreateSession() => new Session(_processor);

    public override int IdOf(string token) => _ids.GetValueOrDefault(token, -1);

    public override string? TokenOf(int id) => (uint)id < (uint)IdEnd ? _processor.Pieces[id].Text : null;

    public override string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        List<int> known = new(ids.Length);
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)IdEnd || (skipSpecialTokens && _processor.Pieces[id].Type == SentencePieceType.Control)) continue;
            known.Add(id);
        }

        return _processor.Decode(known.ToArray());
    }

    public override TokenizerCore With(TokenizerOverrides overrides) => this;

    public override IEnumerable<(string Name, Action<Stream> Write)> Files() => [("spiece.model", stream => stream.Write(_file))];

    private sealed class Session(SentencePieceProcessor processor) : TextSession
    {
        private readonly List<int> _ids = [];

        public override void Encode(ReadOnlySpan<char> text, bool splitSpecialTokens, TokenBuffer output)
        {
            if (output.WithOffsets)
            {
                EncodeWithPlaces(new string(text), output);
                return;
            }

            _ids.Clear();
            processor.Encode(text, _ids);
            output.Reserve(_ids.Count);
            foreach (int id in _ids) output.AddReserved(id, 0, 0, 0);
        }

        private void EncodeWithPlaces(string text, TokenBuffer output)
        {
            int bytes = 0;
            int units = 0;
            foreach (SentencePiecePlace place in processor.EncodeWithPlaces(text).Pieces)
            {
                int start = UnitAt(place.Start);
                output.Add(place.Id, start, UnitAt(place.End), output.WordCount++, place.Piece);
            }

            // Places come in order: the text is walked once. A place within a character counts as its beginning.
            int UnitAt(int place)
            {
                while (units < text.Length)
                {
                    int next = bytes + Utf16.Utf8Length(Utf16.At(text, units, out int length));
                    if (next > place) break;
                    bytes = next;
                    units += length;
                }

                return units;
            }
        }
    }
}
