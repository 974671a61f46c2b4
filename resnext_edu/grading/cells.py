"""What a file holds → the code cells of a notebook, however it was saved."""
import ast
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from resnext_edu.errors import DataError, message_of

ENCODINGS = ("utf-8-sig", "utf-16", "latin-1")  # what editors make of a file; every file is some latin-1
OF_THE_SHELL = re.compile(r"^\s*[%!](?:.*\\\n)*.*|^\s*\??[\w.]+\?+\s*$", re.MULTILINE)  # %matplotlib, !pip, trace?
AROUND_PYTHON = re.compile(r"\A\s*%%(?:time|capture|prun)\b.*\n|^[ \t]*%time[ \t]+", re.MULTILINE)  # the rest runs
BARE_CHECK = re.compile(r"^check\b")


@dataclass(frozen=True)
class CodeCell:
    """A code cell of somebody's notebook.

    Parameters
    ----------
    place : int
        How many cells stand above it.
    source : str
    id : str
    tags : tuple of str
    """

    place: int
    source: str
    id: str = ""
    tags: tuple[str, ...] = ()

    @cached_property
    def code(self) -> str:
        """Its Python: without what only a notebook's shell understands."""
        source = AROUND_PYTHON.sub("", self.source)
        return "" if source.lstrip().startswith("%%") else OF_THE_SHELL.sub("", source)

    @cached_property
    def tree(self) -> ast.Module | None:
        """Its Python, read; None if it is none."""
        try:
            return ast.parse(self.code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def code_cells(content: bytes) -> list[CodeCell]:
    """The code cells in what a file holds, in their order, and blanks that a key has turned into prose.

    Parameters
    ----------
    content : bytes
        A notebook as JSON, of any version, in UTF-8 (with a byte order mark or without), UTF-16 or Latin-1.

    Raises
    ------
    DataError
        If it is no notebook.

    Examples
    --------
    >>> [cell.source for cell in code_cells(b'{"cells": [{"cell_type": "code", "source": ["a = ", "1"]}]}')]
    ['a = 1']
    >>> code_cells(b"<html>")
    Traceback (most recent call last):
    ...
    resnext_edu.errors.DataError: no notebook: its content is not JSON
    """
    found = _json(content)
    cells = found.get("cells") if isinstance(found, dict) else None
    if cells is None and isinstance(found, dict):  # before 2015
        sheets = found.get("worksheets")
        cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in sheet.get("cells") or ()] \
            if isinstance(sheets, list) else None
    if not isinstance(cells, list):
        raise DataError("no notebook: it has no cells")
    read = [(cell.get("cell_type"), _cell(place, cell)) for place, cell in enumerate(cells) if isinstance(cell, dict)]
    return [cell for kind, cell in read if kind == "code" or "exercise" in cell.tags]


def _json(content: bytes) -> Any:
    for encoding in ENCODINGS:
        if encoding == "utf-16" and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            return json.loads(content.decode(encoding))
        except UnicodeDecodeError:
            continue
        except RecursionError as error:
            raise DataError("no notebook: its content is nested too deep") from error
        except ValueError as error:
            raise DataError("no notebook: its content is not JSON" if content.strip() else
                            "no notebook: the file is empty") from error
    raise DataError("no notebook: its content is no text")


def _cell(place: int, cell: dict[str, Any]) -> CodeCell:
    source = cell.get("source", cell.get("input", ""))
    source = "".join(map(str, source)) if isinstance(source, list) else str(source)
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return CodeCell(place, source.replace("\r\n", "\n").replace("\0", ""), str(cell.get("id", "")),
                    tuple(map(str, tags)) if isinstance(tags, list) else ())


def said_of(error: Exception) -> str:
    """Why a file could not be read."""
    return message_of(error)
