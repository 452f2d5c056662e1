"""Measure what fills holes of whole photographs, side by side."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
from options import COUNT, Parser, add_backend_option, add_model_option, run
from PIL import Image, ImageOps
from scipy import ndimage
from tqdm import tqdm

from ift6266.backends import Backend
from ift6266.errors import InputError
from ift6266.evaluation.bootstrap import interval, resampled_means
from ift6266.evaluation.efficientnet import maps
from ift6266.evaluation.features import SEEN_SIZE, feature_distance, normalized
from ift6266.evaluation.fills import FILLS
from ift6266.evaluation.metrics import border_step, mse
from ift6266.files import whole_file
from ift6266.holes import rectangle_of_share, strokes_of_share
from ift6266.neighbourhoods import fill_holes, neighbourhood
from ift6266.photographs import SUFFIXES, read_photograph

KINDS = {'rectangles': rectangle_of_share, 'strokes': strokes_of_share}
CLASSICAL = ('Telea (OpenCV)', 'Navier-Stokes (OpenCV)', 'biharmonic fill')
WAYS = (*CLASSICAL, 'painting', "exemplars by Telea's", 'exemplars by the painting')
SHOWN = 8  # photographs in a picture, in tiles of so many pixels:
TILE = 192

Fill = Callable[[np.ndarray, np.ndarray], np.ndarray]


def main():
    parser = Parser(__doc__)
    add = parser.add_argument
    add('photographs', nargs='+', metavar='PHOTO|FOLDER', type=Path, help='of any size')
    add('--kinds', nargs='+', choices=tuple(KINDS), default=list(KINDS), help='of holes')
    add('--shares', nargs='+', type=COUNT, default=[5, 10, 25], metavar='N', help='in per cent')
    add('--ways', nargs='+', choices=WAYS, default=list(WAYS), help='what fills the holes')
    add_model_option(parser)
    add('--seed', type=int, default=1, help='of the holes')
    add('--limit', type=COUNT, metavar='N', help='take so many photographs, evenly spread')
    add('--output', metavar='DIR', type=Path, help='draw some photographs, a file for each table')
    add('--json', action='store_true', help='print all numbers as JSON')
    add_backend_option(parser)
    args = parser.parse_args()

    from ift6266 import Inpainter  # Theano takes seconds to import

    painter = Inpainter.load(args.model, Backend(args.backend))
    fills = {name: way(name, painter) for name in args.ways}
    files = photographs(args.photographs, args.limit)
    if args.output:
        args.output.mkdir(parents=True, exist_ok=True)
    tables = []
    for kind in args.kinds:
        for share in args.shares:
            numbers, tiles = measure(fills, files, KINDS[kind], share=share / 100, seed=args.seed)
            tables.append({'holes': kind, 'share': share, 'rows': rows(numbers)})
            if args.output:
                draw(tiles, args.output / f'{kind}_{share}.png')
            if not args.json:
                print(text(tables[-1]), flush=True)
    if args.json:
        print(json.dumps({'photographs': len(files), 'tables': tables}, indent=2))


def way(name: str, painter) -> Fill:
    """The fill of that name, a function of a picture and a hole, (height, width, 3) uint8 and
    (height, width) bool."""
    if name == "exemplars by Telea's":
        return partial(fill_holes, paint=way('Telea (OpenCV)', painter))
    if name in CLASSICAL:
        return partial(fill_classically, FILLS[name])
    detail = 'none' if name == 'painting' else 'exemplars'
    return lambda picture, hole: np.asarray(
        painter.paint_photograph(Image.fromarray(picture), hole, detail=detail)
    )


def fill_classically(fill, picture, hole):
    """What a fill of arrays as networks have them makes of a photograph."""
    filled = fill(batch(picture), hole[np.newaxis, np.newaxis])
    return np.rint(255 * filled[0]).astype(np.uint8).transpose(1, 2, 0)


def batch(picture):
    """(height, width, 3) uint8 → (1, 3, height, width) float32 in [0, 1]."""
    return picture.transpose(2, 0, 1)[np.newaxis] / np.float32(255)


def photographs(paths, limit):
    """The photographs, and those below folders, at most ``limit``."""
    files = [file for path in paths for file in ([path] if path.is_file() else below(path))]
    number = min(limit or len(files), len(files))
    return [files[index] for index in np.linspace(0, len(files) - 1, number).astype(int)]


def below(folder):
    files = sorted(path for path in folder.rglob('*') if path.suffix.lower() in SUFFIXES)
    if not files:
        raise InputError(f'{folder}: no photograph, and no folder with photographs')
    return files


def measure(fills, files, draw_hole, *, share, seed):
    """Numbers of each way, (photographs, columns), and tiles to look at."""
    numbers, tiles = {name: [] for name in fills}, []
    for index, file in enumerate(tqdm(files, unit=' photographs', disable=None)):
        picture = np.asarray(read_photograph(file).image.convert('RGB'))
        hole = draw_hole(picture.shape[:2], share, np.random.RandomState([seed, index]))
        blank = np.where(hole[:, :, np.newaxis], np.uint8(0), picture)
        column = [blank, picture]
        for name, fill in fills.items():
            start = perf_counter()
            filled = fill(blank, hole)
            seconds = perf_counter() - start
            numbers[name].append([*measures(filled, picture, hole), seconds])
            column.insert(-1, filled)
        if len(tiles) < SHOWN:
            tiles.append(np.concatenate([tile(each) for each in column]))
    return {name: np.array(each) for name, each in numbers.items()}, tiles


def measures(filled, picture, hole):
    """The squared error, the distance of features, the border step and the true one.

    Features are of the neighbourhood of the hole, scaled to what the network sees.
    """
    pair = batch(filled), batch(picture)
    mask = hole[np.newaxis, np.newaxis]
    square = neighbourhood(ndimage.find_objects(hole.view(np.uint8))[0], hole.shape, centred=False)
    seen = [
        Image.fromarray(square.cut(each)).resize((SEEN_SIZE, SEEN_SIZE), Image.Resampling.BOX)
        for each in (filled, picture)
    ]
    return (
        mse(*pair, mask)[0],
        feature_distance(*(normalized(maps(batch(np.asarray(each)))) for each in seen))[0],
        *(border_step(each, mask)[0] for each in pair),
    )


def rows(numbers):
    """For each way a dict of means, and of multiples of the first way's with 95 % intervals."""
    (first, reference), *_ = numbers.items()
    made = []
    for name, columns in numbers.items():
        error, distance, step, true_step, seconds = columns.mean(axis=0)
        row = {'way': name, 'mse': error, 'features': distance}
        row |= {'border_step_ratio': step / true_step, 'seconds': seconds}
        if name != first and len(columns) > 1:
            draws = resampled_means(np.concatenate([columns[:, :2], reference[:, :2]], axis=1))
            for index, measured in enumerate(('mse', 'features')):
                row[f'{measured}_ratio'] = row[measured] / made[0][measured]
                ends = interval(draws[:, index] / draws[:, index + 2])
                row[f'{measured}_ratio_interval'] = list(map(float, ends))
        made.append(row)
    return made


def text(table):
    """A table for people to read."""
    lines = [
        f'{table["holes"]} of {table["share"]} %',
        f'{"":26}{"MSE":>9}{"features":>10}{"step":>7}{"seconds":>9}  multiples of the first',
    ]
    for row in table['rows']:
        line = f'{row["way"]:26}{row["mse"]:9.4f}{row["features"]:10.3f}'
        line += f'{row["border_step_ratio"]:7.2f}{row["seconds"]:9.2f}'
        for measured in ('mse', 'features'):
            if f'{measured}_ratio' in row:
                low, high = row[f'{measured}_ratio_interval']
                line += f'  {measured} {row[f"{measured}_ratio"]:.2f} ({low:.2f} to {high:.2f})'
        lines.append(line)
    return '\n'.join(lines) + '\n'


def tile(picture):
    """A photograph as it is shown, (192, 192, 3) uint8."""
    fitted = ImageOps.pad(Image.fromarray(picture), (TILE, TILE), color='white')
    return np.asarray(fitted)


def draw(tiles, path):
    """Columns of tiles: the photograph with its hole, filled in each way, as it was."""
    with whole_file(path) as temporary:
        Image.fromarray(np.concatenate(tiles, axis=1)).save(temporary, 'PNG')


if __name__ == '__main__':
    run(main)
