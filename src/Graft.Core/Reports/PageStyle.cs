namespace Graft.Reports;

/// <summary>The report's style sheet. Colours are variables, set once for light and once for dark; paper is always light.</summary>
internal static class PageStyle
{
    /// <summary>The page's style sheet.</summary>
    public const string Css = Colors + Page + PlotRules + Print;

    /// <summary>The style sheet of a plot that stands alone.</summary>
    public const string Plots = Colors + PlotRules;

    private const string PlotRules =
        """
        svg text { font: 12px system-ui, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; fill: var(--soft); }
        svg text.value, svg text.strong { fill: var(--ink); }
        svg text.strong { font-weight: 600; }
        svg .grid { stroke: var(--grid); stroke-width: 1; }
        svg .axis { stroke: var(--line); stroke-width: 1; }
        svg .diagonal { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 4 4; }
        svg .interval { stroke: var(--ink); stroke-width: 1.5; }
        svg .s1 { stroke: var(--s1); } svg .s2 { stroke: var(--s2); } svg .s3 { stroke: var(--s3); } svg .s4 { stroke: var(--s4); }
        svg .s5 { stroke: var(--s5); }
        svg .f1 { fill: var(--s1); } svg .f2 { fill: var(--s2); } svg .f3 { fill: var(--s3); } svg .f4 { fill: var(--s4); }
        svg .f5 { fill: var(--s5); }
        svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
        svg .band { opacity: 0.18; stroke: none; }
        svg .muted { fill: var(--soft); opacity: 0.45; }
        svg .cell { fill: rgb(var(--heat)); }

        """;

    private const string Colors =
        """
        :root {
          --page: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #5a6675; --line: #dde2e8; --grid: #e8ecf1;
          --s1: #1f6fd6; --s2: #d1600a; --s3: #11876b; --s4: #8a4fd0; --s5: #7a6a1d; --bad: #c23a3a; --heat: 31, 111, 214;
          --right: #d9f2e4; --wrong: #fbdede; --missed: #fdf0cf; --neutral: #dce9fb;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #12161c; --card: #1a2028; --ink: #e6eaf0; --soft: #9aa7b6; --line: #313a46; --grid: #272f3a;
            --s1: #6aa9ff; --s2: #ff9d52; --s3: #45c9a3; --s4: #c09bff; --s5: #d9c25a; --bad: #ff7b7b; --heat: 106, 169, 255;
            --right: #1d4a35; --wrong: #5a2626; --missed: #54431a; --neutral: #223a5c;
          }
        }

        """;

    private const string Page =
        """
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Liberation Sans",
        Arial, sans-serif; }
        header, main { max-width: 1060px; margin: 0 auto; padding: 0 24px; }
        header { padding-top: 36px; }
        h1 { margin: 0; font-size: 30px; line-height: 1.2; letter-spacing: -0.01em; }
        h2 { margin: 0 0 14px; font-size: 20px; }
        .subtitle { margin: 6px 0 18px; color: var(--soft); }
        nav { display: flex; flex-wrap: wrap; gap: 6px 18px; padding: 12px 0; border-top: 1px solid var(--line);
        border-bottom: 1px solid var(--line); }
        nav a { color: var(--s1); text-decoration: none; font-size: 14px; }
        nav a:hover, nav a:focus { text-decoration: underline; }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 22px 26px; margin: 22px 0; }
        p { margin: 0 0 14px; max-width: 78ch; }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(136px, 1fr)); gap: 14px; margin: 0 0 18px; }
        .figures div { border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; }
        .figures dt { color: var(--soft); font-size: 13px; }
        .figures dd { margin: 2px 0 0; font-size: 24px; font-weight: 650; font-variant-numeric: tabular-nums; }
        .figures dd.note { font-size: 13px; font-weight: 400; color: var(--soft); }
        .scroll { overflow-x: auto; margin: 0 0 18px; }
        table { border-collapse: collapse; width: 100%; font-size: 14.5px; }
        caption { text-align: left; color: var(--soft); font-size: 13.5px; padding-bottom: 6px; }
        th, td { padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; text-align: left;
        overflow-wrap: break-word; }
        th { font-weight: 600; font-size: 13px; color: var(--soft); }
        .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; padding-left: 12px; }
        figure { margin: 0 0 20px; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 10px 28px; }
        figure.plot svg { display: block; max-width: 100%; height: auto; }
        figcaption { color: var(--soft); font-size: 13.5px; margin-bottom: 6px; }
        .passage { border-left: 3px solid var(--line); padding-left: 14px; }
        .passage p { margin: 0; max-width: none; overflow-wrap: anywhere; }
        mark { color: inherit; border-radius: 4px; padding: 1px 4px; background: var(--neutral); border-bottom: 2px solid var(--s1); }
        mark.right { background: var(--right); border-bottom: 2px solid var(--s3); }
        mark.wrong { background: var(--wrong); border-bottom: 2px dashed var(--bad); }
        mark.missed { background: var(--missed); border-bottom: 2px dotted var(--s2); }
        mark small { margin-left: 5px; font-size: 11px; font-weight: 600; opacity: 0.85; }

        """;

    private const string Print =
        """
        @media print {
          :root { --page: #fff; --card: #fff; --ink: #111; --soft: #444; --line: #ccc; --grid: #e5e5e5; --s1: #1f6fd6; --s2: #d1600a;
          --s3: #11876b; --s4: #8a4fd0; --s5: #7a6a1d; --heat: 31, 111, 214;
            --right: #d9f2e4; --wrong: #fbdede; --missed: #fdf0cf; --neutral: #dce9fb; }
          body { font-size: 11pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          nav { display: none; }
          section { border: 0; padding: 0; break-inside: auto; }
          figure, tr, .figures { break-inside: avoid; }
        }

        """;
}
