"""A whole training run, from the first minibatch or from a checkpoint to the last epoch."""

import logging

import lasagne
import numpy as np
import theano

from ift6266.backends import AUTO
from ift6266.backends.xla.processes import this_process
from ift6266.digests import digest
from ift6266.inpainter import compile_inpaint
from ift6266.networks import BUILDERS
from ift6266.training.algorithms import Averaged
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
    StopOnNonFiniteLoss,
    StopOnSignal,
)
from ift6266.training.main_loop import MainLoop

SAMPLES = 16

logger = logging.getLogger(__name__)


def seed_weights(seed):
    """Let the first weights of the networks built from now on depend on ``seed`` alone."""
    lasagne.random.set_rng(np.random.RandomState(seed))


def shared_scalar(value):
    """A number, such as a learning rate, that may change between iterations."""
    return theano.shared(np.asarray(value, dtype=theano.config.floatX))


def train(
    algorithm,
    generator,
    kind,
    streams,
    epochs,
    directory,
    schedules=(),
    average=None,
    save='best',
    backend=AUTO,
    companions=None,
):
    """Run an algorithm to its last epoch, or until Ctrl-C or SIGTERM.

    Parameters
    ----------
    algorithm : see :mod:`ift6266.training.algorithms`
    generator : Layer
        The one that the algorithm trains, of the ``kind`` in
        :data:`ift6266.networks.BUILDERS`.
    streams : pair of streams
        To train on and to evaluate on; :mod:`ift6266.data.streams`.
    epochs : int
    directory : :class:`ift6266.training.run_directory.RunDirectory`
        Where it holds a checkpoint, the run goes on from there.
    schedules : list of extensions
        Of :mod:`ift6266.training.extensions.schedule`.
    average : float, optional
        Evaluate and save not the generator but a moving average of its parameters with this
        decay; see :class:`ift6266.training.algorithms.Averaged`.
    save : 'best' or 'last'
        The generator that is kept: that of the epoch with the lowest held-out MSE, or the last.
    backend : :class:`ift6266.backends.Backend`
        Of what is not training: its precision is float32.
    companions : dict of arrays, optional
        What the use of the trained generator takes besides; saved with it.

    Returns
    -------
    int
        0, or 128 plus the number of the signal that ended the run.
    """
    training, validation = streams
    if average:
        trained, generator = generator, BUILDERS[kind]()
        algorithm = Averaged(algorithm, trained, generator, average, backend)
    inpaint = compile_inpaint(generator, backend)
    process, signals = this_process(), StopOnSignal()
    model = {'best': BestModel, 'last': LastModel}[save]
    extensions = [
        signals,
        *schedules,
        StopOnNonFiniteLoss(),
        Evaluation(inpaint, validation),
        Samples(inpaint, validation.spread(SAMPLES), directory.samples),
    ]
    if process.number == 0:
        extensions += [
            Progress(),
            Log(directory.log),
            Curves(directory.curves),
            model(generator, kind, directory.generator, companions),
            Checkpoint(directory.checkpoint),
        ]
    loop = MainLoop(algorithm, training, epochs, extensions)
    process.agree(
        lambda: {
            'the digest of the first parameters': digest(
                variable.get_value()
                for variables in algorithm.state.values()
                for variable in variables
            )
        }
    )
    if process.from_first(lambda: b'yes' * directory.checkpoint.exists()):
        load_checkpoint(directory.checkpoint, loop)
        logger.info(
            'going on in %s at epoch %d, iteration %d', directory.path, loop.epoch, loop.iteration
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
        'stopped and saved at epoch %d, iteration %d; the same command with --resume goes on',
        loop.epoch,
        loop.iteration,
    )
    return 128 + signals.received
