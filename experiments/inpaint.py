"""Paint holes in photographs with a trained generator."""

import argparse
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from options import Parser, add_backend_option, add_model_option, number, run
from photo_files import FORMATS, Job, find_jobs
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from ift6266 import jpeg_blocks
from ift6266.backends import Backend
from ift6266.data.pictures import LARGE_PIXELS
from ift6266.errors import DivergenceError, InputError
from ift6266.files import make_output, whole_file
from ift6266.masks import find_mask, read_mask
from ift6266.photographs import box_hole, check_writable, hole_box, read_photograph, side_by_side

logger = logging.getLogger('ift6266.inpaint')

FEW = 10  # photographs that are named one by one when they are written
WORKERS = 2
JPEG = ('.jpg', '.jpeg', '.jpe')


def main():
    parser = Parser(
        __doc__,
        epilog='A painted photograph has the name and the format of its own, below --output, with '
        'the folders that it was in. docs/inpainting.md has examples.',
    )
    add = parser.add_argument
    add(
        'photos',
        nargs='+',
        metavar='PHOTO|FOLDER',
        type=Path,
        help='of 64x64 pixels or more; of a folder all photographs, in its folders too',
    )
    add_model_option(parser)
    holes = parser.add_argument_group('holes').add_mutually_exclusive_group()
    holes.add_argument(
        '--mask',
        metavar='FILE|FOLDER',
        type=Path,
        help='a picture that is white in the hole; or a folder, where that of NAME.* is '
        'NAME_mask.*, or else it lies beside the photograph',
    )
    holes.add_argument(
        '--hole',
        action='append',
        type=rectangle,
        metavar='X,Y,WIDTH,HEIGHT',
        help='a rectangle in pixels, from the left and the top; may be given several times',
    )
    holes.add_argument(
        '--centre', action='store_true', help='the middle of the photograph, as by default'
    )
    add('--invert', action='store_true', help='paint what is black in the mask')
    add('--caption', metavar='SENTENCE', help='what to paint, for a model trained with captions')
    add(
        '--detail',
        choices=('exemplars', 'none'),
        default='exemplars',
        help='fill the hole with pieces of its surroundings, guided by the painting; or leave the '
        'painting as it is, enlarged',
    )
    add(
        '--seed',
        type=number(int, 0, 2**32 - 1),
        default=1,
        metavar='N',
        help='of the search for those pieces',
    )
    add('--output', default=Path('painted'), metavar='DIR', type=Path, help='where they go')
    add('--suffix', default='', metavar='TEXT', help='add this to the ends of their names')
    add('--format', choices=FORMATS, help="in place of the photograph's own")
    add(
        '--quality',
        type=number(int, 1, 100),
        metavar='N',
        help='of JPEG, WebP, AVIF and HEIC, from 1 to 100; by default that of a JPEG file, else 90',
    )
    add('--overwrite', action='store_true', help='write over what is there; never a photograph')
    add(
        '--side-by-side',
        action='store_true',
        help='also write NAME-side-by-side.png: with the hole, painted, as it was',
    )
    add_backend_option(parser)
    args = parser.parse_args()
    if args.invert and not args.mask:
        parser.error('argument --invert: needs --mask')
    if os.path.basename(args.suffix) != args.suffix:
        parser.error('argument --suffix: is no part of a name')
    if args.mask and not args.mask.exists():
        raise InputError(f'{args.mask}: there is no such mask or folder of masks')
    if args.format:
        check_writable(FORMATS[args.format][0])
    jobs = find_jobs(
        args.photos, args.output, mask=args.mask, suffix=args.suffix, format=args.format
    )

    from ift6266 import Inpainter  # Theano takes seconds to import

    painter = Inpainter.load(args.model, Backend(args.backend))
    check_caption(painter, args)
    make_output(args.output)
    if not jpeg_blocks.available() and any(job.output.suffix.lower() in JPEG for job in jobs):
        logger.info(
            'JPEG files are coded again; with TurboJPEG (sudo apt install libturbojpeg0) blocks '
            'outside of the holes stay as they are'
        )
    warnings.filterwarnings('ignore', module='PIL')  # oddities that do not matter here
    return paint_all(jobs, painter, args)


def rectangle(text: str) -> tuple[int, int, int, int]:
    """An argparse type: X,Y,WIDTH,HEIGHT as (left, top, right, bottom)."""
    try:
        left, top, width, height = map(int, text.split(','))
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text!r} is not X,Y,WIDTH,HEIGHT') from None
    if min(left, top) < 0 or min(width, height) < 1:
        raise argparse.ArgumentTypeError(f'{text!r} is no rectangle in a photograph')
    return left, top, left + width, top + height


def check_caption(painter, args):
    """Refuse a caption that cannot be used before anything is painted; warn where there is none."""
    if painter.embedding is None and args.caption is not None:
        raise InputError(
            f'{args.model}: was trained without captions and takes none; leave '
            '--caption out, or use a model of run_caption_gan.py'
        )
    if painter.embedding is not None and args.caption is None:
        logger.warning('no --caption: painting with the mean of the training captions')
    if args.caption is not None:
        painter.embedding.embed_sentence(args.caption)


def paint_all(jobs: list[Job], painter, args) -> int:
    """Paint the photographs, and return the script's status.

    What they lost is said at the end, and which of them could not be painted.
    """
    failures, losses, written = [], {}, 0
    bar = tqdm(total=len(jobs), unit=' photos', disable=None)
    try:
        with bar, logging_redirect_tqdm():
            for job, future in started(jobs, Work(painter, args)):
                try:
                    for loss in future.result():
                        losses.setdefault(loss, []).append(job.photo)
                except DivergenceError:
                    raise
                except (InputError, MemoryError) as error:
                    failures.append(in_words(job, error))
                else:
                    written += 1
                    if len(jobs) <= FEW:
                        tqdm.write(str(job.output))
                bar.update()
    finally:
        for loss, photos in losses.items():
            others = f' and {len(photos) - 1} more' if len(photos) > 1 else ''
            logger.info('%s%s: %s', photos[0], others, loss)
        if len(jobs) > FEW:
            print(f'{written} of {len(jobs)} photographs painted, in {args.output}')
        for failure in failures:
            print(f'inpaint.py: error: {failure}', file=sys.stderr)
    return int(bool(failures))


def started(jobs: list[Job], work) -> Iterator[tuple[Job, Future]]:
    """Each job with the future of ``work(job)``; one is read and written while another is painted.

    No more than ``WORKERS`` photographs are in memory.
    """
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            yield from [(job, pool.submit(work, job)) for job in jobs]
        finally:
            pool.shutdown(cancel_futures=True)


class Work:
    """Reads a photograph, paints its hole, and writes it; many threads may call it."""

    def __init__(self, painter, args):
        self.painter, self.args = painter, args
        self.painting, self.large = threading.Lock(), threading.Lock()
        # Where all photographs have one mask it is read once for each of their sizes.
        self.read_mask = lru_cache(maxsize=2)(partial(read_mask, invert=args.invert))

    def __call__(self, job: Job) -> list[str]:
        """Do it; returns what the photograph lost in its file."""
        args = self.args
        outputs = [job.output] + args.side_by_side * [job.comparison]
        for path in outputs:
            if path.exists() and not args.overwrite:
                raise InputError(f'{path}: is there already; --overwrite writes over it')
        photograph = read_photograph(job.photo)
        image = photograph.image
        # Two large ones at once would take too much memory.
        with self.large if image.width * image.height > LARGE_PIXELS else nullcontext():
            hole = self.hole(job, image.size)
            with self.painting:
                painted = self.painter.paint_photograph(
                    image,
                    hole if args.mask or args.hole else None,
                    args.caption,
                    detail=args.detail,
                    seed=args.seed,
                )
            format = FORMATS[args.format][0] if args.format else photograph.format
            content = photograph.encode(painted, hole, format=format, quality=args.quality)
            make_output(job.output.parent)
            with whole_file(job.output) as temporary:
                temporary.write_bytes(content)
            if args.side_by_side:
                with whole_file(job.comparison) as temporary:
                    side_by_side(image, painted, hole).save(temporary, compress_level=1)
        return photograph.losses(format)

    def hole(self, job: Job, size: tuple[int, int]) -> np.ndarray:
        """The hole, (height, width) bool, of a photograph of ``size``, (width, height)."""
        args = self.args
        if args.mask and args.mask.is_dir():
            folders = [args.mask / job.place.parent, job.photo.parent]
            return read_mask(find_mask(job.photo, folders), size, invert=args.invert)
        if args.mask:
            return self.read_mask(args.mask, size)
        if not args.hole:
            return box_hole(hole_box(size), size)
        hole = np.zeros(size[::-1], bool)
        for left, top, right, bottom in args.hole:
            if right > size[0] or bottom > size[1]:
                raise InputError(
                    f'--hole {left},{top},{right - left},{bottom - top} reaches beyond its '
                    f'{size[0]} x {size[1]} pixels'
                )
            hole[top:bottom, left:right] = True
        return hole


def in_words(job: Job, error: Exception) -> str:
    """One line on why a photograph was not painted."""
    if isinstance(error, MemoryError):
        return f'{job.photo}: too little memory to paint it; free some, or scale it down'
    about = any(str(path) in str(error) for path in (job.photo, job.output))
    return str(error) if about else f'{job.photo}: {error}'


if __name__ == '__main__':
    run(main)
