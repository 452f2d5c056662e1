"""Paint the centres of photographs with a trained generator."""

import logging
import sys
from pathlib import Path

from options import Parser, add_backend_option, add_model_option, run
from tqdm import tqdm

from ift6266.backends import Backend
from ift6266.errors import DivergenceError, InputError
from ift6266.files import make_output, whole_file
from ift6266.photographs import read_photograph, side_by_side

logger = logging.getLogger('ift6266.inpaint')


def main():
    parser = Parser(
        __doc__,
        epilog='Each PHOTO becomes STEM.png, the photograph with a painted '
        'centre, and STEM-side-by-side.png: with its hole, painted, as it was.',
    )
    add = parser.add_argument
    add(
        'photos',
        nargs='+',
        metavar='PHOTO',
        type=Path,
        help='of 64x64 pixels or more; the middle of its centre square is painted',
    )
    add_model_option(parser)
    add('--caption', metavar='SENTENCE', help='what to paint, for a model trained with captions')
    add('--output', default=Path('painted'), metavar='DIR', type=Path, help='where the pictures go')
    add_backend_option(parser)
    args = parser.parse_args()
    outputs = [output_paths(photo, args.output) for photo in args.photos]
    check_outputs(outputs, args.photos)

    from ift6266 import Inpainter  # Theano takes seconds to import

    painter = Inpainter.load(args.model, Backend(args.backend))
    check_caption(painter, args)
    make_output(args.output)
    failed = False
    for photo, (path, comparison) in zip(tqdm(args.photos, unit=' photos', disable=None), outputs):
        try:
            photograph = read_photograph(photo)
            painted = painter.paint_photograph(photograph, caption=args.caption)
            save(painted, path)
            save(side_by_side(photograph, painted), comparison)
        except DivergenceError:
            raise
        except (InputError, MemoryError) as error:
            if isinstance(error, MemoryError):
                error = f'{photo}: too little memory to paint it; free some, or scale it down'
            tqdm.write(f'inpaint.py: error: {error}', file=sys.stderr)
            failed = True
    return int(failed)


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


def output_paths(photo, folder):
    """The two files that a photograph gives."""
    return folder / (photo.stem + '.png'), folder / (photo.stem + '-side-by-side.png')


def check_outputs(outputs, photos):
    """Refuse to overwrite a photograph, or one output by another."""
    taken = {photo.resolve() for photo in photos}
    for path in (path.resolve() for paths in outputs for path in paths):
        if path in taken:
            raise InputError(
                f'{path}: is one of the photographs, or would be written for two of '
                'them; use another --output or rename'
            )
        taken.add(path)


def save(image, path):
    """Write a PNG with the metadata that the photograph had."""
    metadata = {name: image.info[name] for name in ('exif', 'dpi') if name in image.info}
    with whole_file(path) as temporary:
        # At this level it takes a sixth of the time, and the file is little larger.
        image.save(str(temporary), compress_level=1, **metadata)


if __name__ == '__main__':
    run(main)
