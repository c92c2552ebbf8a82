namespace Graft.Data.Tagging;

/// <summary>How tags of tokens mark where entities begin and end.</summary>
internal enum TagScheme
{
    /// <summary>No entities: each token has a tag of its own, such as a part of speech.</summary>
    None,

    /// <summary><c>I-X</c> inside; <c>B-X</c> only where an entity directly follows another of the same type.</summary>
    Iob1,

    /// <summary><c>B-X</c> at each beginning, <c>I-X</c> inside. Also called BIO.</summary>
    Iob2,

    /// <summary><c>I-X</c> inside; <c>E-X</c> only where an entity is directly followed by another of the same type.</summary>
    Ioe1,

    /// <summary><c>E-X</c> at each end, <c>I-X</c> before.</summary>
    Ioe2,

    /// <summary><c>B-X I-X E-X</c> for longer entities, <c>S-X</c> for those of one token.</summary>
    Iobes,

    /// <summary><c>B-X I-X L-X</c> for longer entities, <c>U-X</c> for those of one token.</summary>
    Bilou,
}
