using System.CommandLine;
using Graft.Serving;

namespace Graft.Cli;

/// <summary>Where a server listens and within which limits.</summary>
internal sealed class ServeFlags
{
    private static readonly ServerOptions s_server = new();
    private static readonly ServingOptions s_serving = new();
    private readonly Option<string> _host = new("--host")
    {
        Description = "The address to listen on: this machine only by default, 0.0.0.0 for all.",
        DefaultValueFactory = _ => s_server.Host,
    };
    private readonly Option<int> _port = CommonFlags.Port.WithDefault(s_server.Port);
    private readonly Option<string?> _keys = new("--api-key-file")
    {
        Description =
            "A file with an API key a line, of which a request must bear one (Authorization: Bearer KEY); every request is answered "
                + "otherwise.",
        HelpName = "FILE",
    };
    private readonly Option<int> _queue = new("--max-queue")
    {
        Description = "The most tokens that wait; what comes beyond is answered 429.",
        DefaultValueFactory = _ => s_serving.MaxQueuedTokens,
    };
    private readonly Option<int> _batch = new("--max-batch-tokens")
    {
        Description = "The most tokens that are computed together.",
        DefaultValueFactory = _ => s_serving.MaxBatchTokens,
    };
    private readonly Option<bool> _sameBits = new("--same-bits")
    {
        Description =
            "Give answers the same bits whatever is asked beside them; with false they are the same to rounding. Models whose batches do "
                + "not hold it compute one text at a time.",
        DefaultValueFactory = _ => s_serving.SameBits,
    };
    private readonly Option<int> _texts = new("--max-texts")
    {
        Description = "The most texts of a request.",
        DefaultValueFactory = _ => s_serving.MaxTexts,
    };
    private readonly Option<int> _textTokens = new("--max-text-tokens")
    {
        Description = "The most tokens of a text that is read in windows, or of a prompt.",
        DefaultValueFactory = _ => s_serving.MaxTextTokens,
    };
    private readonly Option<long> _body = new("--max-body")
    {
        Description = "The most bytes of a request's body.",
        DefaultValueFactory = _ => s_serving.MaxBodyBytes,
    };
    private readonly Option<int> _connections = new("--max-connections")
    {
        Description = "The most connections at once.",
        DefaultValueFactory = _ => s_server.MaxConnections,
    };
    private readonly Option<bool> _truncate = new("--auto-truncate")
    {
        Description = "Cut texts that are too long for a model of vectors, where a request does not say; they are refused otherwise.",
    };
    private readonly Option<double> _reload = new("--reload-seconds")
    {
        Description = "How often the folders are looked at for a new version; 0 for never.",
        DefaultValueFactory = _ => s_serving.ReloadInterval.TotalSeconds,
    };
    private readonly Option<double> _drain = new("--drain-seconds")
    {
        Description = "How long requests that are here may take when the server ends.",
        DefaultValueFactory = _ => s_server.DrainTime.TotalSeconds,
    };
    private readonly Option<string?> _certificate = new("--tls-certificate")
    {
        Description = "A certificate in PEM, with which the server speaks TLS only; plain HTTP otherwise.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _certificateKey = new("--tls-key")
    {
        Description = "The certificate's private key in PEM; the certificate's file has it otherwise.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _collector = new("--otlp-endpoint")
    {
        Description =
            "An OpenTelemetry collector that metrics and traces are sent to by OTLP; what OTEL_EXPORTER_OTLP_ENDPOINT names "
                + "otherwise, or none.",
        HelpName = "URL",
    };
    private readonly Option<string?> _logs = new("--log-format")
    {
        Description = "How logs are written, text or json; json otherwise where stderr is no terminal.",
        HelpName = "text|json",
    };

    public void AddTo(Command command)
    {
        foreach (
            Option option in new Option[]
            {
                _host,
                _port,
                _keys,
                _queue,
                _batch,
                _sameBits,
                _texts,
                _textTokens,
                _body,
                _connections,
                _truncate,
                _reload,
                _drain,
                _certificate,
                _certificateKey,
                _collector,
                _logs,
            }
        )
            command.Options.Add(option);
    }

    public ServerOptions Server(ParseResult parsed) => new()
    {
        Host = parsed.GetRequiredValue(_host),
        Port = parsed.GetValue(_port),
        Certificate = parsed.GetValue(_certificate),
        CertificateKey = parsed.GetValue(_certificateKey),
        MaxConnections = parsed.GetValue(_connections),
        DrainTime = Seconds(parsed, _drain),
        OtlpEndpoint = parsed.GetValue(_collector) is not string collector ? null
            : Uri.TryCreate(collector, UriKind.Absolute, out Uri? address) ? address
            : throw new InputException("otlp-endpoint", collector, "an address such as http://localhost:4318"),
        JsonLogs = parsed.GetValue(_logs) switch
        {
            null => !Terminal.IsInteractive,
            "json" => true,
            "text" => false,
            string other => throw new InputException("log-format", other, "text or json"),
        },
    };

    public ServingOptions Serving(ParseResult parsed, IList<ModelSource> models) => new()
    {
        Models = models,
        ApiKeys = parsed.GetValue(_keys) is string file ? Keys(file) : [],
        MaxQueuedTokens = parsed.GetValue(_queue),
        MaxBatchTokens = parsed.GetValue(_batch),
        SameBits = parsed.GetValue(_sameBits),
        MaxTexts = parsed.GetValue(_texts),
        MaxTextTokens = parsed.GetValue(_textTokens),
        MaxBodyBytes = parsed.GetValue(_body),
        AutoTruncate = parsed.GetValue(_truncate),
        ReloadInterval = Seconds(parsed, _reload),
    };

    private static TimeSpan Seconds(ParseResult parsed, Option<double> option)
    {
        double seconds = parsed.GetValue(option);
        return seconds is >= 0 and <= 86_400
            ? TimeSpan.FromSeconds(seconds)
            : throw new InputException($"{option.Name} {seconds}: from 0 to 86400 is expected");
    }

    private static string[] Keys(string file)
    {
        string[] keys = [.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
        return keys.Length > 0 ? keys : throw new InputException($"--api-key-file {file} has no key");
    }
}
