using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Graft.Reports;

/// <summary>
/// One self-contained page on which attention can be looked at: a picture of every head of every layer, the chosen one large with its
/// tokens, and, for the token under the pointer, whom it looks at. Works offline; the numbers are in the page, rounded to 1/255.
/// </summary>
public static class AttentionPage
{
    // escapes <, so that no token ends the script
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.Default };

    /// <summary>The page.</summary>
    /// <param name="title">The heading.</param>
    /// <param name="subtitle">One line below it.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="layers">A layer each: [head, query, key], 0 … 1.</param>
    public static string Render(string title, string subtitle, IReadOnlyList<string> tokens, IReadOnlyList<float[,,]> layers)
    {
        JsonObject data = new()
        {
            ["tokens"] = new JsonArray([.. tokens.Select(token => (JsonNode)token)]),
            ["heads"] = layers.Count == 0 ? 0 : layers[0].GetLength(0),
            ["layers"] = new JsonArray([.. layers.Select(layer => (JsonNode)Convert.ToBase64String(Bytes(layer)))]),
        };
        Html html = new();
        html.Raw(
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" "
                    + "content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n"
            )
            .Element("title", title)
            .Raw("\n<style>\n")
            .Raw(PageStyle.Css)
            .Raw(Css)
            .Raw("</style>\n</head>\n<body>\n<header>\n")
            .Element("h1", title)
            .Element("p", subtitle, "class", "subtitle")
            .Raw("</header>\n<main>\n")
            .Raw(
                "<section><h2>Every head</h2>\n<p>A row is a layer, a column a head. Choose one with the pointer, or with Tab and "
                    + "Enter.</p>\n<div class=\"scroll\"><div id=\"grid\"></div></div></section>\n"
            )
            .Raw(
                "<section><h2 id=\"chosen\"></h2>\n<p>Rows look, columns are looked at; a row sums to 1. Point at a token to see its "
                    + "weights.</p>\n"
            )
            .Raw(
                "<div id=\"view\"><div class=\"scroll\"><canvas id=\"map\"></canvas></div><div><p id=\"query\"></p><ol "
                    + "id=\"weights\"></ol></div></div>\n<p id=\"words\"></p></section>\n"
            )
            .Raw(
                "<noscript><section><p>The pictures are drawn by a script that is part of this "
                    + "page.</p></section></noscript>\n</main>\n<script>\nconst data = "
            )
            .Raw(data.ToJsonString(s_json))
            .Raw(";\n")
            .Raw(Script)
            .Raw("</script>\n</body>\n</html>\n");
        return html.ToString();
    }

    /// <summary>Writes the page.</summary>
    /// <exception cref="RunFailedException">The folder is not writable or the disk is full.</exception>
    public static void Write(string path, string title, string subtitle, IReadOnlyList<string> tokens, IReadOnlyList<float[,,]> layers) =>
        AtomicFile.WriteText(path, Render(title, subtitle, tokens, layers));

    /// <summary>"12 layers, 12 heads, 23 tokens".</summary>
    public static string Sizes(IReadOnlyList<string> tokens, IReadOnlyList<float[,,]> layers) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{layers.Count} layers, {(layers.Count == 0 ? 0 : layers[0].GetLength(0))} heads, {tokens.Count} tokens"
        );

    private static byte[] Bytes(float[,,] layer)
    {
        byte[] bytes = new byte[layer.Length];
        int i = 0;
        foreach (float weight in layer) bytes[i++] = (byte)Math.Clamp(MathF.Round(weight * 255), 0, 255);
        return bytes;
    }

    private const string Css =
        """
        #grid { display: grid; gap: 6px; width: max-content; align-items: center; }
        #grid canvas { display: block; width: 64px; height: 64px; image-rendering: pixelated; border: 1px solid var(--line);
        border-radius: 4px; cursor: pointer; background: var(--card); }
        #grid canvas[aria-pressed="true"], #grid canvas:focus { outline: 2px solid var(--s2); outline-offset: 1px; }
        #grid span { color: var(--soft); font-size: 12px; text-align: center; }
        #view { display: grid; grid-template-columns: minmax(0, 1fr) 250px; gap: 20px; }
        #weights { margin: 0; padding-left: 0; list-style: none; font-variant-numeric: tabular-nums; font-size: 14px; }
        #weights li { display: flex; justify-content: space-between; gap: 12px; padding: 2px 6px; border-radius: 4px; }
        #words { line-height: 2; max-width: none; }
        #words span { padding: 2px 5px; margin: 0 2px; border-radius: 4px; cursor: default; white-space: pre; }
        @media (max-width: 760px) { #view { grid-template-columns: 1fr; } }

        """;

    private const string Script =
        """
        "use strict";
        const T = data.tokens.length, H = data.heads, L = data.layers.length;
        const bytes = data.layers.map(text => Uint8Array.from(atob(text), c => c.charCodeAt(0)));
        const weight = (l, h, q, k) => bytes[l][(h * T + q) * T + k] / 255;
        const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
        let layer = 0, head = 0, query = 0;
        const grid = document.getElementById("grid"), map = document.getElementById("map");
        grid.style.gridTemplateColumns = "max-content repeat(" + H + ", 66px)";
        const label = text => { const span = document.createElement("span"); span.textContent = text; grid.append(span); };
        label("");
        for (let h = 0; h < H; h++) label("head " + (h + 1));
        const small = [];
        for (let l = 0; l < L; l++) {
          label("layer " + (l + 1));
          for (let h = 0; h < H; h++) {
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = T;
            canvas.tabIndex = 0;
            canvas.setAttribute("role", "button");
            canvas.setAttribute("aria-label", "layer " + (l + 1) + ", head " + (h + 1));
            const choose = () => { layer = l; head = h; draw(); };
            canvas.onclick = choose;
            canvas.onkeydown = event => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); } };
            small.push(canvas);
            grid.append(canvas);
          }
        }
        function paintSmall() {
          const heat = style("--heat").split(",").map(Number);
          small.forEach((canvas, i) => {
            const l = Math.floor(i / H), h = i % H, context = canvas.getContext("2d"), image = context.createImageData(T, T);
            for (let j = 0; j < T * T; j++) {
              image.data.set([heat[0], heat[1], heat[2], bytes[l][h * T * T + j]], 4 * j);
            }
            context.putImageData(image, 0, 0);
          });
        }
        const words = document.getElementById("words");
        data.tokens.forEach((token, q) => {
          const span = document.createElement("span");
          span.textContent = token;
          span.onpointerenter = () => { query = q; drawQuery(); };
          words.append(span);
        });
        const side = Math.max(10, Math.min(26, Math.floor(620 / Math.max(T, 1))));
        const longest = Math.max(...data.tokens.map(token => token.length), 1), margin = Math.min(120, 14 + 7 * longest);
        function draw() {
          document.getElementById("chosen").textContent = "Layer " + (layer + 1) + ", head " + (head + 1);
          small.forEach((canvas, i) => canvas.setAttribute("aria-pressed", String(i === layer * H + head)));
          const size = margin + T * side + 4, scale = window.devicePixelRatio || 1;
          map.width = map.height = size * scale;
          map.style.width = map.style.height = size + "px";
          const context = map.getContext("2d");
          context.scale(scale, scale);
          context.font = "11px system-ui, sans-serif";
          context.fillStyle = style("--soft");
          context.textBaseline = "middle";
          for (let i = 0; i < T; i++) {
            context.textAlign = "right";
            context.fillText(data.tokens[i], margin - 6, margin + (i + 0.5) * side, margin - 8);
            context.save();
            context.translate(margin + (i + 0.5) * side, margin - 6);
            context.rotate(-Math.PI / 2);
            context.textAlign = "left";
            context.fillText(data.tokens[i], 0, 0, margin - 8);
            context.restore();
          }
          for (let q = 0; q < T; q++) for (let k = 0; k < T; k++) {
            context.fillStyle = "rgba(" + style("--heat") + "," + weight(layer, head, q, k) + ")";
            context.fillRect(margin + k * side, margin + q * side, side, side);
          }
          context.strokeStyle = style("--line");
          context.strokeRect(margin, margin, T * side, T * side);
          drawQuery();
        }
        function drawQuery() {
          document.getElementById("query").textContent = data.tokens[query] + " (" + (query + 1) + ") looks at";
          const order = [...Array(T).keys()].sort((a, b) => weight(layer, head, query, b) - weight(layer, head, query, a)).slice(0, 12);
          const list = document.getElementById("weights");
          list.replaceChildren(...order.map(k => {
            const item = document.createElement("li"), name = document.createElement("span"), value = document.createElement("span");
            name.textContent = data.tokens[k];
            value.textContent = weight(layer, head, query, k).toFixed(2);
            item.style.background = "rgba(" + style("--heat") + "," + 0.5 * weight(layer, head, query, k) + ")";
            item.append(name, value);
            return item;
          }));
          [...words.children].forEach((span, k) => {
            span.style.background = "rgba(" + style("--heat") + "," + 0.7 * weight(layer, head, query, k) + ")";
            span.style.outline = k === query ? "2px solid " + style("--s2") : "";
          });
        }
        map.onpointermove = event => {
          const box = map.getBoundingClientRect(), q = Math.floor((event.clientY - box.top - margin) / side);
          if (q >= 0 && q < T && q !== query) { query = q; drawQuery(); }
        };
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { paintSmall(); draw(); });
        paintSmall();
        draw();

        """;
}
