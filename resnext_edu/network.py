"""The whole network: a stem, stages of blocks in one of the three forms, and a head.

Built from a `ResNeXtConfig`, module by module in the order of torchvision's `ResNet`. In form (c) it has
torchvision's `state_dict`, and gives the same bits; the same seed gives the same weights, too.
"""
from collections.abc import Iterator
from copy import deepcopy
from functools import partial

import torch
from torch import Tensor, nn

from resnext_edu.blocks import ResNeXtBlock, build
from resnext_edu.config import ResNeXtConfig, check_config, check_form
from resnext_edu.convert import convert_state_dict, in_form
from resnext_edu.errors import ConfigError
from resnext_edu.pretrained import load_weights


class ResNeXt(nn.Module):
    """A ResNeXt, or with one path of width 64 a ResNet, from images to one number a class.

    A seed gives the same *function* in every form: the weights are drawn as form (c) draws them, and
    converted. Drawn path by path they would be larger: He's initialisation looks at a whole convolution's
    `fan_out`, and does not ask for its groups.

    Parameters
    ----------
    config : ResNeXtConfig
        The sizes of everything.
    form : {"grouped", "concat", "split_sum"}
        How its blocks are written.

    Raises
    ------
    ConfigError
        If `config` is none, the form is unknown, or (in `forward`) the images don't fit.

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
        self.config, self.form, self.stage_names = config, form, tuple(stages)
        # before all else, so that a seed means the same weights in every form
        drawn = None if form == "grouped" else ResNeXt(config)

        self.conv1 = _first_convolution(config)
        self.bn1 = nn.BatchNorm2d(config.stem_channels)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = None if config.stem_type == "cifar" else nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        for name, specs in stages.items():
            self.add_module(name, nn.Sequential(*(build(spec, form) for spec in specs)))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(config.block_specs()[-1].out_channels, config.num_classes)

        if drawn is None:
            _draw(self)
        else:
            self.load_state_dict(convert_state_dict(drawn.state_dict(), "grouped", form, config.cardinality))

    def forward(self, images: Tensor) -> Tensor:
        """(N, in_channels, H, W) → (N, num_classes), before any softmax."""
        if images.dim() != 4 or images.shape[1] != self.config.in_channels:
            raise ConfigError(
                f"this network reads images of shape (N, {self.config.in_channels}, H, W), got {tuple(images.shape)}; "
                f"give it {self.config.in_channels} channels, or build it with other in_channels"
            )
        x = self.relu(self.bn1(self.conv1(images)))  # (N, 64, H/2, W/2), sizes of the ImageNet stem
        if self.maxpool is not None:
            x = self.maxpool(x)                      # (N, 64, H/4, W/4)
        for name in self.stage_names:
            x = self.get_submodule(name)(x)          # (N, 256, H/4, W/4) … (N, 2048, H/32, W/32)
        x = self.avgpool(x)                          # (N, 2048, 1, 1)
        x = torch.flatten(x, 1)                      # (N, 2048)
        return self.fc(x)                            # (N, num_classes)

    def to_form(self, form: str) -> "ResNeXt":
        """A new network in another form that computes the same function; this one stays as it is.

        There and back gives the same bits. Stem and head are copied as they are now, also an `fc` that was put in
        for other classes. Dtype, device, train or eval mode and what is frozen go along; of parameters that become
        one, all have to be frozen.

        Parameters
        ----------
        form : {"grouped", "concat", "split_sum"}
            The form that is wanted.

        Returns
        -------
        ResNeXt
            It shares no memory with this one.

        Raises
        ------
        ConversionError
            If a block is no longer the one that `ResNeXt` builds there; see `in_form`.
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
        other = deepcopy(self, twins)  # all but the blocks is copied; each block's place takes its twin
        other.form = form
        return other

    def _blocks(self) -> Iterator[tuple[str, ResNeXtBlock]]:
        """Path and block, from the first stage to the last."""
        for stage in self.stage_names:
            for k, block in enumerate(self.get_submodule(stage).children()):
                yield f"{stage}.{k}", block  # type: ignore[misc]  # in_form looks whether it is one

    def extra_repr(self) -> str:
        return f"{self.config}, form={self.form!r}"


def _draw(model: nn.Module) -> None:
    """He's initialisation of every convolution. On "meta" there are no numbers to draw, and it would take seconds."""
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
    return nn.Sequential(  # numbered as in timm, whose deep stems this one's weights fit
        conv3x3(config.in_channels, width, stride=2), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
        conv3x3(width, width), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
        conv3x3(width, 2 * width),
    )


def _preset(name: str):
    """The function that builds the network of that preset."""

    def build(*, weights=None, progress: bool = True, form: str = "grouped", **changes) -> ResNeXt:
        model = ResNeXt(ResNeXtConfig.preset(name).replace(**changes))
        if weights is not None:
            load_weights(model, weights, name, progress=progress)
        return model if form == "grouped" else model.to_form(form)

    build.__name__ = build.__qualname__ = name
    build.__doc__ = f"""The `{name}` of `ResNeXtConfig.presets()`, with weights if asked for.

    Parameters
    ----------
    weights : str, torchvision.models.WeightsEnum, path or None
        A name such as "IMAGENET1K_V2" or "DEFAULT", fetched by torchvision and kept in its cache; a file that
        holds a `state_dict` of form (c); or None, for weights drawn at random.
    progress : bool
        Whether a download shows how far it is.
    form : {{"grouped", "concat", "split_sum"}}
        How the blocks are written; the weights are converted.
    **changes
        Other values for the config, such as `num_classes=10`.

    Raises
    ------
    WeightsError
        If the weights can't be fetched or read, or don't fit. Nothing is half-loaded.
    ConfigError
        If a value of the config is wrong.
    """
    return build


resnet50 = _preset("resnet50")
resnet101 = _preset("resnet101")
resnext50_32x4d = _preset("resnext50_32x4d")
resnext101_32x4d = _preset("resnext101_32x4d")
resnext101_32x8d = _preset("resnext101_32x8d")
resnext101_64x4d = _preset("resnext101_64x4d")
resnext29 = _preset("resnext29")
resnext_mini = _preset("resnext_mini")
