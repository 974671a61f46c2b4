"""What a network must beat to be worth its trouble: a linear model on pixels, and always the same answer."""
import torch
from torch import Tensor
from torch.nn import functional as F

from resnext_edu.data.images import Images
from resnext_edu.extras import brought_by

LINEAR_SIDE = 32  # pixels; larger images are averaged down, or the linear model would have too many weights


def answers_of_linear_model(images: Images) -> Tensor:
    """scikit-learn's logistic regression on pixels from 0 to 1, with its own C of 1: (N test, classes), float64.

    Nothing is chosen by looking at the test.
    """
    with brought_by("train", "fine-tuning"):
        from sklearn.linear_model import LogisticRegression

    train, test = (_rows(each) for each in (images.train_images, images.test_images))
    model = LogisticRegression(C=1.0, max_iter=1000).fit(train.numpy(), images.train_labels.numpy())
    return torch.from_numpy(model.predict_proba(test.numpy())).double()


def answers_of_largest_class(images: Images) -> Tensor:
    """The shares of the classes among the training images, for each test image: (N test, classes), float64."""
    shares = torch.bincount(images.train_labels, minlength=len(images.classes)).double() / len(images.train_labels)
    return shares.expand(len(images.test_labels), -1)


def _rows(images: Tensor) -> Tensor:
    """(N, …, H, W) uint8 → (N, values), 0 … 1."""
    x = images.double() / 255
    if x.shape[-1] > LINEAR_SIDE:
        x = F.adaptive_avg_pool2d(x, LINEAR_SIDE)
    return x.flatten(1)
