"""The records of a training run as a caller gives them: checked, and told in words."""
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from resnext_edu.draw.measured.values import measurement
from resnext_edu.errors import ConfigError, positive_int, shown

DIVERGED = "the training has diverged, so train again with a smaller learning rate"


class EpochDrawn(NamedTuple):
    """What was measured in one epoch; accuracies are in percent, and nothing is None but what was not validated."""

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    lr: float

    def words(self) -> str:
        """All its numbers, for those who do not see the curves."""
        parts = [f"training loss {self.train_loss:.3g}, accuracy {self.train_accuracy:.1f} %"]
        parts += [] if self.validation_loss is None else [f"validation loss {self.validation_loss:.3g}"]
        parts += [] if self.validation_accuracy is None else [f"validation accuracy {self.validation_accuracy:.1f} %"]
        return f"Epoch {self.epoch}: {', '.join((*parts, f'learning rate {self.lr:.3g}'))}."


def epochs_of(records: Any) -> list[EpochDrawn]:
    """The records of all epochs that have ended; ConfigError if one is not complete, or they are not in order."""
    if not isinstance(records, Sequence) or isinstance(records, str | bytes):
        raise ConfigError(f"records must be a list with a dict for each epoch; got {shown(records)}")
    found: list[EpochDrawn] = []
    for k, record in enumerate(records):
        if not isinstance(record, Mapping) or not record.keys() >= {*EpochDrawn._fields}:
            raise ConfigError(f"records[{k}] must be a dict with {', '.join(EpochDrawn._fields)}; got {shown(record)}")
        epoch = positive_int(f"epoch in records[{k}]", record["epoch"])
        if found and epoch <= found[-1].epoch:
            raise ConfigError(f"records[{k}] must be of an epoch after {found[-1].epoch}; got {epoch}; "
                              "sort the records")
        numbers = (_part(f"{name} in records[{k}]", name, record[name]) for name in EpochDrawn._fields[1:])
        found.append(EpochDrawn(epoch, *numbers))
    return found


def _part(where: str, name: str, value: Any) -> Any:
    """One number of a record; an accuracy in percent."""
    if value is None and name.startswith("validation"):
        return None
    number = measurement(where, value, DIVERGED)
    if name.endswith("accuracy") and not 0 <= number <= 1:
        raise ConfigError(f"{where} must be an accuracy, 0 … 1; got {number:g}; divide percent by 100")
    if name == "lr" and number < 0:
        raise ConfigError(f"{where} must be 0 or more; got {number:g}")
    return 100 * number if name.endswith("accuracy") else number
