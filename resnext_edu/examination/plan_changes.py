"""What can be changed in a plan: a bias here, a stride there, a width everywhere.

A change takes a plan and the config of the paper's network, and returns another plan. What is done to each block is
written for one block.
"""
from collections.abc import Callable
from dataclasses import replace

from resnext_edu.config import ResNeXtConfig
from resnext_edu.examination.plan import Block, Conv, Plan, changed

PlanChange = Callable[[Plan, ResNeXtConfig], Plan]
BlockChange = Callable[[Block, ResNeXtConfig, int], Block]  # a block, the network, the number of the stage from 0


def in_blocks(change: BlockChange) -> PlanChange:
    """Change every block."""
    def all_blocks(plan: Plan, config: ResNeXtConfig) -> Plan:
        return replace(plan, stages=tuple(tuple(change(block, config, stage) for block in blocks)
                                          for stage, blocks in enumerate(plan.stages)))
    return all_blocks


def with_biases(plan: Plan, config: ResNeXtConfig) -> Plan:
    """Give every convolution a bias."""
    def with_bias(conv: Conv) -> Conv:
        return replace(conv, bias=True)

    def block(old: Block, config: ResNeXtConfig, stage: int) -> Block:
        one, two, three = map(with_bias, old.convs)
        return Block((one, two, three), with_bias(old.projection) if old.projection else None)

    return replace(in_blocks(block)(plan, config), stem=tuple(map(with_bias, plan.stem)))


def with_groups(number: int, groups: Callable[[ResNeXtConfig, int], int]) -> PlanChange:
    """Give convolution `number` of every block another number of groups, where that is possible."""
    return in_blocks(lambda block, config, stage: changed(block, number, groups=groups(config, stage)))


def with_width(width: Callable[[ResNeXtConfig, int], int]) -> PlanChange:
    """Give every block another width between its two 1×1s."""
    def block(old: Block, config: ResNeXtConfig, stage: int) -> Block:
        new = width(config, stage)
        return changed(changed(old, 1, out_channels=new), 2, out_channels=new)

    return in_blocks(block)


def cut_twice(block: Block, cardinality: int) -> Block:
    """C·C groups, where the channels can be divided by so many."""
    possible = block.convs[1].out_channels % cardinality**2 == 0
    return changed(block, 2, groups=cardinality**2) if possible else block


def putting_out_2Cd(plan: Plan, config: ResNeXtConfig) -> Plan:
    """Give every block an output of 2·C·d channels."""
    def block(old: Block, config: ResNeXtConfig, stage: int) -> Block:
        out = 2 * config.cardinality * config.width_per_group * 2**stage
        new = changed(old, 3, out_channels=out)
        return replace(new, projection=old.projection and replace(old.projection, out_channels=out))

    return in_blocks(block)(plan, config)


def stride_on_the_first(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    """Move a block's stride to its first 1×1."""
    stride = block.convs[1].stride
    return changed(changed(block, 1, stride=stride), 2, stride=1)


def in_two_steps(constant: bool) -> PlanChange:
    """Make every 3×3 a depthwise one with a dense 1×1 behind it, which learns or is constant."""
    def block(old: Block, config: ResNeXtConfig, stage: int) -> Block:
        width, groups = old.convs[1].out_channels, old.convs[1].groups
        return changed(old, 2, merged=width * (width // groups), constant=constant)

    return in_blocks(block)


def without_stride(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    """Take a block's stride away."""
    return replace(changed(block, 2, stride=1), projection=block.projection and replace(block.projection, stride=1))


def projection_everywhere(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    """Give a block a projection, whatever its shape is."""
    last = block.convs[2]
    return replace(block, projection=block.projection or Conv(last.out_channels, bias=last.bias))


def projection_without_norm(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    """Take the BatchNorm of a block's projection away."""
    return replace(block, projection=block.projection and replace(block.projection, norms=0))


def projection_biased(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    """Give a block's projection a bias."""
    return replace(block, projection=block.projection and replace(block.projection, bias=True))


def with_norms(number: Callable[[ResNeXtConfig], int]) -> PlanChange:
    """Give the end of every branch another number of BatchNorms."""
    return in_blocks(lambda block, config, stage: changed(block, 3, norms=number(config)))


def without_norms(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    """Take all BatchNorms of a block away."""
    for number in (1, 2, 3):
        block = changed(block, number, norms=0)
    return projection_without_norm(block, config, stage)


def without_own_norm(number: int) -> BlockChange:
    """Take the BatchNorm behind convolution `number` away."""
    return lambda block, config, stage: changed(block, number, norms=0)


def biased(*numbers: int) -> BlockChange:
    """Give the convolutions of these numbers a bias."""
    def change(block: Block, config: ResNeXtConfig, stage: int) -> Block:
        for number in numbers:
            block = changed(block, number, bias=True)
        return block

    return change


def norms_first(plan: Plan, config: ResNeXtConfig) -> Plan:
    """Put every BatchNorm and ReLU before its convolution."""
    def block(old: Block, config: ResNeXtConfig, stage: int) -> Block:
        return projection_without_norm(replace(changed(old, 3, norms=0), norms_before=1), config, stage)

    return replace(in_blocks(block)(plan, config), norms_at_end=1)


def projection_in_series(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    """Put a block's projection behind its branch, in place of the shortcut."""
    return replace(block, in_series=block.projection is not None,
                   projection=block.projection and replace(block.projection, stride=1))


def with_projection(**values: int) -> BlockChange:
    """Give every projection other values."""
    return lambda block, config, stage: replace(
        block, projection=block.projection and replace(block.projection, **values))  # type: ignore[arg-type]


def stride_in_a_pool(block: Block, config: ResNeXtConfig, stage: int) -> Block:
    """Move a block's stride to a pooling behind its 3×3."""
    stride = block.convs[1].stride
    return changed(block, 2, stride=1, pooled=stride)


def with_stem_convs(**values: int | bool) -> PlanChange:
    """Give the stem's convolutions other values."""
    return lambda plan, config: replace(
        plan, stem=tuple(replace(conv, **values) for conv in plan.stem))  # type: ignore[arg-type]


def deep_stem(plan: Plan, config: ResNeXtConfig) -> Plan:
    """Make the stem three 3×3s and a pool."""
    conv = replace(plan.stem[-1], kernel=3, stride=1)
    half = replace(conv, out_channels=conv.out_channels // 2)
    return replace(plan, stem=(replace(half, stride=2), half, conv), pool=True)


def one_block_more(plan: Plan, config: ResNeXtConfig) -> Plan:
    """Give every stage one block more."""
    def inner(blocks: tuple[Block, ...]) -> Block:
        return replace(changed(blocks[-1], 2, stride=1), projection=None)

    return replace(plan, stages=tuple((*blocks, inner(blocks)) for blocks in plan.stages))


def one_block_less(plan: Plan, config: ResNeXtConfig) -> Plan:
    """Take one block of every stage away."""
    return replace(plan, stages=tuple(blocks[:-1] if len(blocks) > 1 else blocks for blocks in plan.stages))


def with_stem(*stem: tuple[int, int], pool: bool = False) -> PlanChange:
    """Another stem, given as (kernel, stride) of each convolution; its last width stays."""
    def change(plan: Plan, config: ResNeXtConfig) -> Plan:
        last = plan.stem[-1]
        return replace(plan, stem=tuple(replace(last, kernel=kernel, stride=stride) for kernel, stride in stem),
                       pool=pool)

    return change
