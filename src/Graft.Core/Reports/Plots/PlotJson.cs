using System.Text.Json.Nodes;
using Graft.Evaluation;

namespace Graft.Reports.Plots;

/// <summary>Numbers for the JSON twin; what is no number is null there.</summary>
internal static class PlotJson
{
    public static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    public static JsonObject Point(double x, ScoreInterval y)
    {
        JsonObject point = Interval(y);
        point.Insert(0, "x", Number(x));
        return point;
    }

    public static JsonObject Interval(ScoreInterval score)
    {
        JsonObject value = new() { ["value"] = Number(score.Value) };
        if (!score.HasEnds) return value;
        value["low"] = Number(score.Low);
        value["high"] = Number(score.High);
        return value;
    }

    public static JsonArray Numbers(IEnumerable<double> values) => new(values.Select(Number).ToArray());

    public static JsonArray Texts(IEnumerable<string> values) => new(values.Select(value => (JsonNode)value).ToArray());
}
