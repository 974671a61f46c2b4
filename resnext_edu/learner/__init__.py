"""The learner's lessons: made from those of the course, kept up to date, never overwritten when they are changed."""
from resnext_edu.learner.keeping import Kept, lay_out, reset

__all__ = ["Kept", "lay_out", "reset"]
