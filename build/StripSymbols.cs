using System;
using System.IO;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Writes a shared library without the symbols that only debuggers read (.symtab and its .strtab), as <c>strip -s</c> does: a fifth of libtorch_cpu.so.
/// The two lie behind everything that is loaded, so they are cut out and what follows moves forward by whole pages; no loaded byte changes.
/// A library whose layout is another is refused.
/// </summary>
public sealed class StripSymbols : Task
{
    private const int Page = 0x1000, SymbolTable = 2, SectionHeader = 64, ProgramHeader = 56;

    [Required]
    public ITaskItem File { get; set; }

    [Required]
    public string Stripped { get; set; }

    public override bool Execute()
    {
        string path = File.GetMetadata("FullPath");
        byte[] image = System.IO.File.ReadAllBytes(path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Stripped));
            string temporary = Stripped + ".stripping";
            using (FileStream output = System.IO.File.Create(temporary)) Write(image, output);
            if (System.IO.File.Exists(Stripped)) System.IO.File.Delete(Stripped);
            System.IO.File.Move(temporary, Stripped);
        }
        catch (Exception e) when (e is InvalidDataException || e is IndexOutOfRangeException || e is ArgumentException || e is OverflowException)
        {
            Log.LogError("{0}: its symbols cannot be cut out ({1}).", path, e.Message);
            return false;
        }

        return true;
    }

    private static void Write(byte[] image, Stream output)
    {
        if (image.Length < 64 || image[0] != 0x7f || image[1] != 'E' || image[2] != 'L' || image[3] != 'F' || image[4] != 2)
            throw new InvalidDataException("not a 64-bit ELF file");

        long segments = I64(image, 32), sections = I64(image, 40);
        int segmentCount = U16(image, 56), sectionCount = U16(image, 60);
        int symbols = -1;
        for (int i = 0; i < sectionCount; i++)
        {
            if (U32(image, sections + i * SectionHeader + 4) == SymbolTable) symbols = i;
        }

        if (symbols < 0)
        {
            output.Write(image, 0, image.Length);
            return;
        }

        int names = (int)U32(image, sections + symbols * SectionHeader + 40);
        long begin = Offset(image, sections, symbols), end = Offset(image, sections, names) + Size(image, sections, names);
        for (int i = 0; i < sectionCount; i++)
        {
            long offset = Offset(image, sections, i);
            if (i != symbols && i != names && offset >= begin && offset < end && Size(image, sections, i) > 0)
                throw new InvalidDataException("another section lies between the symbols and their names");
        }

        if (Offset(image, sections, names) < begin) throw new InvalidDataException("the symbols' names lie before them");
        for (int i = 0; i < segmentCount; i++)
        {
            long offset = I64(image, segments + i * ProgramHeader + 8), size = I64(image, segments + i * ProgramHeader + 32);
            if (offset < end && offset + size > begin) throw new InvalidDataException("the symbols are loaded");
        }

        // Whole pages: a segment's place in the file stays congruent to its address.
        long cut = (end - begin) / Page * Page;
        Array.Clear(image, (int)(sections + symbols * SectionHeader), SectionHeader);
        Array.Clear(image, (int)(sections + names * SectionHeader), SectionHeader);
        for (int i = 0; i < sectionCount; i++) Forward(image, sections + i * SectionHeader + 24, end, cut);
        for (int i = 0; i < segmentCount; i++) Forward(image, segments + i * ProgramHeader + 8, end, cut);
        Forward(image, 32, end, cut);
        Forward(image, 40, end, cut);
        output.Write(image, 0, (int)begin);
        output.Write(image, (int)(begin + cut), (int)(image.Length - begin - cut));
    }

    private static long Offset(byte[] image, long sections, int section) => I64(image, sections + section * SectionHeader + 24);

    private static long Size(byte[] image, long sections, int section) => I64(image, sections + section * SectionHeader + 32);

    private static void Forward(byte[] image, long place, long from, long cut)
    {
        long offset = I64(image, place);
        if (offset < from) return;
        byte[] moved = BitConverter.GetBytes(offset - cut);
        Array.Copy(moved, 0, image, (int)place, moved.Length);
    }

    private static ushort U16(byte[] image, long offset) => BitConverter.ToUInt16(image, (int)offset);

    private static uint U32(byte[] image, long offset) => BitConverter.ToUInt32(image, (int)offset);

    private static long I64(byte[] image, long offset) => BitConverter.ToInt64(image, checked((int)offset));
}
