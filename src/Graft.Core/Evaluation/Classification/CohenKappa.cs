namespace Graft.Evaluation;

/// <summary>Agreement beyond chance (Cohen 1960): 1 is perfect, 0 what the class frequencies alone would give.</summary>
internal static class CohenKappa
{
    /// <summary>NaN when chance alone would agree everywhere (one class only).</summary>
    public static double Of(ConfusionMatrix confusion)
    {
        double total = confusion.Total;
        double byChance = 0;
        for (int c = 0; c < confusion.Classes; c++) byChance += confusion.Support(c) / total * (confusion.Predicted(c) / total);
        return (Accuracy.Of(confusion) - byChance) / (1 - byChance);
    }
}
