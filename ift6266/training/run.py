"""A whole training run, from the first minibatch or from a checkpoint to the last epoch."""

import logging
from collections.abc import Sequence

import lasagne
import numpy as np
import theano

from ift6266.backends import AUTO, Backend
from ift6266.data.streams import EvaluationStream, TrainingStream
from ift6266.digests import digest
from ift6266.distributed import this_process
from ift6266.inpainter import compile_fill
from ift6266.networks.architecture import Architecture
from ift6266.training.algorithms import Algorithm, Averaged, Prepared
from ift6266.training.checkpoint import load_checkpoint
from ift6266.training.extensions import (
    BestModel,
    Checkpoint,
    Curves,
    Evaluation,
    LastModel,
    Log,
    Progress,
    Samples,
    StopOnDivergence,
    StopOnSignal,
)
from ift6266.training.main_loop import Extension, MainLoop
from ift6266.training.run_directory import RunDirectory

SAMPLES = 16

logger = logging.getLogger(__name__)


def seed_weights(seed: int) -> None:
    """Let the first weights of the networks built from now on depend on ``seed`` alone."""
    lasagne.random.set_rng(np.random.RandomState(seed))


def shared_scalar(value: float):
    """A number, such as a learning rate, that may change between iterations."""
    return theano.shared(np.asarray(value, dtype=theano.config.floatX))


def train(
    algorithm: Algorithm,
    generator,
    architecture: Architecture,
    *,
    streams: tuple[TrainingStream, EvaluationStream],
    epochs: int,
    directory: RunDirectory,
    schedules: Sequence[Extension] = (),
    average: float | None = None,
    save: str = 'best',
    backend: Backend = AUTO,
    companions: dict[str, np.ndarray] | None = None,
    steps_per_call: int = 1,
) -> int:
    """Run an algorithm to its last epoch, or until Ctrl-C, SIGTERM or SIGHUP.

    Parameters
    ----------
    algorithm
    generator : Layer
        The one that the algorithm trains, of this ``architecture``.
    architecture
    streams
        To train on and to evaluate on.
    epochs
    directory
        Where it holds a checkpoint, the run continues from there.
    schedules
        Of :mod:`ift6266.training.extensions.schedule`.
    average
        Evaluate and save not the generator but a moving average of its parameters with this
        decay; see :class:`ift6266.training.algorithms.Averaged`.
    save : 'best' or 'last'
        The generator that is kept: that of the epoch with the lowest held-out MSE, or the last.
    backend
        Of what is not training: its precision is float32.
    companions
        What the use of the trained generator takes besides; saved with it.
    steps_per_call
        Iterations that are one call; more than one where the algorithm's functions are of the
        backend 'xla'.

    Returns
    -------
    int
        0, or 128 plus the number of the signal that ended the run.
    """
    training, validation = streams
    if average:
        trained, generator = generator, architecture.build()
        algorithm = Averaged(algorithm, trained, average=generator, decay=average, backend=backend)
    if training.raw:
        algorithm = Prepared(algorithm, training, backend=backend)
    fill = compile_fill(generator, backend)
    process, signals = this_process(), StopOnSignal()
    model = {'best': BestModel, 'last': LastModel}[save]
    extensions = [
        signals,
        *schedules,
        Evaluation(fill, validation),
        StopOnDivergence(),
        Samples(fill, validation.spread(SAMPLES), directory.samples),
    ]
    if process.rank == 0:
        extensions += [
            Progress(),
            Log(directory.log),
            Curves(directory.curves),
            model(directory.generator, generator, architecture, companions=companions),
            Checkpoint(directory.checkpoint),
        ]
    loop = MainLoop(
        algorithm,
        training,
        epochs=epochs,
        extensions=extensions,
        at_once=steps_per_call,
        ahead=backend.calls_ahead,
    )
    process.require_same(
        lambda: {
            'the digest of the first parameters': digest(
                variable.get_value()
                for variables in algorithm.state.values()
                for variable in variables
            )
        }
    )
    if process.broadcast(lambda: b'yes' * directory.checkpoint.exists()):
        load_checkpoint(directory.checkpoint, loop)
        logger.info(
            'continuing in %s at epoch %d, iteration %d', directory.path, loop.epoch, loop.iteration
        )
    loop.run()
    if not signals.received:
        logger.info(
            'finished: pictures are in %s, the %s generator is %s',
            directory.samples,
            save,
            directory.generator,
        )
        return 0
    logger.info(
        'stopped and saved at epoch %d, iteration %d; the same command with --resume continues',
        loop.epoch,
        loop.iteration,
    )
    return 128 + signals.received
