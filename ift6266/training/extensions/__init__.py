"""What a main loop does beside training, an extension for each thing."""

from ift6266.training.extensions.monitoring import Evaluation, Progress
from ift6266.training.extensions.saving import (
    BestModel,
    Checkpoint,
    Curves,
    LastModel,
    Log,
    Samples,
)
from ift6266.training.extensions.schedule import CosineDecay, LinearDecay, LinearRise
from ift6266.training.extensions.stopping import StopOnDivergence, StopOnSignal

__all__ = [
    'BestModel',
    'Checkpoint',
    'CosineDecay',
    'Curves',
    'Evaluation',
    'LastModel',
    'LinearDecay',
    'LinearRise',
    'Log',
    'Progress',
    'Samples',
    'StopOnDivergence',
    'StopOnSignal',
]
