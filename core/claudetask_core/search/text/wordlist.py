"""Lists of words that are read more easily as a text than as a literal."""


def words_of(text: str) -> frozenset[str]:
    """The words of a text, divided by blanks."""
    return frozenset(text.split())
