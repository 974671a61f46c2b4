"""How long the exact proof of a whole network takes, link by link. Part of `make bench`."""
import time

import torch
import torchvision
from measure import options_of, save
from tqdm import tqdm

from resnext_edu import Table, prove_equivalent, randomise_batchnorm, resnext50_32x4d, resnext101_32x8d

SIZE = (1, 3, 224, 224)


def pairs() -> dict[str, tuple[torch.nn.Module, torch.nn.Module]]:
    """What is proved: two forms of a network, and torchvision's network beside ours."""
    ours = randomise_batchnorm(resnext50_32x4d())
    theirs = torchvision.models.resnext50_32x4d()
    theirs.load_state_dict(ours.state_dict())
    large = randomise_batchnorm(resnext101_32x8d())
    return {"ResNeXt-50, forms (a) and (c)": (ours.to_form("split_sum"), ours),
            "ResNeXt-50, forms (b) and (c)": (ours.to_form("concat"), ours),
            "ResNeXt-50, torchvision's and ours": (theirs, ours),
            "ResNeXt-101 32×8d, forms (b) and (c)": (large.to_form("concat"), large)}


def main() -> None:
    options = options_of(__doc__, rounds=1)
    found, rows = {}, []
    for name, (left, right) in pairs().items():
        bare, x = right.double().eval(), torch.randn(SIZE, dtype=torch.float64)
        left.double()
        with torch.no_grad():
            bare(x)
            begin = time.perf_counter()
            bare(x)
            forward = time.perf_counter() - begin
        with tqdm(desc=name, disable=None) as bar:
            def tell(done: int, total: int, what: str, bar: tqdm = bar) -> None:
                bar.total = total
                bar.update(done - bar.n)

            begin = time.perf_counter()
            report = prove_equivalent(left, right, input_size=SIZE, floats=False, progress=tell)
            seconds = time.perf_counter() - begin
        found[name] = {"forwards": round(seconds / forward), "seconds": round(seconds, 1), "passed": report.passed,
                       "once_in": report["exact"].once_in}
        rows.append((name, report.short, found[name]["forwards"], found[name]["seconds"]))
    print(Table(("exact proof", "proof", "÷ one forward in float64", "seconds"), rows))
    if not options.dry:
        save({"proofs": {"threads": options.threads, **found}})


if __name__ == "__main__":
    main()
