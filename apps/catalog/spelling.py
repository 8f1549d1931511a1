"""When two spellings are the same name."""

import unicodedata


def normalise(spelling: str) -> str:
    """Fold what a keyboard or an encoding may change, and nothing else.

    NFKC, case and runs of space. Never a likeness: a homoglyph or a missing letter stays a
    different name, which a person decides about.
    """
    folded = unicodedata.normalize("NFKC", spelling).casefold()
    # Case folding may leave the composed form, so compose once more.
    return " ".join(unicodedata.normalize("NFKC", folded).split())
