using Graft.Pretrained;

namespace Graft.Tests.Pretrained;

/// <summary>Names of models, settings of the environment and the choice of files.</summary>
public sealed class ModelHubNamesTests
{
    [Theory]
    [InlineData("bert-base-uncased", "bert-base-uncased", "main")]
    [InlineData("sentence-transformers/all-MiniLM-L6-v2@v1.0", "sentence-transformers/all-MiniLM-L6-v2", "v1.0")]
    [InlineData("org/model@refs/pr/3", "org/model", "refs/pr/3")]
    public void NamesWithAndWithoutRevisionAreUnderstood(string text, string name, string revision) =>
        Assert.Equal(new(name, revision), ModelHubId.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("a/b/c")]
    [InlineData("/etc")]
    [InlineData("a--b/c")]
    [InlineData("a/b@../../c")]
    [InlineData("a/b@")]
    [InlineData("a b")]
    public void EverythingElseIsRefused(string text) => Assert.Throws<InputException>(() => ModelHubId.Parse(text));

    [Fact]
    public void OnlyAFullCommitIsPinned()
    {
        Assert.True(new ModelHubId("a", new string('a', 40)).IsPinned);
        Assert.False(new ModelHubId("a", "abc123").IsPinned);
    }

    [Theory]
    [InlineData(
        "README.md config.json model.safetensors pytorch_model.bin tf_model.h5 vocab.txt",
        "config.json vocab.txt model.safetensors"
    )]
    [InlineData(
        "config.json model.safetensors.index.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors",
        "config.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors model.safetensors.index.json"
    )]
    [InlineData("config.json pytorch_model.bin training_args.bin optimizer.pt", "config.json pytorch_model.bin")]
    [InlineData("adapter_config.json adapter_model.safetensors", "adapter_config.json adapter_model.safetensors")]
    [InlineData(
        "modules.json 1_Pooling/config.json 2_Dense/model.safetensors model.safetensors onnx/model.onnx",
        "1_Pooling/config.json 2_Dense/model.safetensors modules.json model.safetensors"
    )]
    [InlineData(
        "bert_config.json bert_model.ckpt.data-00000-of-00001 bert_model.ckpt.index bert_model.ckpt.meta vocab.txt",
        "bert_config.json vocab.txt bert_model.ckpt.data-00000-of-00001 bert_model.ckpt.index"
    )]
    public void OnlyNeededFilesAreChosenWithTheWeightsLast(string published, string chosen) =>
        Assert.Equal(chosen, string.Join(' ', ModelHubFiles.Choose(published.Split(' '))));

    [Fact]
    public void TheEnvironmentIsReadAsHuggingFacesLibrariesDo()
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal)
        {
            ["HF_HOME"] = "/home/hf",
            ["HF_ENDPOINT"] = "http://mirror:8080/",
            ["HF_TOKEN"] = "t",
            ["HF_HUB_OFFLINE"] = "yes",
        };
        ModelHubOptions options = ModelHubOptions.FromEnvironment(environment.GetValueOrDefault);
        Assert.Equal(
            (Path.Combine("/home/hf", "hub"), "http://mirror:8080/", "t", true),
            (options.CacheFolder, options.Endpoint.AbsoluteUri, options.Token, options.IsOffline)
        );
        environment["HF_HUB_CACHE"] = "/cache";
        Assert.Equal("/cache", ModelHubOptions.FromEnvironment(environment.GetValueOrDefault).CacheFolder);
        environment["HF_ENDPOINT"] = "ftp://x";
        Assert.Throws<InputException>(() => ModelHubOptions.FromEnvironment(environment.GetValueOrDefault));
    }

    [Fact]
    public void WithoutSettingsTheUsersCacheIsShared() =>
        Assert.EndsWith(
            Path.Combine("huggingface", "hub"),
            ModelHubOptions.FromEnvironment(_ => null).CacheFolder,
            StringComparison.Ordinal
        );

    [Fact]
    public async Task AFolderIsItsOwnPlaceAndAPathThatIsNotThereIsRefused()
    {
        Assert.Equal(
            AppContext.BaseDirectory,
            await ModelHub.LocateAsync(AppContext.BaseDirectory, null, TestContext.Current.CancellationToken)
        );
        InputException error = await Assert.ThrowsAsync<InputException>(() =>
            ModelHub.LocateAsync("./not/a/folder", null, TestContext.Current.CancellationToken)
        );
        Assert.Contains("no such folder", error.Message, StringComparison.Ordinal);
    }
}
