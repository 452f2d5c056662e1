"""What a person watches: the progress bar, and how good the model is after each epoch."""

import sys

from tqdm import tqdm

from ift6266.data.streams import EvaluationStream
from ift6266.evaluation import Paint
from ift6266.evaluation.evaluate import evaluate, evaluate_harmonic
from ift6266.training.main_loop import Extension, MainLoop


class Evaluation(Extension):
    """Adds to each record the held-out MSE and PSNR beside those of the harmonic fill.

    Parameters
    ----------
    fill : callable, as :func:`ift6266.inpainter.compile_fill` returns it
    stream : :class:`ift6266.data.streams.EvaluationStream`
        The whole held-out split.
    """

    def __init__(self, fill: Paint, stream: EvaluationStream):
        self.fill, self.stream = fill, stream

    def before_training(self, loop: MainLoop) -> None:
        self.harmonic = evaluate_harmonic(self.stream)

    def after_epoch(self, loop: MainLoop) -> None:
        minibatches = tqdm(self.stream, desc='evaluating', leave=False, disable=None)
        result = evaluate(self.fill, minibatches)
        loop.log[-1].update(valid_mse=result['mse'], valid_psnr=result['psnr'], **self.harmonic)


class Progress(Extension):
    """A bar on stderr with the time left and the current losses, and a line for each epoch."""

    LINE = (
        'epoch {epoch}: train MSE {train_mse:.4f}, valid MSE {valid_mse:.4f} '
        '({valid_psnr:.2f} dB), harmonic fill {harmonic_mse:.4f} ({harmonic_psnr:.2f} dB), '
        '{seconds:.0f} s, {examples_per_second:.0f} pictures/s'
    )

    def before_training(self, loop: MainLoop) -> None:
        # Where nobody watches, a line each half minute is enough.
        interval = 0.5 if sys.stderr.isatty() else 30
        self.bar = tqdm(
            initial=loop.iterations_done,
            total=loop.iterations,
            mininterval=interval,
            maxinterval=interval,
            unit=' minibatches',
            dynamic_ncols=True,
            smoothing=0.05,
        )

    def after_losses(self, loop: MainLoop) -> None:
        self.bar.set_description(f'epoch {loop.epoch}/{loop.epochs}', refresh=False)
        self.bar.set_postfix(
            {
                name.replace('_', ' '): f'{loss:.4f}'
                for name, loss in loop.losses.items()
                if name.endswith(('loss', 'mse'))
            },
            refresh=False,
        )
        self.bar.update()

    def after_epoch(self, loop: MainLoop) -> None:
        self.bar.write(self.LINE.format(**loop.log[-1]), file=sys.stderr)

    def after_training(self, loop: MainLoop) -> None:
        self.bar.close()
