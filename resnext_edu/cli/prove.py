"""The proof in a terminal, for any block or network, any pair of forms and any sabotage."""
import argparse
import json
from collections.abc import Sequence
from textwrap import fill

import torch

from resnext_edu.blocks import build
from resnext_edu.cli.progress_line import progress_line
from resnext_edu.config import FORM_NAMES, BlockSpec, ResNeXtConfig, check_form
from resnext_edu.convert import convert_state_dict, in_form
from resnext_edu.data import load_images
from resnext_edu.data.embedded import DATA_SETS
from resnext_edu.data.maps import block_inputs
from resnext_edu.equivalence import EquivalenceReport, prove_equivalent, randomise_batchnorm
from resnext_edu.errors import ConfigError, check_name, positive_int
from resnext_edu.network import ResNeXt
from resnext_edu.sabotage import SABOTAGES, break_block

EXAMPLES = """examples:
  python -m resnext_edu prove
  python -m resnext_edu prove --forms concat grouped -C 8 -d 14
  python -m resnext_edu prove --channels 256 512 -d 8 --stride 2 --sabotage stride_on_1x1
  python -m resnext_edu prove --data fashion-mnist-mini --json > proof.json
  python -m resnext_edu prove --network resnext50_32x4d --exact          # all of it, link by link

exit status: 0 the proof passed · 1 it did not · 2 the question could not be asked · 130 stopped by Ctrl-C"""


def run(options: argparse.Namespace) -> int:
    """Build one block in two forms, break one of them if asked to, and print what the proof finds."""
    report = _proof(options) if options.network is None else _proof_of_network(options)
    sabotage = SABOTAGES.get(options.sabotage)
    if options.json:
        print(json.dumps(report.to_dict() | {"sabotage": options.sabotage}, ensure_ascii=False, indent=2))
    elif sabotage:
        print(f"{sabotage.title}\n  harm:    {sabotage.harm}\n  no harm: {sabotage.no_harm}\n")
        print(f"{report}\n\n{fill(sabotage.explanation, 100)}")
    else:
        print(report)
    return 0 if report.passed else 1


def _proof(options: argparse.Namespace) -> EquivalenceReport:
    if len(options.channels) > 2:
        raise ConfigError(
            "--channels takes the number of input channels and that of output channels, or one number for both; "
            f"got {len(options.channels)} numbers"
        )
    in_channels, out_channels = options.channels[0], options.channels[-1]
    left_form, right_form = _forms(options.forms, options.sabotage)
    spec = BlockSpec(in_channels, out_channels, options.cardinality, options.width_per_group, options.stride)
    left = build(spec, left_form, seed=options.seed)
    randomise_batchnorm(left, options.seed)
    converted = in_form(left, right_form)
    right = break_block(converted, options.sabotage) if options.sabotage else converted

    if options.data != "random":
        check_name("data set", options.data, DATA_SETS)
    size, batch = (positive_int(name, usual if given is None else given) for name, given, usual in (
        ("--size", options.size, 14), ("--batch", options.batch, 2)))
    inputs = None if options.data == "random" else block_inputs(load_images(options.data), in_channels, size, batch)
    progress = None if options.quiet else progress_line
    return prove_equivalent(
        left, right, input_size=(batch, in_channels, size, size), seed=options.seed, inputs=inputs, progress=progress,
        floats=not options.exact,
    )


def _proof_of_network(options: argparse.Namespace) -> EquivalenceReport:
    """Build a whole network in two forms, and prove them equal link by link."""
    check_name("preset", options.network, ResNeXtConfig.presets())
    if options.sabotage or options.data != "random":
        raise ConfigError("--sabotage and --data are about one block; leave out --network, or leave them out")
    left_form, right_form = _forms(options.forms, None)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        grouped = randomise_batchnorm(ResNeXt(ResNeXtConfig.preset(options.network)), options.seed)
    sides = []
    for form in (left_form, right_form):
        side = ResNeXt(grouped.config, form=form)
        side.load_state_dict(convert_state_dict(grouped.state_dict(), "grouped", form, grouped.config.cardinality))
        sides.append(side)
    batch, size = (positive_int(name, usual if given is None else given) for name, given, usual in (
        ("--batch", options.batch, 1), ("--size", options.size, 224)))
    return prove_equivalent(*sides, input_size=(batch, grouped.config.in_channels, size, size), seed=options.seed,
                            progress=None if options.quiet else progress_line, floats=not options.exact)


def _forms(forms: Sequence[str] | None, sabotage: str | None) -> tuple[str, str]:
    """The forms of the left and the right block; a sabotage breaks the right one, which needs the sabotage's form."""
    if sabotage is not None:
        check_name("sabotage", sabotage, SABOTAGES)
    for form in forms or ():
        check_form(form)
    if sabotage is None:
        left, right = forms or ("split_sum", "grouped")
        return left, right
    broken = SABOTAGES[sabotage].form
    if forms is None:
        return SABOTAGES[sabotage].beside, broken
    if broken not in forms:
        raise ConfigError(
            f"sabotage {sabotage!r} breaks form {broken!r}, got --forms {' '.join(forms)}; name {broken!r} too"
        )
    return (forms[0], broken) if forms[1] == broken else (forms[1], broken)


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Make `prove` one of the commands."""
    command = commands.add_parser(
        "prove", help="prove that two forms of a block are one function", epilog=EXAMPLES,
        description="Build a ResNeXt block, convert its weights into another form, and prove that both are one\n"
                    "function. All weights are seeded: the same call gives the same findings.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    block = command.add_argument_group("the block (the defaults are the paper's: 256 → 256, 32×4d)")
    block.add_argument("-C", "--cardinality", type=int, default=32, metavar="C", help="the number of paths (32)")
    block.add_argument("-d", "--width-per-group", type=int, default=4, metavar="D", help="channels of one path (4)")
    block.add_argument("--channels", type=int, nargs="+", default=[256], metavar="N",
                       help="input and output channels, or one number for both (256)")
    block.add_argument("--stride", type=int, default=1, metavar="S", help="of the 3×3: 1 or 2 (1)")
    question = command.add_argument_group("the question")
    question.add_argument("--network", metavar="PRESET", help=f"a whole network: {', '.join(ResNeXtConfig.presets())}")
    question.add_argument("--exact", action="store_true",
                          help="only with whole numbers; the questions with floats take minutes on a network")
    question.add_argument("--forms", nargs=2, metavar=("LEFT", "RIGHT"),
                          help=f"two of {', '.join(FORM_NAMES)} (split_sum grouped)")
    question.add_argument("--sabotage", metavar="NAME",
                          help=f"first break the block in this way: {', '.join(SABOTAGES)}")
    question.add_argument("--data", default="random", metavar="NAME",
                          help="random, or fashion-mnist-mini: real images, too, sent through a fixed stem")
    question.add_argument("--size", type=int, metavar="N", help="height and width of the maps (14; of a network 224)")
    question.add_argument("--batch", type=int, metavar="N", help="how many maps (2; for a network 1)")
    question.add_argument("--seed", type=int, default=0, metavar="N", help="of all random numbers (0)")
    output = command.add_argument_group("the answer")
    output.add_argument("--json", action="store_true", help="print all findings, raw numbers included, as JSON")
    output.add_argument("--quiet", action="store_true", help="no progress line")
    command.set_defaults(run=run)
