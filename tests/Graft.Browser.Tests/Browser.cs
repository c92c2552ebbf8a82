using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Graft.Browser.Tests.Browser))]

namespace Graft.Browser.Tests;

/// <summary>The system's Chromium, started once; without one every test is skipped and says so.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string? s_executable = new[]
    {
        Environment.GetEnvironmentVariable("GRAFT_CHROMIUM"),
        "/usr/bin/chromium",
        "/usr/bin/google-chrome",
    }.FirstOrDefault(File.Exists);
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (s_executable is null) return;
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions
            {
                ExecutablePath = s_executable,
                Headless = true,
                ChromiumSandbox = false,
                Args =
                [
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--disable-dev-shm-usage",
                ],
            }
        );
    }

    /// <summary>A fresh page that keeps a list of what went wrong on it, and lets no request leave this machine.</summary>
    public async Task<(IPage Page, List<string> Wrong)> OpenAsync(string address, BrowserNewContextOptions? options = null)
    {
        if (_browser is null)
            Assert.Skip("there is no Chromium: apt-get install chromium, or name one with GRAFT_CHROMIUM");
        IBrowserContext context = await _browser.NewContextAsync(
            options
                ?? new BrowserNewContextOptions
                {
                    ViewportSize = new ViewportSize { Width = 1180, Height = 760 },
                }
        );
        context.SetDefaultTimeout(10_000);
        List<string> wrong = [];
        await context.RouteAsync("**/*", async route =>
        {
            if (new Uri(route.Request.Url).IsLoopback || route.Request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                await route.ContinueAsync();
                return;
            }

            wrong.Add($"a request to {route.Request.Url}");
            await route.AbortAsync();
        });
        IPage page = await context.NewPageAsync();
        page.PageError += (_, error) => wrong.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.Contains("Failed to load resource", StringComparison.Ordinal))
                wrong.Add(message.Text);
        };
        await page.GotoAsync(address);
        return (page, wrong);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}
