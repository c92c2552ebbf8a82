using System.Text.Json;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Graft.Browser.Tests;

/// <summary>
/// The page of <c>graft serve</c>: every view by mouse and by keyboard, what goes wrong, and what people see who see otherwise.
/// </summary>
public sealed class PlaygroundTests(Browser browser, PlaygroundServer server) : IClassFixture<PlaygroundServer>
{
    private static readonly Dictionary<string, string> s_othersAnswers = new(StringComparer.Ordinal)
    {
        ["predict"] = """
            {"model": "m", "task": "token-classification", "predictions": [{"words": ["Anna", "lives"],
            "tags": ["B-PER", "O"], "offsets": "utf16",
            "entities": [{"type": "PER", "text": "Anna", "start": 0, "end": 4, "score": 0.98}], "truncated": false}]}
            """,
        ["answers"] = """
            {"model": "m", "task": "question-answering", "predictions": [{"id": "1", "answer": "Rome", "start": 17, "end": 21,
            "score": 9.1, "probability": 0.91, "offsets": "utf16", "null_difference": -3, "candidates": [
            {"answer": "Rome", "start": 17, "end": 21, "score": 9.1, "probability": 0.91},
            {"answer": "Oslo", "start": 40, "end": 44, "score": 5, "probability": 0.09}]}]}
            """,
        ["choices"] = """
            {"model": "m", "task": "multiple-choice", "predictions": [{"choice": 0,
            "choice_text": "the envelope.", "probabilities": [0.7, 0.2, 0.1]}]}
            """,
    };

    [Fact]
    public async Task AClassifierAnswersAsOneTypesAndBesideAnother()
    {
        (IPage page, List<string> wrong) = await browser.OpenAsync(server.Address);
        ILocator result = page.Locator("#result");
        await Expect(result.Locator(".big")).ToHaveTextAsync("praise");
        await Expect(result).ToContainTextAsync("Calibrated probabilities (temperature");
        await page.GetByLabel("Text", new PageGetByLabelOptions { Exact = true })
            .FillAsync("A dull, clumsy and tedious film. I was bored.");
        await Expect(result.Locator(".big")).ToHaveTextAsync("complaint");
        await page.GetByLabel("Beside it").SelectOptionAsync("few-reviews");
        await Expect(result.Locator("h3")).ToHaveTextAsync(["reviews", "few-reviews"]);
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("few-reviews:");
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task ByKeyboardOneGoesThroughTheViewsAndALinkShowsTheSame()
    {
        (IPage page, List<string> wrong) = await browser.OpenAsync(server.Address);
        await Expect(page.Locator("#result .big")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Tab, new PageGetByRoleOptions { Name = "Answer" }).FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.Locator("#tab-explain")).ToBeFocusedAsync();
        await Expect(page.Locator("#result mark").First).ToBeVisibleAsync();
        await Expect(page.Locator("#result")).ToContainTextAsync("What leaving a word out changes");
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.Locator("#result .token").First).ToContainTextAsync("[CLS]");
        await page.Keyboard.PressAsync("End");
        await Expect(page.Locator("#tab-context")).ToBeFocusedAsync();
        await Expect(page.Locator("#result table")).ToBeVisibleAsync();
        await Expect(page.Locator("#result")).ToContainTextAsync("before the layers (static)");
        await page.Keyboard.PressAsync("Home");

        ILocator text = page.GetByLabel("Text", new PageGetByLabelOptions { Exact = true });
        await text.FillAsync("Dull & tedious: 100 %? #1\nNever again.");
        await page.Keyboard.PressAsync("Control+Enter");
        await Expect(page.Locator("#result .big")).ToHaveTextAsync("complaint");
        string link = page.Url;
        (IPage again, List<string> alsoWrong) = await browser.OpenAsync(link);
        await Expect(again.Locator("#f-text")).ToHaveValueAsync("Dull & tedious: 100 %? #1\nNever again.");
        await Expect(again.Locator("#result .big")).ToHaveTextAsync("complaint");
        Assert.Empty(wrong);
        Assert.Empty(alsoWrong);
    }

    [Fact]
    public async Task WhereATextIsCutIsSeen()
    {
        (IPage page, List<string> wrong) = await browser.OpenAsync(server.Address + "#model=graft-small&view=tokens");
        await Expect(page.Locator("#result")).ToContainTextAsync("All are read");
        await page.Locator("#f-text").FillAsync(string.Concat(Enumerable.Repeat("word ", 700)));
        await Expect(page.Locator("#result .cut")).ToContainTextAsync("the text is cut here");
        await Expect(page.Locator("#result .unread").Last).ToBeVisibleAsync();
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task AttentionIsSeenOfTheTokenThatIsChosen()
    {
        (IPage page, List<string> wrong) = await browser.OpenAsync(server.Address + "#model=graft-small&view=attention");
        ILocator tokens = page.Locator("#result button.token");
        await Expect(tokens.First).ToBeVisibleAsync();
        await tokens.Nth(2).ClickAsync();
        await Expect(tokens.Nth(2)).ToHaveAttributeAsync("aria-pressed", "true");
        string mean = await page.Locator("#result ul.bars").InnerTextAsync();
        await page.GetByLabel("Layer").SelectOptionAsync("0");
        await page.GetByLabel("Head").SelectOptionAsync("1");
        await Expect(page.Locator("#result ul.bars")).Not.ToHaveTextAsync(mean);
        Assert.Contains("from=2", page.Url, StringComparison.Ordinal);
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task SimilarTextsAreSeenAndMissingWordsAreFound()
    {
        (IPage page, List<string> wrong) = await browser.OpenAsync(server.Address + "#model=graft-small");
        await Expect(page.Locator("#result td")).ToHaveCountAsync(17); // the corner and four times four
        await page.GetByLabel("Texts, one a line").FillAsync("one\ntwo");
        await Expect(page.Locator("#result td")).ToHaveCountAsync(5);
        await page.GetByLabel("Model").SelectOptionAsync("graft-small-plain");
        await page.GetByRole(AriaRole.Tab, new PageGetByRoleOptions { Name = "Missing word" }).ClickAsync();
        await Expect(page.Locator("#result .bars li")).ToHaveCountAsync(8);
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task WhatIsRefusedIsSaidAndTheNextQuestionIsAnswered()
    {
        (IPage page, List<string> wrong) = await browser.OpenAsync(server.Address + "#view=context&word=ship");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("the word \"ship\" stands 0 times");
        await page.GetByLabel("Word", new() { Exact = true }).FillAsync("bank");
        await Expect(page.Locator("#problem")).ToHaveTextAsync("");
        await Expect(page.Locator("#result table")).ToBeVisibleAsync();
        await page.RouteAsync("**/v1/graft/context", route => route.AbortAsync());
        await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Ask" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not answer");
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task TheSameIsWrittenForPrograms()
    {
        (IPage page, List<string> wrong) = await browser.OpenAsync(server.Address + "#text=It's%20good");
        await Expect(page.Locator("#result .big")).ToBeVisibleAsync();
        await page.GetByText("The same by program").ClickAsync();
        await Expect(page.Locator("#curl")).ToContainTextAsync("It'\\''s good");
        await Expect(page.Locator("#csharp")).ToContainTextAsync("Predictor.Load(\"reviews\")");
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("predict", "token-classification", "#text=Anna%20lives", "mark", "AnnaPER")]
    [InlineData("answers", "question-answering", "#context=Anna%20was%20born%20in%20Rome.", "mark", "Rome91.0 %")]
    [InlineData("choices", "multiple-choice", "", ".big", "the envelope.")]
    public async Task OtherKindsOfModelsAnswerInTheirOwnWay(string ability, string task, string asked, string place, string expected)
    {
        (IPage page, List<string> wrong) = await browser.OpenAsync("about:blank");
        string models = JsonSerializer.Serialize(
            new
            {
                models = new[]
                {
                    new { name = "m", task, labels = Array.Empty<string>(), max_length = 128, can = new[] { ability } },
                },
            }
        );
        RouteFulfillOptions Json(string body) => new() { Body = body, ContentType = "application/json" };
        await page.RouteAsync("**/v1/graft/models", route => route.FulfillAsync(Json(models)));
        await page.RouteAsync($"**/v1/graft/{ability}", route => route.FulfillAsync(Json(s_othersAnswers[ability])));
        await page.GotoAsync(server.Address + asked);
        await Expect(page.Locator($"#result {place}")).ToHaveTextAsync(expected);
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("wide", 1180, ColorScheme.Light)]
    [InlineData("dark", 1180, ColorScheme.Dark)]
    [InlineData("narrow", 390, ColorScheme.Light)]
    public async Task NothingIsAmissForAccessibilityAndNothingIsWiderThanTheScreen(string name, int width, ColorScheme scheme)
    {
        string pictures = Path.Combine(AppContext.BaseDirectory, "pictures");
        foreach (
            string shown in (string[])
                ["explain", "predict", "tokens", "attention", "context", "graft-small:similarity", "graft-small-plain:mask"]
        )
        {
            string view = shown[(shown.IndexOf(':', StringComparison.Ordinal) + 1)..],
                model = shown.Contains(':', StringComparison.Ordinal) ? shown[..shown.IndexOf(':', StringComparison.Ordinal)] : "reviews";
            (IPage page, List<string> wrong) = await browser.OpenAsync(
                $"{server.Address}#model={model}&view={view}",
                new BrowserNewContextOptions
                {
                    ViewportSize = new ViewportSize { Width = width, Height = 820 },
                    ColorScheme = scheme,
                    ReducedMotion = ReducedMotion.Reduce,
                }
            );
            await Expect(page.Locator("#result > div")).ToBeVisibleAsync();
            await page.GetByText("The same by program").ClickAsync();
            var result = await page.RunAxe();
            string[] serious =
            [
                .. result
                    .Violations.Where(violation => violation.Impact is "serious" or "critical")
                    .Select(violation => $"{view}: {violation.Id}: {violation.Help}: {violation.Nodes[0].Html}"),
            ];
            Assert.True(serious.Length == 0, string.Join('\n', serious));
            Assert.True(
                await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= window.innerWidth"),
                $"{view}: the page is wider than the screen"
            );
            Assert.Empty(wrong);
            await page.GetByText("The same by program").ClickAsync();
            await page.ScreenshotAsync(
                new PageScreenshotOptions { Path = Path.Combine(pictures, $"playground-{view}-{name}.png"), FullPage = true }
            );
            await page.Context.CloseAsync();
        }
    }
}
