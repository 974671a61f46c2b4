"""Pictures: a spec, a trace or a report goes in, a `Picture` comes out.

The counts of a block or a network come from `resnext_edu.cost`, or from the rows of a trace; a picture only adds
and compares them. Two files count for themselves what no block has: `block/ancestors.py` the pair of VGG and the
module of Inception, `block/grouped_layer.py` a single convolution with a kernel of any size.
"""
