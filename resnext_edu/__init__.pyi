"""What `resnext_edu` offers, for type checkers and editors; `__init__.py` imports each name when it is asked for."""
from resnext_edu.ablation.change import Change as Change
from resnext_edu.ablation.effects import PathEffects as PathEffects
from resnext_edu.ablation.effects import Silenced as Silenced
from resnext_edu.ablation.effects import path_effects as path_effects
from resnext_edu.ablation.listening import path_maps as path_maps
from resnext_edu.ablation.listening import path_means as path_means
from resnext_edu.ablation.silencing import without_paths as without_paths
from resnext_edu.adoption import Adopted as Adopted
from resnext_edu.blocks import (
    FORMS as FORMS,
)
from resnext_edu.blocks import (
    ConcatBottleneck as ConcatBottleneck,
)
from resnext_edu.blocks import (
    GroupedBottleneck as GroupedBottleneck,
)
from resnext_edu.blocks import (
    ResNeXtBlock as ResNeXtBlock,
)
from resnext_edu.blocks import (
    SplitSumBottleneck as SplitSumBottleneck,
)
from resnext_edu.blocks import (
    build as build,
)
from resnext_edu.checks import check_environment as check_environment
from resnext_edu.config import BlockSpec as BlockSpec
from resnext_edu.config import ResNeXtConfig as ResNeXtConfig
from resnext_edu.convert import convert_state_dict as convert_state_dict
from resnext_edu.convert import in_form as in_form
from resnext_edu.cost import analytic_cost as analytic_cost
from resnext_edu.cost import block_cost as block_cost
from resnext_edu.cost import matched_width as matched_width
from resnext_edu.counts.comparison import Comparison as Comparison
from resnext_edu.counts.comparison import Quantity as Quantity
from resnext_edu.counts.rows import TraceRow as TraceRow
from resnext_edu.counts.trace import Trace as Trace
from resnext_edu.course import course_file as course_file
from resnext_edu.data import load_images as load_images
from resnext_edu.data.images import Images as Images
from resnext_edu.data.images import Preprocessing as Preprocessing
from resnext_edu.data.images import Split as Split
from resnext_edu.data.maps import block_inputs as block_inputs
from resnext_edu.data.own import OwnImages as OwnImages
from resnext_edu.data.own import own_images as own_images
from resnext_edu.draw.kit.picture import Picture as Picture
from resnext_edu.draw.measured.answers import answers_picture as answers_picture
from resnext_edu.draw.measured.apart import apart_picture as apart_picture
from resnext_edu.draw.measured.arms import arms_picture as arms_picture
from resnext_edu.draw.measured.caught import caught_picture as caught_picture
from resnext_edu.draw.measured.confusion import confusion_picture as confusion_picture
from resnext_edu.draw.measured.differences import differences_picture as differences_picture
from resnext_edu.draw.measured.gallery import images_picture as images_picture
from resnext_edu.draw.measured.history import history_picture as history_picture
from resnext_edu.draw.measured.leads import leads_picture as leads_picture
from resnext_edu.draw.measured.mistakes import mistakes_picture as mistakes_picture
from resnext_edu.draw.measured.path_changes import path_changes_picture as path_changes_picture
from resnext_edu.draw.measured.proof import proof_picture as proof_picture
from resnext_edu.draw.measured.speedup import speedup_picture as speedup_picture
from resnext_edu.draw.measured.timing import timing_picture as timing_picture
from resnext_edu.draw.network.flow import flow_picture as flow_picture
from resnext_edu.equivalence import (
    EquivalenceReport as EquivalenceReport,
)
from resnext_edu.equivalence import (
    make_identity as make_identity,
)
from resnext_edu.equivalence import (
    prove_equivalent as prove_equivalent,
)
from resnext_edu.equivalence import (
    randomise_batchnorm as randomise_batchnorm,
)
from resnext_edu.errors import (
    CheckpointError as CheckpointError,
)
from resnext_edu.errors import (
    ConfigError as ConfigError,
)
from resnext_edu.errors import (
    ConversionError as ConversionError,
)
from resnext_edu.errors import (
    DataError as DataError,
)
from resnext_edu.errors import (
    EquivalenceError as EquivalenceError,
)
from resnext_edu.errors import (
    MissingPackageError as MissingPackageError,
)
from resnext_edu.errors import (
    NotEquivalentError as NotEquivalentError,
)
from resnext_edu.errors import (
    ResNeXtEduError as ResNeXtEduError,
)
from resnext_edu.errors import (
    TraceError as TraceError,
)
from resnext_edu.errors import TrainingError as TrainingError
from resnext_edu.errors import (
    UnknownNameError as UnknownNameError,
)
from resnext_edu.errors import (
    WeightsError as WeightsError,
)
from resnext_edu.examination import adopt as adopt
from resnext_edu.examination import examine as examine
from resnext_edu.examination import examine_totals as examine_totals
from resnext_edu.examination.examined import Examination as Examination
from resnext_edu.exercises import check as check
from resnext_edu.exercises.how_far import HowFar as HowFar
from resnext_edu.exercises.how_far import my_progress as my_progress
from resnext_edu.findings import Finding as Finding
from resnext_edu.inference import load_classifier as load_classifier
from resnext_edu.inference.classifier import Classifier as Classifier
from resnext_edu.inference.classifier import saved_classifier as saved_classifier
from resnext_edu.inference.ranking import Ranking as Ranking
from resnext_edu.intervals import Paired as Paired
from resnext_edu.intervals import difference_of_shares as difference_of_shares
from resnext_edu.intervals import paired as paired
from resnext_edu.intervals import pairs_needed as pairs_needed
from resnext_edu.intervals import power as power
from resnext_edu.network import (
    ResNeXt as ResNeXt,
)
from resnext_edu.network import (
    resnet50 as resnet50,
)
from resnext_edu.network import (
    resnet101 as resnet101,
)
from resnext_edu.network import (
    resnext29 as resnext29,
)
from resnext_edu.network import (
    resnext50_32x4d as resnext50_32x4d,
)
from resnext_edu.network import (
    resnext101_32x4d as resnext101_32x4d,
)
from resnext_edu.network import (
    resnext101_32x8d as resnext101_32x8d,
)
from resnext_edu.network import (
    resnext101_64x4d as resnext101_64x4d,
)
from resnext_edu.network import (
    resnext_mini as resnext_mini,
)
from resnext_edu.preparation import Preparation as Preparation
from resnext_edu.sabotage import SABOTAGES as SABOTAGES
from resnext_edu.sabotage import break_block as break_block
from resnext_edu.sweep.design import SWEEPS as SWEEPS
from resnext_edu.sweep.runs import one_run as one_run
from resnext_edu.sweep.runs import read_runs as read_runs
from resnext_edu.table import Table as Table
from resnext_edu.tracing import trace as trace
from resnext_edu.training import fit as fit
from resnext_edu.training.history import Epoch as Epoch
from resnext_edu.training.history import History as History
from resnext_edu.training.in_folder import train_in_folder as train_in_folder
from resnext_edu.training.recipe import RECIPES as RECIPES
from resnext_edu.training.recipe import Recipe as Recipe
from resnext_edu.training.scoring import Score as Score
from resnext_edu.training.scoring import evaluate as evaluate
from resnext_edu.tuning import fine_tune as fine_tune
from resnext_edu.tuning.tuned import FineTuned as FineTuned
from resnext_edu.tuning.tuned import WrongAnswer as WrongAnswer
from resnext_edu.tuning.two_stages import FINE_TUNING as FINE_TUNING
from resnext_edu.words import dims as dims

__all__: list[str]
