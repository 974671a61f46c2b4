"""What is said of the departures that are no change of a plan: what is there, what the paper has, what this does."""
from collections.abc import Mapping, Sequence

from resnext_edu.examination.examined import FoundDeparture

TEXTS: Mapping[str, str] = {  # name → what is there. The paper: what it has. Effect: what this does
    "relu_before_sum": "a ReLU stands at the end of the branch. The paper: the last ReLU comes after the sum. "
                       "Effect: a branch can only add, and never take away.",
    "relu_missing": "no ReLU follows the sum. The paper: a ReLU after the shortcut is added. "
                    "Effect: negative numbers go on.",
    "relu_missing_inside": "no ReLU stands between two convolutions. The paper: a ReLU after each BatchNorm. "
                           "Effect: two linear maps in a row do no more than one.",
    "relu_before_bn": "the ReLU stands before the BatchNorm. The paper: convolution, BatchNorm, ReLU. "
                      "Effect: another function of the same size.",
    "projection_relu": "a ReLU stands on the shortcut. The paper: a projection and its BatchNorm only. "
                       "Effect: the shortcut can't hand on negative numbers.",
    "shortcut_missing": "nothing is added to the branch. The paper: the block's input is added. "
                        "Effect: no residual block; a deep network of these is hard to train.",
    "projection_pooled": "a pooling before the projection has the stride. The paper: the projection has it. "
                         "Effect: the shortcut reads all pixels, and not one of four.",
    "projection_padded": "the shortcut is padded with channels of zeros. The paper: a projection where the shape "
                         "changes. Effect: new channels get nothing from the shortcut.",
    "squeeze_excitation": "the channels are multiplied by factors that depend on the whole image. The paper: nothing "
                          "of that kind. Effect: an attention to channels, as in SE-ResNeXt.",
    "other_activation": "another activation ({}). The paper: ReLU. Effect: another function of the same shape.",
    "other_norm": "another normalisation ({}). The paper: BatchNorm. Effect: it depends on one image, not on a batch.",
    "scaled_branch": "a branch or a shortcut is multiplied by a factor, or added twice. The paper: both are added as "
                     "they are. Effect: one of them weighs more.",
    "dilated": "the 3×3 is dilated by {}. The paper: its nine pixels are neighbours. "
               "Effect: it sees farther, and skips pixels.",
    "stem_without_relu": "no ReLU in the stem. The paper: a ReLU after its BatchNorm. Effect: negative numbers go on.",
    "stem_pool": "the pool of the stem reads {}. The paper: 3×3. Effect: it sees other pixels.",
    "image_changed": "the image is changed before the first convolution ({}). The paper: it goes in as it is. "
                     "Effect: none, if images that go in are not changed in this way, too.",
    "other_padding": "an edge is padded in another way ({}). The paper: with as many zeros on all sides. "
                     "Effect: other numbers at the edge.",
    "always_training": "{} works as in training, in eval mode, too. The paper: only while it is trained. "
                       "Effect: the answer depends on chance, or on the other images of the batch.",
    "stem_average": "the stem ends in an average pool. The paper: in a max pool. Effect: another function.",
    "softmax": "a softmax stands at the end. The paper: logits come out, and the loss has the softmax. "
               "Effect: with a cross-entropy loss the softmax is taken twice.",
    "output_activation": "an activation at the end ({}). The paper: logits come out. "
                         "Effect: a cross-entropy loss gets the wrong numbers.",
    "unread_channels": "{} of the {} channels that the first 1×1 puts out are read by nobody. The paper: every "
                       "path reads channels of its own. Effect: several paths read the same slice.",
    "same_slice": "{} of {} paths read a slice of the input that another path reads, too. The paper: every path reads "
                  "the whole input. Effect: the rest of the input is read by no path.",
    "dense_with_zeros": "the 3×3 is dense, and all its weights between two paths are 0. The paper: a 3×3 with C "
                        "groups. Effect: none as long as they stay 0; it is the same function, with weights and work "
                        "that do nothing.",
    "dense_merge": "a depthwise 3×3, and a dense 1×1 of zeros and ones that adds up each path. The paper: a 3×3 with C "
                   "groups. Effect: none as long as the 1×1 stays as it is; it is the same function, many times as "
                   "large.",
    "constant_merge": "a depthwise 3×3, and a dense 1×1 of constant zeros and ones that adds up each path. The paper: "
                      "a 3×3 with C groups. Effect: none: it is the same function, with many times the work.",
    "other_sums": "the 1×1 behind the depthwise 3×3 does not add up each path. The paper: a 3×3 with C groups, which "
                  "would take a 1 for one result of every channel of the path, and zeros elsewhere. Effect: another "
                  "function.",
    "shared_layers": "layers are called more than once. The paper: every layer has weights of its own. "
                     "Effect: the same weights work in several places.",
    "norm_without_weights": "BatchNorms have no factors and offsets. The paper: they have both. "
                            "Effect: a channel can't be scaled.",
    "bias_per_path": "every path has biases of its own at its end. The paper: no biases, since a BatchNorm follows. "
                     "Effect: none: these numbers do nothing.",
    "unread_layers": "layers run, and the output does not depend on them. The paper: every layer is read. "
                     "Effect: on this output none.",
    "computed_weights": "weights are computed from other weights ({}). The paper: weights are what is learned. "
                        "Effect: another way of learning, or another function.",
    "unused_parameters": "there are parameters that no call uses. The paper: every parameter is used. Effect: none.",
}


def found(name: str, where: Sequence[str], params: int = 0, macs: int = 0, *values: object) -> FoundDeparture:
    """A departure with its text."""
    return FoundDeparture(name, tuple(dict.fromkeys(where)), params, macs, TEXTS[name].format(*values))
