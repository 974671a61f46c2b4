"""Packages that not everybody needs: what to say where one is missing, and how pip brings it."""
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from resnext_edu.errors import MissingPackageError


@contextmanager
def brought_by(extra: str, why: str) -> Iterator[None]:
    """Say, in place of Python's own error, how a package that is missing is installed.

    Parameters
    ----------
    extra : str
        One of those in pyproject.toml, such as "train".
    why : str
        What needs it, such as "fine-tuning".

    Raises
    ------
    MissingPackageError
        If what stands inside imports a package that is not installed.

    Examples
    --------
    >>> with brought_by("train", "fine-tuning"):
    ...     import sklearn_of_tomorrow  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    resnext_edu.errors.MissingPackageError: fine-tuning needs sklearn_of_tomorrow, which is not installed: `pip ...
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise _not_here(str(error.name).partition(".")[0], extra, why) from error


def check_is_here(package: str, extra: str, why: str) -> None:
    """The same for a package that takes long to import, or that another process will import.

    Examples
    --------
    >>> check_is_here("torch", "train", "fine-tuning")
    """
    if find_spec(package) is None:
        raise _not_here(package, extra, why)


def _not_here(package: str, extra: str, why: str) -> MissingPackageError:
    return MissingPackageError(f"{why} needs {package}, which is not installed: "
                               f'`pip install "resnext-edu[{extra}]"` brings it')
