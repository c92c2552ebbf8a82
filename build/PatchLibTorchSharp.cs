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

    [Required]
    public ITaskItem[] Files { get; set; }

    public override bool Execute()
    {
        foreach (ITaskItem item in Files)
        {
            string path = item.GetMetadata("FullPath");
            byte[] image = File.ReadAllBytes(path);
            try
            {
                if (!Patch(image)) continue;
            }
            catch (Exception e) when (e is InvalidDataException || e is IndexOutOfRangeException || e is ArgumentException)
            {
                Log.LogError("{0} is not the native library this build knows how to patch ({1}). Use TorchSharp 0.107.0.", path, e.Message);
                return false;
            }

            // A new file renamed over the old one: the output may be a hard link into the NuGet cache, which must not change.
            // The time stamp stays, so that the next build's copy step finds the file up to date.
            string temporary = path + ".patching";
            File.WriteAllBytes(temporary, image);
            File.SetLastWriteTimeUtc(temporary, File.GetLastWriteTimeUtc(path));
            File.Replace(temporary, path, null);
            Log.LogMessage(MessageImportance.High, "Patched {0}: {1} is optional now.", path, Version);
        }

        return true;
    }

    /// <summary>Patches a little-endian 64-bit ELF image in place; false when there is nothing to patch.</summary>
    private static bool Patch(byte[] image)
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

        if (symbol < 0) return Forget(image);

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
        Forget(image);
        return true;
    }

    /// <summary>
    /// The table that debuggers read (.symtab) has the name too. It is changed there as well, so that the build sees by the name's absence
    /// that a file is done. True when there was one.
    /// </summary>
    private static bool Forget(byte[] image)
    {
        byte[] name = Encoding.ASCII.GetBytes(Symbol);
        bool found = false;
        for (int at = 0; at + name.Length <= image.Length; at++)
        {
            int same = 0;
            while (same < name.Length && image[at + same] == name[same]) same++;
            if (same < name.Length) continue;
            image[at] = (byte)'.';
            found = true;
        }

        return found;
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
