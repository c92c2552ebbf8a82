namespace Graft.Tokenizers.Training;

/// <summary>What the options of all trainers check alike.</summary>
internal static class TrainerChecks
{
    public static void AtLeast(string name, int value, int least)
    {
        if (value < least) throw new InputException($"{name}: {value} is too small; it must be at least {least}");
    }
}
