using CsCheck;
using Graft.Tasks;

namespace Graft.Tests.Tasks;

public sealed class FoldsTests
{
    [Fact]
    public void EveryStratumIsDealtOutEvenly() => Gen.Select(Gen.Int[0, 3].Array[4, 60], Gen.Int[2, 5]).Sample((labels, folds) =>
    {
        string[] strata = [.. labels.Select(label => $"{label}")];
        int[] fold = Folds.Assign(strata, folds, 5);
        foreach (string name in strata.Distinct())
        {
            int[] counts = [.. Enumerable.Range(0, folds).Select(held => fold.Where((own, i) => own == held && strata[i] == name).Count())];
            Assert.True(counts.Max() - counts.Min() <= 1, $"{name}: {string.Join(' ', counts)}");
        }

        int[] sizes = [.. Enumerable.Range(0, folds).Select(held => fold.Count(own => own == held))];
        Assert.True(sizes.Max() - sizes.Min() <= 1);
    });

    [Fact]
    public void OtherSeedsDealOtherFolds()
    {
        string[] strata = [.. Enumerable.Range(0, 40).Select(i => $"{i % 2}")];
        Assert.Equal(Folds.Assign(strata, 5, 1), Folds.Assign(strata, 5, 1));
        Assert.NotEqual(Folds.Assign(strata, 5, 1), Folds.Assign(strata, 5, 2));
    }
}
