"""The whole network: a stem, stages of blocks in one of the three forms, and a head.

Built from a `ResNeXtConfig`, module by module in the order of torchvision's `ResNet`. In form (c) it has
torchvision's `state_dict`, and gives the same bits; the same seed gives the same weights, too.
"""
import re
from copy import deepcopy
from functools import partial

import torch
from torch import Tensor, nn

from resnext_edu.blocks import FORMS
from resnext_edu.config import ResNeXtConfig, check_config
from resnext_edu.convert import convert_state_dict
from resnext_edu.errors import ConfigError, ConversionError, nearest_name
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

    def __init__(self, config: ResNeXtConfig, form: str = "grouped"):
        super().__init__()
        check_config(config)
        if form not in FORMS:
            raise ConfigError(nearest_name("form", form, FORMS))
        stages = config.stages()
        self.config, self.form, self.stage_names = config, form, tuple(stages)
        sizes_only = torch.get_default_device().type == "meta"  # no weights; to draw some there takes seconds
        # before all else, so that a seed means the same weights in every form
        drawn = None if form == "grouped" or sizes_only else ResNeXt(config)

        self.conv1 = _first_convolution(config)
        self.bn1 = nn.BatchNorm2d(config.stem_channels)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = None if config.stem_type == "cifar" else nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        for name, specs in stages.items():
            self.add_module(name, nn.Sequential(*(_block(form, spec) for spec in specs)))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(specs[-1].out_channels, config.num_classes)

        if drawn is not None:
            self.load_state_dict(convert_state_dict(drawn.state_dict(), "grouped", form, config.cardinality))
        elif not sizes_only:
            for module in self.modules():
                if isinstance(module, nn.Conv2d):
                    nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

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

        Raises
        ------
        ConversionError
            If a layer inside a block is no longer the one that `ResNeXt` builds there.

        Examples
        --------
        >>> split_sum = ResNeXt(ResNeXtConfig.preset("resnext_mini")).to_form("split_sum")
        >>> len(split_sum.layer1[0].paths)
        8
        """
        with torch.device("meta"):  # sizes alone: the weights arrive below
            other = ResNeXt(self.config, form).train(self.training)
        self._check_blocks()
        for name, child in self.named_children():
            if name not in self.stage_names:
                other.add_module(name, deepcopy(child))
        weights = convert_state_dict(self.state_dict(), self.form, form, self.config.cardinality)
        other.load_state_dict(weights, assign=True)

        trained = {_in_any_path(name) for name, parameter in self.named_parameters() if parameter.requires_grad}
        for name, parameter in other.named_parameters():
            parameter.requires_grad_(_in_any_path(name) in trained)
        modes = {_in_any_path(path): module.training for path, module in self.named_modules()}
        for path, module in other.named_modules():
            module.training = modes.get(_in_any_path(path), module.training)
        return other

    def _check_blocks(self) -> None:
        """Each layer inside of a block is still the one that was built there."""
        with torch.device("meta"):
            alike = {spec: _block(self.form, spec) for spec in set(self.config.block_specs())}
        layers = {spec: {name: repr(layer) for name, layer in block.named_modules()} for spec, block in alike.items()}
        built = {f"{stage}.{k}.{name}": layer for stage, specs in self.config.stages().items()
                 for k, spec in enumerate(specs) for name, layer in layers[spec].items()}
        for path, module in self.named_modules():
            in_a_block = path.split(".")[0] in self.stage_names and not any(True for _ in module.children())
            if in_a_block and repr(module) != built.get(path):
                raise ConversionError(f"{path} is {module!r}; to_form knows blocks with {built.get(path)} there, so "
                                      "convert before you exchange layers inside of blocks")

    def extra_repr(self) -> str:
        return f"{self.config}, form={self.form!r}"


def _in_any_path(name: str) -> str:
    """The name that a layer and what it is cut into share: conv1 for paths.31.conv1."""
    return re.sub(r"paths\.\d+\.", "", name)


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


def _block(form: str, spec) -> nn.Module:
    return FORMS[form](spec.in_channels, spec.out_channels, cardinality=spec.cardinality,
                       width_per_group=spec.width_per_group, stride=spec.stride)


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
