using System.Text.Json.Nodes;

namespace Graft.Backbones;

/// <summary>
/// What the rest of the library needs to know of a family: how to read it, build it, and what its checkpoints call things.
/// </summary>
public abstract class ModelFamily
{
    /// <summary>config.json's model_type.</summary>
    public abstract string ModelType { get; }

    /// <summary>What the published classes' names begin with: "Bert" in BertForMaskedLM.</summary>
    public abstract string ClassPrefix { get; }

    /// <summary>What names of backbone parameters begin with below a head, with the dot: "bert."; empty for none.</summary>
    public abstract string Prefix { get; }

    /// <summary>The prefix in files with this head.</summary>
    public virtual string PrefixUnder(string head) => head is HeadKinds.None or HeadKinds.Embedding ? "" : Prefix;

    /// <summary>The configuration of a file.</summary>
    public abstract ModelConfig ReadConfig(JsonObject json);

    /// <summary>The backbone, with a pooler where this head (or none) uses it.</summary>
    public abstract Backbone CreateBackbone(ModelConfig config, string head);

    /// <summary>The head's parts; null where the family has no such head.</summary>
    public abstract HeadRecipe? Recipe(string head, ModelConfig config);

    /// <summary>Names of published classes; families add or leave out some.</summary>
    public virtual IReadOnlyDictionary<string, string> Architectures => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [ClassPrefix + "Model"] = HeadKinds.None,
        [ClassPrefix + "ForMaskedLM"] = HeadKinds.MaskedLm,
        [ClassPrefix + "ForSequenceClassification"] = HeadKinds.SequenceClassification,
        [ClassPrefix + "ForTokenClassification"] = HeadKinds.TokenClassification,
        [ClassPrefix + "ForQuestionAnswering"] = HeadKinds.QuestionAnswering,
        [ClassPrefix + "ForMultipleChoice"] = HeadKinds.MultipleChoice,
    };

    /// <summary>
    /// True where a checkpoint's key stands for no parameter and is nothing to report: buffers, second names of tied weights.
    /// </summary>
    public virtual bool IsRedundant(string key) =>
        key.EndsWith("position_ids", StringComparison.Ordinal) || key.EndsWith("token_type_ids", StringComparison.Ordinal);

    /// <summary>A checkpoint's key as this family calls the parameter today: prefixes of other code.</summary>
    public virtual string CurrentKey(string key) => key;

    /// <summary>
    /// True where a class of code that a folder brings along (<c>auto_map</c> in config.json) is what this family computes. The code itself
    /// is never run; a folder with other classes is refused.
    /// </summary>
    public virtual bool Implements(string className) => false;

    /// <summary>True for backbone parameters that published checkpoints may lack (poolers).</summary>
    public virtual bool IsOptional(string key) => key.StartsWith("pooler.", StringComparison.Ordinal);

    /// <summary>The configuration as the keys of the checkpoint tell it better (T5: an output matrix of its own).</summary>
    public virtual ModelConfig Refine(ModelConfig config, IReadOnlySet<string> keys) => config;

    /// <summary>The head that a checkpoint's keys tell of, where config.json does not say (files of 2018).</summary>
    public virtual string HeadOf(IReadOnlySet<string> keys) => HeadKinds.None;

    /// <summary>True for keys of config.json that this family reads besides those of its defaults, whatever they are for others.</summary>
    public virtual bool Follows(string key) => false;

    /// <summary>
    /// What a language-model head's matrix and its bias are called where tie_word_embeddings is false; null where Graft has no such head in
    /// this family. A bias without a name is the head's own.
    /// </summary>
    public virtual (string Decoder, string? Bias)? OwnDecoder(ModelConfig config) => null;

    /// <summary>Other names under which a checkpoint may hold a parameter that it lacks under its own.</summary>
    public virtual IEnumerable<string> OtherNames(string parameter) =>
        parameter.EndsWith(".decoder.bias", StringComparison.Ordinal) ? [parameter[..^".decoder.bias".Length] + ".bias"] : [];

    /// <summary>The head that lets the family write text; null where it does not.</summary>
    public virtual string? WritingHead => null;

    /// <summary>The name, in this family, of a parameter of a teacher of another family; the same name where they are no kin.</summary>
    /// <param name="teacher">The teacher whose parameter it is.</param>
    /// <param name="name">With the teacher's prefix.</param>
    public virtual string NameFrom(ModelFamily teacher, string name) => name;

    /// <summary>The configuration as it is written beside the weights.</summary>
    public virtual ModelConfig ForSaving(ModelConfig config) => config;
}
