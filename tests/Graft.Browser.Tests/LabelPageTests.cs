using System.Globalization;
using Deque.AxeCore.Playwright;
using Graft.Data;
using Graft.Labelling;
using Graft.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Graft.Browser.Tests;

/// <summary>The way of a person through <c>graft label</c>, by keyboard and by mouse.</summary>
public sealed class LabelPageTests(Browser browser) : IDisposable
{
    private static readonly string[] s_good = ["wonderful", "charming", "superb", "moving"],
        s_bad = ["tedious", "clumsy", "dull", "dreadful"];
    private static readonly string[] s_what = ["story", "score", "ending", "first half", "dialogue", "camera work", "humour", "cast"];
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-label-page-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task APersonLabelsByKeyboardAndEveryAnswerIsInTheFile()
    {
        await using Served served = await Served.StartAsync(Session());
        (IPage page, List<string> wrong) = await browser.OpenAsync(served.Address);
        await Expect(page.Locator("#done")).ToHaveTextAsync("0 of 200");
        for (int i = 0; i < 40; i++) await AnswerAsync(page, i + 1);
        await Expect(page.Locator(".suggested")).ToHaveCountAsync(1);
        await Expect(page.Locator("#confirmText")).ToContainTextAsync("Confirm ");

        await page.Keyboard.PressAsync("n");
        await page.Keyboard.TypeAsync("1 is not an answer here");
        await page.Keyboard.PressAsync("Escape");
        string confirmed = await page.Locator("#text").InnerTextAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#done")).ToHaveTextAsync("41 of 200");
        Assert.Equal("1 is not an answer here", LabelledTextReader.Read(Output).Rows.Single(row => row.Text == confirmed).Other["note"]);

        await page.Keyboard.PressAsync("u");
        await Expect(page.Locator("#done")).ToHaveTextAsync("40 of 200");
        await Expect(page.Locator("#text")).ToHaveTextAsync(confirmed);
        await page.Keyboard.PressAsync("s");
        await Expect(page.Locator("#text")).Not.ToHaveTextAsync(confirmed);
        await Expect(page.Locator("#done")).ToHaveTextAsync("40 of 200");
        LabelledTextFile file = LabelledTextReader.Read(Output);
        Assert.Equal(40, file.Rows.Count);
        Assert.All(file.Rows, row => Assert.Equal(LabelOf(row.Text), row.Label));
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task ByMouseTheSameAndATextIsLeftWhereAnAnswerIsRefused()
    {
        await using Served served = await Served.StartAsync(Session());
        (IPage page, List<string> wrong) = await browser.OpenAsync(served.Address);
        string first = await TextAsync(page);
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = LabelOf(first) }).ClickAsync();
        await Expect(page.Locator("#done")).ToHaveTextAsync("1 of 200");
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Undo" }).ClickAsync();
        await Expect(page.Locator("#text")).ToHaveTextAsync(first);

        await page.RouteAsync("**/api/answer", route => route.AbortAsync());
        await page.Locator("#labels button").First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not answer");
        await Expect(page.Locator("#text")).ToHaveTextAsync(first);
        await page.UnrouteAsync("**/api/answer");
        await page.Locator("#labels button").First.ClickAsync();
        await Expect(page.Locator("#problem")).ToHaveTextAsync("");
        await Expect(page.Locator("#done")).ToHaveTextAsync("1 of 200");
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task TwoPeopleDisagreeAndOneDecides()
    {
        using LabellingSession session = Session();
        await using Served served = await Served.StartAsync(session);
        session.Answer(new LabelAnswer("7", "anna", ["negative"]));
        session.Answer(new LabelAnswer("7", "ben", ["positive"]));
        (IPage page, List<string> wrong) = await browser.OpenAsync(served.Address);
        await page.GetByLabel("Your name").FillAsync("chris");
        await page.GetByLabel("Your name").PressAsync("Enter");
        ILocator box = page.Locator("#disagreementsBox");
        await Expect(box).ToContainTextAsync("anna: negative · ben: positive");
        await box.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "negative" }).ClickAsync();
        await Expect(box).ToBeHiddenAsync();
        Assert.Equal("negative", LabelledTextReader.Read(Output).Rows.Single(row => row.Id == "7").Label);
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task SeveralLabelsAreToggledAndKeptTogether()
    {
        await using Served served = await Served.StartAsync(Session(several: true));
        (IPage page, List<string> wrong) = await browser.OpenAsync(served.Address);
        string text = await TextAsync(page);
        await page.Keyboard.PressAsync("1");
        await page.Keyboard.PressAsync("2");
        await Expect(page.Locator("#labels [aria-pressed=true]")).ToHaveCountAsync(2);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#done")).ToHaveTextAsync("1 of 200");
        Assert.Equal(
            ["negative", "positive"],
            LabelledTextReader.Read(Output, new ColumnOptions { MultiLabel = true }).Rows.Single(row => row.Text == text).Labels
        );
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("wide", 1180, ColorScheme.Light)]
    [InlineData("dark", 1180, ColorScheme.Dark)]
    [InlineData("narrow", 390, ColorScheme.Light)]
    public async Task NothingIsAmissForAccessibilityAndNothingIsWiderThanTheScreen(string name, int width, ColorScheme scheme)
    {
        using LabellingSession session = Session();
        for (int i = 1; i <= 60; i++) session.Answer(new LabelAnswer($"{i}", "anna", [i == 9 ? "positive" : LabelOf(Texts()[i - 1].Text)]));
        await using Served served = await Served.StartAsync(session);
        while (session.Next("anna") is { Random: false } chosen)
            session.Answer(new LabelAnswer(chosen.Id, "anna", [LabelOf(chosen.Text)]));
        for (int i = 0; i < 60; i++)
            session.Answer(new LabelAnswer(session.Next("anna")!.Id, "anna", [LabelOf(session.Next("anna")!.Text)]));
        await session.UpToDateAsync(true, TestContext.Current.CancellationToken);
        (IPage page, List<string> wrong) = await browser.OpenAsync(
            served.Address,
            new BrowserNewContextOptions
            {
                ViewportSize = new ViewportSize { Width = width, Height = 760 },
                ColorScheme = scheme,
            }
        );
        await Expect(page.Locator(".suggested")).ToHaveCountAsync(1);
        await Expect(page.Locator("#accuracy")).ToContainTextAsync("right");
        var result = await page.RunAxe();
        string[] serious =
        [
            .. result
                .Violations.Where(violation => violation.Impact is "serious" or "critical")
                .Select(violation => $"{violation.Id}: {violation.Help}: {violation.Nodes[0].Html}"),
        ];
        Assert.True(serious.Length == 0, string.Join('\n', serious));
        Assert.True(
            await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= window.innerWidth"),
            "the page is wider than the screen"
        );
        Assert.Empty(wrong);
        string pictures = Path.Combine(AppContext.BaseDirectory, "pictures");
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(pictures, $"label-{name}.png"), FullPage = true });
    }

    private string Output => Path.Combine(_folder, "labels.jsonl");

    private static LabelledText[] Texts() =>
        [
            .. Enumerable
                .Range(0, 200)
                .Select(i => new LabelledText
                {
                    Text = $"The {s_what[i / 2 % 8]} is {(i % 2 == 0 ? s_good : s_bad)[i / 16 % 4]}, and I noticed it in scene {i + 1}.",
                    Row = i + 1,
                }),
        ];

    private static string LabelOf(string text) =>
        Array.Exists(s_good, word => text.Contains(word, StringComparison.Ordinal)) ? "positive" : "negative";

    /// <summary>Words as vectors: what a small static model would give.</summary>
    private static float[] Vector(string text)
    {
        float[] vector = new float[24];
        string[] words = [.. s_good, .. s_bad, .. s_what];
        for (int i = 0; i < words.Length; i++) vector[i] = text.Contains(words[i], StringComparison.Ordinal) ? i < 8 ? 1 : 0.5f : 0;
        vector[16 + (text.Length % 8)] = 0.2f;
        for (int i = 0; i < 8; i++)
            vector[16 + i] += int.Parse(text[(text.LastIndexOf(' ') + 1)..^1], CultureInfo.InvariantCulture) % (i + 3) * 0.1f;
        return vector;
    }

    private LabellingSession Session(bool several = false) =>
        LabellingSession.Open(
            Texts(),
            new LabellingOptions
            {
                LabelNames = ["negative", "positive"],
                Output = Output,
                Several = several,
                DuplicateFrom = 1.1,
            }
        );

    private static async Task<string> TextAsync(IPage page)
    {
        await Expect(page.Locator("#text")).ToContainTextAsync("scene");
        return await page.Locator("#text").InnerTextAsync();
    }

    private static async Task AnswerAsync(IPage page, int count)
    {
        await page.Keyboard.PressAsync(LabelOf(await TextAsync(page)) == "negative" ? "1" : "2");
        await Expect(page.Locator("#done")).ToHaveTextAsync($"{count} of 200");
    }

    private sealed class Served(LabellingSession session, WebApplication app, string address) : IAsyncDisposable
    {
        public string Address => address;

        public static async Task<Served> StartAsync(LabellingSession session)
        {
            session.Embed(texts => [.. texts.Select(Vector)]);
            WebApplicationBuilder builder = GraftServer.CreateBuilder(new ServerOptions { Port = 0, DrainTime = TimeSpan.Zero });
            WebApplication app = builder.Build();
            string token = GraftLabelling.NewToken();
            app.UseGraft()
                .MapLabelling(
                    session,
                    new LabellingPage(
                        token,
                        "text-classification",
                        "graft auto --task text-classification --train labels.jsonl --time 10m --output RUN"
                    )
                );
            await app.StartAsync(TestContext.Current.CancellationToken);
            return new Served(
                session,
                app,
                $"{app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()}/#token={token}"
            );
        }

        public async ValueTask DisposeAsync()
        {
            await app.StopAsync(CancellationToken.None);
            await app.DisposeAsync();
            session.Dispose();
        }
    }
}
