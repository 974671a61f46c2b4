"""Prove every sabotage over some blocks, and keep what was found: `make proofs`, three minutes on two cores.

A page without a kernel can't prove. It shows these proofs, with the day and the versions.
"""
import json
import platform
from datetime import UTC, datetime
from pathlib import Path

import torch
from tqdm import tqdm

from resnext_edu.widgets.recorded_proofs import PROOFS_FILE, record

PLACE = Path(__file__).resolve().parents[1] / "resnext_edu" / "assets" / PROOFS_FILE


def main() -> None:
    """Prove, and write."""
    proofs = [*tqdm(record(), unit="proof", disable=None)]
    made = f"on {datetime.now(UTC):%Y-%m-%d} with torch {torch.__version__} and Python {platform.python_version()}"
    lines = ",\n".join(json.dumps(proof, ensure_ascii=False) for proof in proofs)
    PLACE.write_text(f'{{"made": {json.dumps(made)}, "proofs": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{PLACE.relative_to(PLACE.parents[2])}: {len(proofs)} proofs, {PLACE.stat().st_size / 1000:,.0f} kB")


if __name__ == "__main__":
    main()
