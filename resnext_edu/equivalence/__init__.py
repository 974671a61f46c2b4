"""The proof that two modules are one function: `prove_equivalent` and its report.

This room never imports `convert`. If the two agree, it is evidence only because neither knows the other.
"""
from resnext_edu.equivalence.batchnorm import make_identity, randomise_batchnorm
from resnext_edu.equivalence.proof import prove_equivalent
from resnext_edu.equivalence.report import EquivalenceReport
from resnext_edu.findings import Finding

__all__ = ["EquivalenceReport", "Finding", "make_identity", "prove_equivalent", "randomise_batchnorm"]
