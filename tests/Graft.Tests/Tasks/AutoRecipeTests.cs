using Graft.Tasks;

namespace Graft.Tests.Tasks;

public sealed class AutoRecipeTests
{
    [Theory]
    [InlineData(20, 80)]
    [InlineData(50, 80)]
    [InlineData(100, 40)]
    [InlineData(200, 20)]
    [InlineData(999, 20)]
    [InlineData(4_999, 10)]
    [InlineData(9_000, 3)]
    public void TheFewerExamplesTheMoreEpochs(int examples, double epochs)
    {
        Assert.Equal(epochs, AutoRecipe.Epochs("full", examples).Value);
        Assert.True(AutoRecipe.Epochs("lora", examples).Value >= epochs, "few trained parameters never want fewer passes");
    }
}
