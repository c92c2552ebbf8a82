using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Lets TorchSharp's native library load where libstdc++ is older than GCC 13's (Debian 12, Ubuntu 22.04, RHEL 9).
/// The library asks for version GLIBCXX_3.4.32 because of one symbol, an empty function. The patched copy marks that
/// version as optional and binds the symbol to libc's getpid, which takes no argument and has no effect.
/// A file that does not have the name (already patched, or another release) is left alone.
/// </summary>
public sealed class PatchLibTorchSharp : Task
{
    private const string Symbol = "_ZSt21ios_base_library_initv";
    private const string Version = "GLIBCXX_3.4.32";
    private const string Replacement = "getpid";
    private const string ReplacementVersion = "GLIBC_2.2.5";
    private const ushort VerFlgWeak = 0x2;

    /// <summary>The file as published.</summary>
    [Required]
    public ITaskItem File { get; set; }

    /// <summary>The patched file to write.</summary>
    [Required]
    public string Patched { get; set; }

    public override bool Execute()
    {
        string path = File.GetMetadata("FullPath");
        byte[] image = System.IO.File.ReadAllBytes(path);
        try
        {
            Patch(image);
        }
        catch (Exception e) when (e is InvalidDataException || e is IndexOutOfRangeException || e is ArgumentException)
        {
            Log.LogError("{0} is not the native library this build knows how to patch ({1}). Use TorchSharp 0.107.0.", path, e.Message);
            return false;
        }

        // A file appears whole under its name or not at all, whatever ends the build.
        Directory.CreateDirectory(Path.GetDirectoryName(Patched));
        string temporary = Patched + ".patching";
        System.IO.File.WriteAllBytes(temporary, image);
        if (System.IO.File.Exists(Patched)) System.IO.File.Delete(Patched);
        System.IO.File.Move(temporary, Patched);
        Log.LogMessage(MessageImportance.High, "Patched {0}: {1} is optional now.", Patched, Version);
        return true;
    }

    /// <summary>Patches a little-endian 64-bit ELF image in place; one without the symbol stays as it is.</summary>
    private static void Patch(byte[] image)
    {
        if (image.Length < 64 || image[0] != 0x7f || image[1] != 'E' || image[2] != 'L' || image[3] != 'F' || image[4] != 2)
            throw new InvalidDataException("not a 64-bit ELF file");

        long sectionTable = I64(image, 40);
        int entrySize = U16(image, 58), sections = U16(image, 60);
        long dynsym = 0, dynsymSize = 0, dynstr = 0, versym = 0, verneed = 0;
        for (int i = 0; i < sections; i++)
        {
            int header = checked((int)(sectionTable + i * entrySize));
            uint type = U32(image, header + 4);
            long offset = I64(image, header + 24), size = I64(image, header + 32);
            if (type == 11)
            {
                dynsym = offset;
                dynsymSize = size;
                int strings = checked((int)(sectionTable + U32(image, header + 40) * entrySize));
                dynstr = I64(image, strings + 24);
            }
            else if (type == 0x6fffffff) versym = offset;
            else if (type == 0x6ffffffe) verneed = offset;
        }

        if (dynsym == 0 || dynstr == 0 || versym == 0 || verneed == 0) throw new InvalidDataException("no dynamic symbols or versions");

        int symbol = -1;
        for (int i = 0; i < dynsymSize / 24; i++)
        {
            if (Name(image, dynstr + U32(image, (int)dynsym + i * 24)) == Symbol) symbol = i;
        }

        if (symbol < 0) return;

        int weakEntry = -1, replacementIndex = -1;
        for (long need = verneed; ;)
        {
            string file = Name(image, dynstr + U32(image, (int)need + 4));
            long aux = need + U32(image, (int)need + 8);
            for (int i = 0; i < U16(image, (int)need + 2); i++)
            {
                string version = Name(image, dynstr + U32(image, (int)aux + 8));
                if (version == Version) weakEntry = (int)aux;
                if (version == ReplacementVersion && file.StartsWith("libc.so", StringComparison.Ordinal)) replacementIndex = U16(image, (int)aux + 6);
                aux += U32(image, (int)aux + 12);
            }

            uint next = U32(image, (int)need + 12);
            if (next == 0) break;
            need += next;
        }

        if (weakEntry < 0 || replacementIndex < 0) throw new InvalidDataException("the expected symbol versions are missing");

        image[weakEntry + 4] |= (byte)VerFlgWeak;
        image[versym + symbol * 2] = (byte)replacementIndex;
        image[versym + symbol * 2 + 1] = (byte)(replacementIndex >> 8);
        long name = dynstr + U32(image, (int)dynsym + symbol * 24);
        byte[] replacement = Encoding.ASCII.GetBytes(Replacement);
        for (int i = 0; i < Symbol.Length; i++) image[name + i] = i < replacement.Length ? replacement[i] : (byte)0;
    }

    private static string Name(byte[] image, long offset)
    {
        int end = (int)offset;
        while (image[end] != 0) end++;
        return Encoding.ASCII.GetString(image, (int)offset, end - (int)offset);
    }

    private static ushort U16(byte[] image, int offset) => BitConverter.ToUInt16(image, offset);

    private static uint U32(byte[] image, int offset) => BitConverter.ToUInt32(image, offset);

    private static long I64(byte[] image, int offset) => BitConverter.ToInt64(image, offset);
}
