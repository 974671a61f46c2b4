"""How far a proof is, as one line in a terminal."""
import sys


def progress_line(done: int, total: int, finding: str) -> None:
    """Write one line to standard error, over the line before it; in a terminal the last one is deleted, too."""
    bar = "█" * (20 * done // total) + "░" * (20 - 20 * done // total)
    line = f"{bar} {done:>{len(str(total))}}/{total}  {finding}"
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line if done < total else ''}", end="", file=sys.stderr, flush=True)
    elif done == total:
        print(line, file=sys.stderr)
