"""Weights that come with the package. An entry has what torchvision's own entries have, so one code path reads both."""
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnext_edu.errors import WeightsError

if TYPE_CHECKING:
    from resnext_edu.preparation import Preparation

WEIGHTS_FOLDER = Path(__file__).parent / "assets"


@dataclass(frozen=True)
class Shipped:
    """Trained weights of the package, with their card.

    Parameters
    ----------
    name : str
        What the weights are called.
    file : str
        Its name in `resnext_edu/assets`, without an ending: `.pt` holds the weights, `.json` the card.

    Raises
    ------
    WeightsError
        If a file is missing or damaged, when it is asked for; the text says how to repair it.

    Examples
    --------
    >>> SHIPPED["resnext_mini"]["FASHION_MNIST_MINI"].meta["categories"][:3]
    ['T-shirt/top', 'Trouser', 'Pullover']
    """

    name: str
    file: str

    @property
    def url(self) -> str:
        """Where the weights are: a path on this computer."""
        return str(WEIGHTS_FOLDER / f"{self.file}.pt")

    @cached_property
    def meta(self) -> Mapping[str, Any]:
        """What is known about them: `categories`, `card`, `preprocessing`, `size`, `sha256` and more."""
        path = WEIGHTS_FOLDER / f"{self.file}.json"
        try:
            known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise WeightsError(f"{path}, the card of the weights, can't be read ({error}). {self._repair}") from error
        return known

    def transforms(self) -> "Preparation":
        """What their images went through."""
        from resnext_edu.preparation import Preparation

        return Preparation(**self.meta["preprocessing"])

    def get_state_dict(self, **_: Any) -> Mapping[str, Any]:
        """The weights, checked. Nothing is downloaded, so what is said about a download is not used."""
        import torch

        path, size, sha256 = Path(self.url), self.meta["size"], self.meta["sha256"]
        expected = f"expected {size:,} bytes with sha256 {sha256}"
        try:
            content = path.read_bytes()
        except OSError as error:
            raise WeightsError(f"{path} can't be read ({error.strerror}): {expected}. {self._repair}") from error
        if (found := hashlib.sha256(content).hexdigest()) != sha256:
            raise WeightsError(f"{path} is damaged: {expected}; found {len(content):,} bytes with sha256 {found}. "
                               f"{self._repair}")
        state: Mapping[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        return state

    @property
    def _repair(self) -> str:
        return ("To repair it: in a clone `git checkout -- resnext_edu/assets`, else install the package again with "
                "`pip install --force-reinstall`; tools/make_weights.py trains them anew")


_MINI = Shipped("FASHION_MNIST_MINI", "resnext_mini-fashion-mnist-mini")
SHIPPED: Mapping[str, Mapping[str, Shipped]] = {  # network → name of the weights → weights
    "resnext_mini": {_MINI.name: _MINI, "DEFAULT": _MINI},
}
