using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Inference;

namespace Graft.Cli.Commands;

/// <summary><c>graft fill-mask</c>: the words a masked language model expects.</summary>
internal static class FillMaskCommand
{
    public static Command Create()
    {
        Option<string> model = CommonFlags.Model.Required<string>("a masked language model");
        TextInput texts = new();
        Option<int> count = CommonFlags.TopK.WithDefault(5, "those that are printed for each mask");
        Option<bool> json = CommonFlags.Json("one document for --text, a line for each text of a file");
        Command command = new(
            "fill-mask",
            "Ask a masked language model for missing words: [MASK] (or the model's own mask token) marks them."
        )
        {
            model,
        };
        texts.AddTo(command);
        foreach (Option option in new Option[] { count, json, OptionSources.ConfigOption() }) command.Options.Add(option);
        command.SetAction((parsed, cancellationToken) =>
        {
            IEnumerable<string> lines = texts.Read(parsed);
            using FillMask filler = FillMask.Load(ModelFlag.Locate(parsed, model, cancellationToken));
            foreach (string note in filler.Notes) Terminal.Log(note);
            IEnumerable<FilledText> filled = lines.Select(text => filler.Fill(text, parsed.GetValue(count)));
            if (!parsed.GetValue(json)) Print(filled);
            else if (texts.IsStream(parsed)) foreach (FilledText text in filled) Terminal.JsonLine(text.ToJson());
            else Terminal.Json(Document([.. filled.Select(text => text.ToJson())]));
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    /// <summary>One text is a document by itself.</summary>
    private static JsonNode Document(JsonObject[] texts) => texts.Length == 1 ? texts[0] : new JsonArray([.. texts]);

    private static void Print(IEnumerable<FilledText> texts)
    {
        foreach (FilledText text in texts)
        {
            for (int mask = 0; mask < text.Masks.Count; mask++)
            {
                Terminal.Out(
                    text.Masks.Count == 1
                        ? text.Text
                        : string.Create(CultureInfo.InvariantCulture, $"{text.Text}  (mask {mask + 1} of {text.Masks.Count})")
                );
                foreach (MaskCandidate candidate in text.Masks[mask])
                    Terminal.Out(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"  {100 * candidate.Probability, 6:0.00} %  {candidate.Token, -16} {candidate.Text}"
                        )
                    );
            }
        }
    }
}
