using System.Runtime.InteropServices;

namespace Graft.Data.Tagging;

/// <summary>An entity in a sequence of tokens.</summary>
/// <param name="Type">The type, the part of the tag after the first hyphen; <c>_</c> where tags have none.</param>
/// <param name="Start">The first token.</param>
/// <param name="End">The token after its last.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct EntitySpan(string Type, int Start, int End);
