namespace Graft.Tokenizers.Text;

/// <summary>
/// GPT-2's way to write bytes as printable characters: those that are printable in Latin-1 stand for themselves, the others for U+0100
/// onwards, so that a space is <c>Ġ</c> and a line feed <c>Ċ</c>.
/// </summary>
internal static class ByteAlphabet
{
    private const int First = 0x100;

    private static readonly char[] s_characters = Build();
    private static readonly Dictionary<char, byte> s_bytes = Enumerable
        .Range(0, 256)
        .ToDictionary(value => s_characters[value], value => (byte)value);

    /// <summary>The character a byte is written as.</summary>
    public static char ToCharacter(byte value) => s_characters[value];

    /// <summary>The byte a character stands for; false when it is none of the 256.</summary>
    public static bool TryToByte(char character, out byte value) => s_bytes.TryGetValue(character, out value);

    private static char[] Build()
    {
        char[] characters = new char[256];
        int next = First;
        for (int value = 0; value < 256; value++)
        {
            bool isPrintable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            characters[value] = (char)(isPrintable ? value : next++);
        }

        return characters;
    }
}
