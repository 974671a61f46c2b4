"""The whole network: a stem, stages of blocks in one of the three forms, and a head.

It is built from a `ResNeXtConfig`, in the order of torchvision's `ResNet`. In form (c) it has torchvision's
`state_dict` and gives the same bits, and the same seed gives the same weights.
"""
from collections.abc import Iterator
from copy import deepcopy
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from resnext_edu.blocks import ResNeXtBlock, build
from resnext_edu.config import ResNeXtConfig, check_config, check_form
from resnext_edu.convert import in_form
from resnext_edu.errors import ConfigError, not_the_shape
from resnext_edu.pretrained import Weights, load_weights


class ResNeXt(nn.Module):
    """A ResNeXt, or with one path of width 64 a ResNet: from images to one number for each class.

    A seed gives the same *function* in every form, because the weights are always drawn in form (c) and then
    converted. Drawn path by path they would be larger: He's initialisation divides by the `fan_out` of the whole
    convolution and ignores its groups.

    Parameters
    ----------
    config : ResNeXtConfig
        All sizes.
    form : {"grouped", "concat", "split_sum"}
        Which form its blocks have.

    Attributes
    ----------
    stage_names : tuple of str
        "layer1", "layer2", …: each is an `nn.Sequential` of blocks.

    Raises
    ------
    ConfigError
        If `config` is not a `ResNeXtConfig`, the form is unknown, or (in `forward`) the images don't fit.

    References
    ----------
    Xie et al. 2017, arXiv 1611.05431v2, Table 1; He et al. 2015, arXiv 1502.01852, for the initialisation.

    Examples
    --------
    >>> model = ResNeXt(ResNeXtConfig.preset("resnext_mini"))
    >>> model(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self, config: ResNeXtConfig, form: str = "grouped") -> None:
        super().__init__()
        check_config(config)
        check_form(form)
        stages = config.stages()
        self.config: ResNeXtConfig = config
        self.form: str = form
        self.stage_names: tuple[str, ...] = tuple(stages)
        # drawn before everything else, so that a seed gives the same weights in every form
        drawn = None if form == "grouped" else ResNeXt(config)

        self.conv1: nn.Module = _first_convolution(config)
        self.bn1: nn.BatchNorm2d = nn.BatchNorm2d(config.stem_channels)
        self.relu: nn.ReLU = nn.ReLU(inplace=True)
        pool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.maxpool: nn.Module | None = None if config.stem_type == "cifar" else pool
        for name, specs in stages.items():
            self.add_module(name, nn.Sequential(*(build(spec, form) for spec in specs)))
        self.avgpool: nn.AdaptiveAvgPool2d = nn.AdaptiveAvgPool2d((1, 1))
        self.fc: nn.Linear = nn.Linear(config.block_specs()[-1].out_channels, config.num_classes)

        if drawn is None:
            _draw(self)
        else:
            self.load_state_dict(drawn.to_form(form).state_dict())

    def forward(self, images: Tensor) -> Tensor:
        """(N, in_channels, H, W) → (N, num_classes), without a softmax."""
        if not isinstance(images, Tensor) or images.dim() != 4 or images.shape[1] != self.config.in_channels:
            raise ConfigError(not_the_shape(images, self.config.in_channels, "this network reads images", "build it"))
        x = self.relu(self.bn1(self.conv1(images)))  # (N, 64, H/2, W/2), sizes of the ImageNet stem
        if self.maxpool is not None:
            x = self.maxpool(x)                      # (N, 64, H/4, W/4)
        for name in self.stage_names:
            x = self.get_submodule(name)(x)          # (N, 256, H/4, W/4) … (N, 2048, H/32, W/32)
        x = self.avgpool(x)                          # (N, 2048, 1, 1)
        x = torch.flatten(x, 1)                      # (N, 2048)
        logits: Tensor = self.fc(x)                  # (N, num_classes)
        return logits

    def to_form(self, form: str) -> "ResNeXt":
        """A new network in another form that computes the same function; this one stays as it is.

        There and back gives the same bits. Stem and head are copied as they are now, even if you put in another
        `fc`. The new network keeps dtype, device, train or eval mode, and what is frozen; parameters that become one
        are frozen only if all of them were.

        Parameters
        ----------
        form : {"grouped", "concat", "split_sum"}
            The form that you want.

        Returns
        -------
        ResNeXt
            It shares no memory with this one.

        Raises
        ------
        ConversionError
            If a block was changed after `ResNeXt` built it; see `in_form`.
        ConfigError
            If the form is unknown.

        Examples
        --------
        >>> split_sum = ResNeXt(ResNeXtConfig.preset("resnext_mini")).to_form("split_sum")
        >>> len(split_sum.layer1[0].paths)
        8
        """
        check_form(form)
        twins = {id(block): in_form(block, form, name=path) for path, block in self._blocks()}
        other = deepcopy(self, twins)  # copies everything else, and puts each block's twin in its place
        other.form = form
        return other

    def _blocks(self) -> Iterator[tuple[str, ResNeXtBlock]]:
        """Path and block, from the first stage to the last."""
        for stage in self.stage_names:
            for k, block in enumerate(self.get_submodule(stage).children()):
                yield f"{stage}.{k}", block  # type: ignore[misc]  # in_form raises if it is another module

    def extra_repr(self) -> str:
        """What `repr` shows of the network itself: its config and its form."""
        return f"{self.config}, form={self.form!r}"


def _draw(model: nn.Module) -> None:
    """He's initialisation of every convolution; not on "meta", where it would draw nothing and take seconds."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and not module.weight.is_meta:
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def _first_convolution(config: ResNeXtConfig) -> nn.Module:
    """The 7×7, the three 3×3 of a deep stem, or the one 3×3 for small images."""
    conv3x3 = partial(nn.Conv2d, kernel_size=3, padding=1, bias=False)
    width = config.stem_width
    if config.stem_type == "imagenet":
        return nn.Conv2d(config.in_channels, width, kernel_size=7, stride=2, padding=3, bias=False)
    if config.stem_type == "cifar":
        return conv3x3(config.in_channels, width)
    return nn.Sequential(  # numbered as in timm, so that the weights of its deep stems fit
        conv3x3(config.in_channels, width, stride=2), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
        conv3x3(width, width), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
        conv3x3(width, 2 * width),
    )


class Preset(Protocol):
    """A function that builds the network of one preset: `help(resnext50_32x4d)` explains the arguments."""

    __name__: str
    __qualname__: str

    def __call__(self, *, weights: Weights | None = None, progress: bool = True, form: str = "grouped",
                 **changes: Any) -> ResNeXt:
        """Build the network, load weights if `weights` is not None, and convert it to `form`."""


def _preset(name: str) -> Preset:
    """The function that builds the network of this preset."""

    def network(*, weights: Weights | None = None, progress: bool = True, form: str = "grouped",
                **changes: Any) -> ResNeXt:
        check_form(form)
        model = ResNeXt(ResNeXtConfig.preset(name).replace(**changes))
        if weights is not None:
            load_weights(model, weights, name, progress=progress)
        return model if form == "grouped" else model.to_form(form)

    network.__name__ = network.__qualname__ = name
    network.__doc__ = f"""Build the network of `ResNeXtConfig.preset("{name}")`.

    Parameters
    ----------
    weights : str, torchvision.models.WeightsEnum, path or None
        A name such as "IMAGENET1K_V2" or "DEFAULT", which torchvision downloads and keeps in its cache; a file
        that holds a `state_dict` of form (c); or None, for weights drawn at random.
    progress : bool
        Whether a download shows how far it is.
    form : {{"grouped", "concat", "split_sum"}}
        Which form the blocks have. The weights are converted.
    **changes
        Other values for the config, such as `num_classes=10`.

    Returns
    -------
    ResNeXt
        In train mode: (N, in_channels, H, W) → (N, num_classes).

    Raises
    ------
    WeightsError
        If the weights can't be fetched or read, or don't fit the network.
    ConfigError
        If a value of the config is wrong.
    """
    return network


resnet50: Preset = _preset("resnet50")
resnet101: Preset = _preset("resnet101")
resnext50_32x4d: Preset = _preset("resnext50_32x4d")
resnext101_32x4d: Preset = _preset("resnext101_32x4d")
resnext101_32x8d: Preset = _preset("resnext101_32x8d")
resnext101_64x4d: Preset = _preset("resnext101_64x4d")
resnext29: Preset = _preset("resnext29")
resnext_mini: Preset = _preset("resnext_mini")
