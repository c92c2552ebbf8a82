using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Generation;
using Graft.Inference;
using Graft.Tokenizers;

namespace Graft.Tests.Pretrained;

/// <summary>
/// Whatever happens to a JSON file of a model folder, of any of the kinds that the cases hold (encoders, classifiers, taggers, adapters,
/// sentence-transformers' modules, models that write text with their generation settings), the folder answers or is refused in one line.
/// GRAFT_MUTATIONS says how many mutations (240).
/// </summary>
public sealed class ModelFolderMutationTests : IDisposable
{
    private const int Usual = 240;
    private const string Text = "Old ships rest in the small harbour.", Pair = "The sea was wide.";
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-mutated-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AMutatedFolderAnswersOrIsRefusedInOneLine()
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("GRAFT_MUTATIONS"), CultureInfo.InvariantCulture, out int asked)
            ? asked
            : Usual;
        Good[] folders = [.. Directory.GetDirectories(TestData.Fixture("cases", "models")).Order(StringComparer.Ordinal).Select(Copy)];
        Assert.True(folders.Length > 20);
        CounterRandom random = new(25);
        for (int round = 0; round < count; round++)
        {
            Good good = folders[round % folders.Length];
            string path = good.Files[round / folders.Length % good.Files.Length];
            string whole = File.ReadAllText(path), mutated = JsonMutations.Mutate(whole, random);
            File.WriteAllText(path, mutated);
            try
            {
                good.Use();
            }
            catch (Exception failure) when (failure is InputException or RunFailedException)
            {
                Assert.DoesNotContain('\n', failure.Message);
            }
            catch (Exception failure)
            {
                Assert.Fail($"{path}, round {round}: {failure}\n{mutated[..Math.Min(1000, mutated.Length)]}");
            }

            File.WriteAllText(path, whole);
        }

        Assert.All(folders, good => good.Use()); // they are what they were
    }

    private Good Copy(string from)
    {
        string to = Path.Combine(_folder, Path.GetFileName(from));
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllBytes(copy, File.ReadAllBytes(file));
        }

        File.Delete(Path.Combine(to, "case.json"));
        string folder = Directory.Exists(Path.Combine(to, "adapter")) ? Path.Combine(to, "adapter") : Path.Combine(to, "model");
        return new Good(
            folder,
            [.. Directory.EnumerateFiles(to, "*.json", SearchOption.AllDirectories).Where(IsObject).Order(StringComparer.Ordinal)]
        );
    }

    // Of vocab.json the rest of its kind: a mutation of one of its words is no other folder.
    private static bool IsObject(string path) => Path.GetFileName(path) is not "vocab.json" && new FileInfo(path).Length < 40_000;

    /// <summary>A sound folder, and what is asked of it.</summary>
    private sealed class Good
    {
        private readonly string _folder;
        private readonly bool _isTokenizer, _embeds, _writes;

        public Good(string folder, string[] files)
        {
            (_folder, Files) = (folder, files);
            _isTokenizer = Directory.GetFiles(folder, "*.safetensors").Length + Directory.GetFiles(folder, "*.bin").Length == 0;
            string config = File.ReadAllText(Path.Combine(folder, "config.json"));
            string kind = (string?)JsonNode.Parse(config)?["architectures"]?[0] ?? "";
            _embeds = File.Exists(Path.Combine(folder, "modules.json")) || kind is "BertModel";
            _writes = kind is "T5ForConditionalGeneration" or "GPT2LMHeadModel";
        }

        public string[] Files { get; }

        public void Use()
        {
            if (_isTokenizer)
            {
                _ = Tokenizer.Load(_folder).Encode(Text);
            }
            else if (_embeds)
            {
                using Embedder embedder = Embedder.Load(_folder);
                _ = embedder.Embed(Text);
            }
            else if (_writes)
            {
                using TextGenerator generator = TextGenerator.Load(_folder);
                _ = generator.Generate(Text, generator.Defaults with { MaxNewTokens = 3 });
            }
            else
            {
                using Predictor predictor = Predictor.Load(_folder);
                _ = predictor.Predict([(Text, predictor.Task.Name is "question-answering" ? Pair : null)]);
            }
        }
    }
}
