using Microsoft.AspNetCore.Http;

namespace Graft.Serving.Pages;

/// <summary>
/// A page that lies in this assembly: one file with one style and one script, which alone its content security policy lets run, and which
/// may ask this server only.
/// </summary>
internal sealed class EmbeddedPage
{
    private readonly string _html;
    private readonly string _policy;

    public EmbeddedPage(string resource)
    {
        using Stream stream = typeof(EmbeddedPage).Assembly.GetManifestResourceStream(resource)!;
        using StreamReader reader = new(stream);
        _html = reader.ReadToEnd();
        _policy =
            $"default-src 'none'; connect-src 'self'; script-src {HashOf(_html, "script")}; style-src {HashOf(_html, "style")}; "
                + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    public Task WriteAsync(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = _policy;
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(_html, context.RequestAborted);
    }

    private static string HashOf(string html, string element)
    {
        int start = html.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        string content = html[start..html.IndexOf($"</{element}>", StringComparison.Ordinal)].ReplaceLineEndings("\n");
        return $"'sha256-{Convert.ToBase64String(Convert.FromHexString(Sha256.Of(content)))}'";
    }
}
