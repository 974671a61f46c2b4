"""How shapes, sizes and counts are written everywhere in the course."""


def dims(shape: tuple[int, ...]) -> str:
    """A shape, channels first: 256×56×56.

    Parameters
    ----------
    shape : tuple of int
        Of any length.

    Examples
    --------
    >>> dims((256, 56, 56))
    '256×56×56'
    """
    return "×".join(map(str, shape))


def memory(values: int) -> str:
    """What so many numbers take in float32: 57.6 MB.

    Parameters
    ----------
    values : int
        How many numbers; each takes 4 bytes.

    Examples
    --------
    >>> memory(14_400_000), memory(250), memory(0)
    ('57.6 MB', '1.0 kB', '0 bytes')
    """
    size = 4 * values
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} kB" if size else "0 bytes"


def plural(number: int, word: str) -> str:
    """A number with its noun, which gets an s unless it is one.

    Examples
    --------
    >>> plural(1, "path"), plural(32, "path")
    ('1 path', '32 paths')
    """
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
