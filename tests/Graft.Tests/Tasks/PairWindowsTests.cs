using Graft.Backbones;
using Graft.Tasks;
using Graft.Tokenizers;

namespace Graft.Tests.Tasks;

/// <summary>Every token of a pair that is longer than the limit is read in some window.</summary>
public sealed class PairWindowsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-pairs-").FullName;
    private readonly Tokenizer _tokenizer;

    public PairWindowsTests()
    {
        TinyFamily.Create(_folder, "bert", HeadKinds.SequenceClassification);
        _tokenizer = Tokenizer.Load(_folder);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void TheShorterTextStaysWholeBesideEveryWindow()
    {
        string longText = string.Join(' ', Enumerable.Repeat("anna lives in rome and omar lives in oslo .", 3));
        foreach ((string text, string pair, int shorter) in new[] { (longText, "who ?", 1), ("who ?", longText, 0) })
        {
            IReadOnlyList<TokenizedText> windows = PairWindows.Of(
                _tokenizer,
                text,
                pair,
                new EncodingOptions { MaxLength = 16, Stride = 4 },
                out int whole
            );
            Assert.Equal(35, whole);
            Assert.True(windows.Count > 1);
            Assert.All(windows, window => Assert.True(window.Length <= 16));
            Assert.All(windows, window => Assert.Equal(2, window.SequenceIds.Count(id => id == shorter)));
            Assert.Equal(
                longText.Length,
                windows[^1].Offsets.Where((_, token) => windows[^1].SequenceIds[token] == 1 - shorter).Max(range => range.End)
            );
        }
    }

    [Fact]
    public void TwoLongTextsMoveTogether()
    {
        string first = string.Join(' ', Enumerable.Repeat("anna lives in rome .", 4)),
            second = string.Join(' ', Enumerable.Repeat("the book was bad .", 6));
        IReadOnlyList<TokenizedText> windows = PairWindows.Of(
            _tokenizer,
            first,
            second,
            new EncodingOptions { MaxLength = 19, Stride = 4 },
            out int whole
        );
        Assert.Equal(53, whole);
        Assert.All(windows, window => Assert.True(window.Length <= 19));
        Assert.True(windows.Sum(window => window.SequenceIds.Count(id => id == 0)) >= 20);
        Assert.True(windows.Sum(window => window.SequenceIds.Count(id => id == 1)) >= 30);
    }

    [Fact]
    public void APlainCutIsOneWindow() =>
        Assert.Single(
            PairWindows.Of(
                _tokenizer,
                "anna lives in rome and omar lives in oslo .",
                "who lives in rome ?",
                new EncodingOptions { MaxLength = 10, Truncate = true },
                out _
            )
        );
}
