"""Explorers: sliders over pictures and the numbers in them. Only notebooks import this."""
from resnext_edu.widgets.cardinality import CardinalityExplorer
from resnext_edu.widgets.equivalence_lab import EquivalenceLab
from resnext_edu.widgets.forms import FormsExplorer
from resnext_edu.widgets.grouped_conv import GroupedConvExplorer
from resnext_edu.widgets.paths import PathExplorer
from resnext_edu.widgets.stages import StageTracer
from resnext_edu.widgets.strided import StrideExplorer

__all__ = ["CardinalityExplorer", "EquivalenceLab", "FormsExplorer", "GroupedConvExplorer", "PathExplorer",
           "StageTracer", "StrideExplorer"]
