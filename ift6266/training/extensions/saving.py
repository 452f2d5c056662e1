"""What a run leaves behind, each file whole: log, curves, samples, checkpoint, best model."""

import json
import math
import time
from pathlib import Path

import numpy as np
from PIL import Image

from ift6266.distributed import this_process
from ift6266.evaluation import Minibatch, Paint
from ift6266.evaluation.pictures import curves_figure, sample_grid
from ift6266.files import whole_file
from ift6266.networks.architecture import Architecture
from ift6266.networks.weights import save_network
from ift6266.training.checkpoint import save_checkpoint
from ift6266.training.extensions.stopping import require_finite
from ift6266.training.main_loop import Extension, MainLoop


class Log(Extension):
    """Writes the loop's log to ``path``, one JSON object an epoch.

    JSON has no infinity, as the PSNR of a fill without an error is: that is null.
    """

    def __init__(self, path: Path):
        self.path = path

    def after_epoch(self, loop: MainLoop) -> None:
        with whole_file(self.path) as temporary:
            temporary.write_text(''.join(json.dumps(_finite(record)) + '\n' for record in loop.log))


def _finite(record):
    return {name: value if math.isfinite(value) else None for name, value in record.items()}


class Curves(Extension):
    """Draws the loop's log to ``path``."""

    def __init__(self, path: Path):
        self.path = path

    def after_epoch(self, loop: MainLoop) -> None:
        with whole_file(self.path) as temporary:
            curves_figure(loop.log).savefig(str(temporary))


class Samples(Extension):
    """Writes pictures painted after each epoch to ``folder``: hole | painted | truth.

    Parameters
    ----------
    fill : callable, as :func:`ift6266.inpainter.compile_fill` returns it
    minibatch : dict of arrays by source
        The same pictures in every epoch.
    folder : :class:`pathlib.Path`
        Of the first process, which alone writes them; but all of them paint.
    """

    def __init__(self, fill: Paint, minibatch: Minibatch, folder: Path):
        self.fill, self.minibatch, self.folder = fill, minibatch, folder

    def after_epoch(self, loop: MainLoop) -> None:
        painted = self.fill(self.minibatch)
        if this_process().rank == 0:
            self._write(painted, loop)

    def _write(self, painted, loop):
        self.folder.mkdir(exist_ok=True)
        grid = sample_grid(self.minibatch, painted)
        path = self.folder / 'epoch_{:03}.png'.format(loop.log[-1]['epoch'])
        with whole_file(path) as temporary:
            Image.fromarray(grid).save(str(temporary))


class LastModel(Extension):
    """Saves the generator to ``path`` after each epoch.

    With it the arrays ``companions``, a dict, where there are any.
    """

    def __init__(
        self,
        path: Path,
        generator,
        architecture: Architecture,
        *,
        companions: dict[str, np.ndarray] | None = None,
    ):
        self.path, self.generator, self.architecture = path, generator, architecture
        self.companions = companions

    def after_epoch(self, loop: MainLoop) -> None:
        save_network(self.path, self.generator, self.architecture, companions=self.companions)


class BestModel(LastModel):
    """Saves the generator after each epoch whose held-out MSE is the lowest yet."""

    def after_epoch(self, loop: MainLoop) -> None:
        # A checkpoint that was edited may lack the measures of earlier epochs.
        if loop.log[-1] is min(loop.log, key=lambda record: record.get('valid_mse', math.inf)):
            super().after_epoch(loop)


class Checkpoint(Extension):
    """Saves the run to ``path``: at the start, after each epoch, on a stop, and in between.

    It comes last, so that what it saves is complete.
    """

    SECONDS = 300

    def __init__(self, path: Path):
        self.path = path

    def before_training(self, loop: MainLoop) -> None:
        self._save(loop)

    def after_iteration(self, loop: MainLoop) -> None:
        if loop.interrupted or time.time() - self.saved > self.SECONDS:
            self._save(loop)

    def after_epoch(self, loop: MainLoop) -> None:
        self._save(loop)

    def _save(self, loop):
        loop.read_losses()
        require_finite(loop)
        save_checkpoint(self.path, loop)
        self.saved = time.time()
