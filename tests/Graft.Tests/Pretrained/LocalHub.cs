using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Graft.Pretrained;

namespace Graft.Tests.Pretrained;

/// <summary>
/// A small hub on this machine that speaks Hugging Face's protocol, with one model and a second host for large files. Tests bend its
/// answers through <see cref="Intercept"/> and look at what it was asked.
/// </summary>
internal sealed class LocalHub : IDisposable
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";
    public const string Model = "org/model";
    private readonly HttpListener _hub = new(), _storage = new();
    private readonly Uri _hubAddress, _storageAddress;

    public LocalHub()
    {
        _hubAddress = Start(_hub);
        _storageAddress = Start(_storage);
        _ = ServeAsync(_hub, AnswerHub);
        _ = ServeAsync(_storage, AnswerStorage);
    }

    /// <summary>The files of the model; those that end in .safetensors or .bin lie on the second host.</summary>
    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal)
    {
        ["config.json"] = "{\"model_type\": \"bert\"}"u8.ToArray(),
        ["tokenizer.json"] = "{}"u8.ToArray(),
        ["model.safetensors"] = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 31 >> 3))],
        ["pytorch_model.bin"] = "the same in another format"u8.ToArray(),
        ["onnx/model.onnx"] = "not needed"u8.ToArray(),
    };

    /// <summary>Sees each request first; true when it has answered.</summary>
    public Func<HttpListenerContext, bool> Intercept { get; set; } = _ => false;

    /// <summary>“METHOD path”, with “ bytes=N-” for a range and “ token” when a token was sent.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    public ModelHubOptions Options(string cacheFolder) => new()
    {
        Endpoint = _hubAddress,
        CacheFolder = cacheFolder,
        RetryPause = TimeSpan.FromMilliseconds(1),
        StallTimeout = TimeSpan.FromSeconds(5),
    };

    public void Dispose()
    {
        _hub.Close();
        _storage.Close();
    }

    /// <summary>Answers with a status and headers, without content.</summary>
    public static bool Refuse(HttpListenerContext context, int status, params (string Name, string Value)[] headers)
    {
        context.Response.StatusCode = status;
        foreach ((string name, string value) in headers) context.Response.Headers[name] = value;
        context.Response.Close();
        return true;
    }

    public static string GitHash(byte[] content) =>
        Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));

    private static Uri Start(HttpListener listener)
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        int port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        Uri address = new($"http://127.0.0.1:{port}/");
        listener.Prefixes.Add(address.AbsoluteUri);
        listener.Start();
        return address;
    }

    private async Task ServeAsync(HttpListener listener, Action<HttpListenerContext> answer)
    {
        while (listener.IsListening)
        {
            try
            {
                HttpListenerContext context = await listener.GetContextAsync();
                string range = context.Request.Headers["Range"] is { } asked ? " " + asked : "",
                    token = context.Request.Headers["Authorization"] is null ? "" : " token";
                Requests.Enqueue($"{context.Request.HttpMethod} {context.Request.RawUrl}{range}{token}");
                if (!Intercept(context)) answer(context);
            }
            catch (Exception failure) when (failure is HttpListenerException or ObjectDisposedException or IOException)
            {
                // A client that left, or the end of the test.
            }
        }
    }

    private void AnswerHub(HttpListenerContext context)
    {
        string path = context.Request.Url!.AbsolutePath;
        if (path.StartsWith($"/api/models/{Model}/revision/", StringComparison.Ordinal))
        {
            string files = string.Join(", ", Files.Keys.Select(name => $"{{\"rfilename\": \"{name}\"}}"));
            Send(context, Encoding.UTF8.GetBytes($"{{\"sha\": \"{Commit}\", \"siblings\": [{files}]}}"));
            return;
        }

        string name = path.Split($"/resolve/{Commit}/") is [_, string file] ? file : "";
        if (!Files.TryGetValue(name, out byte[]? content))
        {
            Refuse(context, 404, ("X-Error-Code", "EntryNotFound"));
            return;
        }

        context.Response.Headers["X-Repo-Commit"] = Commit;
        if (Path.GetExtension(name) is not (".safetensors" or ".bin"))
        {
            context.Response.Headers["ETag"] = $"\"{GitHash(content)}\"";
            Send(context, content);
            return;
        }

        context.Response.Headers["X-Linked-Etag"] = $"\"{Convert.ToHexStringLower(SHA256.HashData(content))}\"";
        context.Response.Headers["X-Linked-Size"] = $"{content.Length}";
        context.Response.Headers["Location"] = $"{_storageAddress}{name}";
        context.Response.StatusCode = 302;
        context.Response.Close();
    }

    private void AnswerStorage(HttpListenerContext context)
    {
        byte[] content = Files[context.Request.Url!.AbsolutePath.TrimStart('/')];
        if (context.Request.Headers["Range"] is { } range)
        {
            int from = int.Parse(range["bytes=".Length..].TrimEnd('-'));
            context.Response.StatusCode = 206;
            context.Response.Headers["Content-Range"] = $"bytes {from}-{content.Length - 1}/{content.Length}";
            content = content[from..];
        }

        Send(context, content);
    }

    private static void Send(HttpListenerContext context, byte[] content)
    {
        context.Response.ContentLength64 = content.Length;
        if (context.Request.HttpMethod != "HEAD") context.Response.OutputStream.Write(content);
        context.Response.Close();
    }
}
