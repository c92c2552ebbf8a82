using System.Text.Json;

namespace Graft.Tests.Evaluation;

/// <summary>
/// Reference values of the metrics, computed by scikit-learn, scipy, seqeval, sacrebleu, rouge-score and the official SQuAD scripts.
/// </summary>
internal static class Golden
{
    private const double RelativeTolerance = 1e-9;

    /// <summary>The cases of a file, those of one kind where the file mixes kinds.</summary>
    public static IReadOnlyList<JsonElement> Cases(string file, Func<JsonElement, bool>? where = null)
    {
        JsonElement[] cases = JsonDocument
            .Parse(File.ReadAllBytes(TestData.Fixture("metrics", file)))
            .RootElement.GetProperty("cases")
            .EnumerateArray()
            .Where(where ?? (_ => true))
            .ToArray();
        Assert.NotEmpty(cases);
        return cases;
    }

    public static string Name(this JsonElement element) => element.GetProperty("name").GetString()!;

    public static JsonElement Expected(this JsonElement element, params string[] path) =>
        path.Aggregate(element.GetProperty("expected"), (value, key) => value.GetProperty(key));

    public static double[] Doubles(this JsonElement element) =>
        element.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Null ? double.NaN : item.GetDouble()).ToArray();

    public static double[] Doubles(this JsonElement element, string key) => element.GetProperty(key).Doubles();

    public static int[] Ints(this JsonElement element, string key) =>
        element.GetProperty(key).EnumerateArray().Select(item => item.GetInt32()).ToArray();

    public static double[][] Matrix(this JsonElement element, string key) =>
        element.GetProperty(key).EnumerateArray().Select(row => row.Doubles()).ToArray();

    public static bool[][] Bits(this JsonElement element, string key) =>
        element.Matrix(key).Select(row => row.Select(value => value == 1).ToArray()).ToArray();

    public static string[] Strings(this JsonElement element) => element.EnumerateArray().Select(item => item.GetString()!).ToArray();

    /// <summary>Equal to a relative 1e-9; JSON null stands for an undefined value, which the project writes as NaN.</summary>
    public static void Equal(JsonElement expected, double actual, string what)
    {
        if (expected.ValueKind == JsonValueKind.Null) Assert.True(double.IsNaN(actual), $"{what}: undefined expected, {actual} found");
        else Equal(expected.GetDouble(), actual, what);
    }

    public static void Equal(double expected, double actual, string what) => Assert.True(
        Math.Abs(expected - actual) <= RelativeTolerance * Math.Max(Math.Abs(expected), 1e-3),
        $"{what}: {expected:R} expected, {actual:R} found");

    public static void Equal(JsonElement expected, IReadOnlyList<double> actual, string what)
    {
        double[] values = expected.Doubles();
        Assert.True(values.Length == actual.Count, $"{what}: {values.Length} values expected, {actual.Count} found");
        for (int i = 0; i < values.Length; i++)
        {
            if (!double.IsNaN(values[i]) || !double.IsNaN(actual[i])) Equal(values[i], actual[i], $"{what}[{i}]");
        }
    }
}
