"""Paint photographs with all models of the package that take no captions, side by side."""

from pathlib import Path

import numpy as np
import skimage
from options import Parser, add_backend_option, run

from ift6266 import models
from ift6266.backends import Backend
from ift6266.errors import InputError
from ift6266.evaluation.fills.harmonic import harmonic_fill
from ift6266.evaluation.pictures import pictures_figure
from ift6266.files import make_output, whole_file
from ift6266.holes import centre, cut
from ift6266.photographs import centre_square, read_photograph

PHOTOGRAPHS = ('astronaut.png', 'chelsea.png', 'coffee.png')  # of scikit-image's


def main():
    parser = Parser(__doc__)
    add = parser.add_argument
    add(
        'photos',
        nargs='*',
        metavar='PHOTO',
        type=Path,
        help="of 64x64 pixels or more; by default three of scikit-image's",
    )
    add(
        '--output',
        default=Path('runs', 'painted.png'),
        metavar='FILE.png',
        type=Path,
        help='the picture: a row for each photograph',
    )
    add_backend_option(parser)
    args = parser.parse_args()
    photos = args.photos or scikit_image_photographs()
    check(photos, args.output)

    from ift6266 import Inpainter  # Theano takes seconds to import

    pixels = np.stack([centre_square(read_photograph(photo).image) for photo in photos])
    truth = np.divide(pixels, 255, dtype=np.float32)
    context, mask = cut(truth, centre()), np.tile(centre(), (len(truth), 1, 1, 1))
    painters = {name: Inpainter.load(name, Backend(args.backend)) for name in models.names()}
    columns = {
        'hole': context,
        'harmonic fill': harmonic_fill(context, mask),
        **{
            name: painter.paint(truth)
            for name, painter in painters.items()
            if painter.embedding is None
        },
        'truth': truth,
    }
    rows = {photo.stem: row for photo, row in zip(photos, np.stack(list(columns.values()), axis=1))}
    make_output(args.output.parent)
    with whole_file(args.output) as temporary:
        pictures_figure(rows, list(columns)).savefig(str(temporary), dpi=150, bbox_inches='tight')
    print(args.output)


def check(photos, output):
    """Refuse what would be drawn in one row, and to write over a photograph."""
    if output.suffix != '.png':
        raise InputError(f'{output}: must end in .png')
    stems = [photo.stem for photo in photos]
    if len(set(stems)) < len(stems):
        raise InputError(
            f'two of the photographs are called {max(stems, key=stems.count)}; rename one'
        )
    if output.resolve() in [photo.resolve() for photo in photos]:
        raise InputError(f'{output}: is one of the photographs; use another --output')


def scikit_image_photographs():
    """Paths of photographs that come with scikit-image."""
    return [Path(skimage.__file__).parent / 'data' / name for name in PHOTOGRAPHS]


if __name__ == '__main__':
    run(main)
