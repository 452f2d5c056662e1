"""experiments/inpaint.py: which photographs are painted, where, and into which files."""

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
from PIL import Image

from ift6266.arrays import read_arrays, write_arrays
from tests.support import (
    PROJECT,
    encoded,
    in_folder,
    input_error,
    noise,
    run_script,
    save_model,
    write,
)

with patch.object(sys, 'path', [str(PROJECT / 'experiments'), *sys.path]):
    import inpaint
    from photo_files import find_jobs

RED = (255, 0, 0)
# Paints everything red in no time, and says so: what is outside of the hole must not be taken.
PROGRAM = """
import runpy, sys
import ift6266

class Painter:
    embedding = None

    @classmethod
    def load(cls, model, backend):
        return cls()

    def paint_photograph(self, image, hole=None, caption=None, *, detail, seed):
        from PIL import Image
        if image.getpixel((0, 0)) == (1, 2, 3):
            raise MemoryError
        print('painted', image.size, hole is None or int(hole.sum()), detail, seed, file=sys.stderr)
        return Image.new('RGB', image.size, 'red')

ift6266.Inpainter = Painter
sys.path.insert(0, 'experiments')
sys.argv = ['inpaint.py', *sys.argv[1:], '--model', 'none']
runpy.run_path('experiments/inpaint.py', run_name='__main__')
"""


def inpaint_red(*arguments):
    """Exit status, lines of stdout and of stderr of the script, with a painter of red alone."""
    command = [sys.executable, '-c', PROGRAM, *map(str, arguments)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


def red_pixels(path):
    """Where a picture is red, (height, width) bool."""
    return (np.asarray(Image.open(path).convert('RGB')) == RED).all(axis=-1)


def jobs(paths, output='painted', mask=None, suffix='', format=None):
    paths = [Path(path) for path in paths]
    mask = Path(mask) if mask else None
    return find_jobs(paths, Path(output), mask=mask, suffix=suffix, format=format)


def outputs(*arguments, **options):
    return [str(job.output) for job in jobs(*arguments, **options)]


@in_folder
def test_good_photographs_are_painted_beside_bad_ones(folder):
    output = os.path.join(folder, 'new', 'painted')
    dark = np.full((64, 64, 3), (1, 2, 3), np.uint8)
    photos = [
        write(folder, 'first.png', encoded(noise(90, 120, 3))),
        write(folder, 'notes.jpg', b'notes'),
        write(folder, 'large.png', encoded(dark)),
        write(folder, 'second.JPG', encoded(noise(64, 64), 'JPEG')),
        os.path.join(folder, 'absent.jpg'),
    ]
    status, printed, errors = inpaint_red(*photos, '--output', output, '--side-by-side')
    assert status == 1
    assert printed == [os.path.join(output, name) for name in ('first.png', 'second.JPG')]
    assert [line for line in errors if 'error' in line] == [
        f'inpaint.py: error: {photos[1]}: no picture that can be read',
        f'inpaint.py: error: {photos[2]}: too little memory to paint it; free some, '
        'or scale it down',
        f'inpaint.py: error: {photos[4]}: No such file or directory',
    ], errors
    assert sorted(os.listdir(output)) == [
        'first.png',
        'first.png-side-by-side.png',
        'second.JPG',
        'second.JPG-side-by-side.png',
    ]
    red = red_pixels(os.path.join(output, 'first.png'))
    assert red.sum() == red[22:67, 37:82].sum() == 45 * 45
    assert Image.open(os.path.join(output, 'second.JPG')).mode == 'L'
    assert Image.open(os.path.join(output, 'first.png-side-by-side.png')).size == (376, 90)


@in_folder
def test_what_is_there_is_kept_and_said_and_the_rest_is_done(folder):
    output = os.path.join(folder, 'painted')
    photos = [write(folder, f'{n}.png', encoded(noise(64, 64, 3))) for n in range(2)]
    there = write(folder, 'painted/0.png', b'mine')
    status, printed, errors = inpaint_red(*photos, '--output', output)
    assert status == 1 and printed == [os.path.join(output, '1.png')]
    assert errors[-1] == (
        f'inpaint.py: error: {there}: is there already; --overwrite writes over it'
    )
    assert Path(there).read_bytes() == b'mine'
    options = ('--seed', 7, '--detail', 'none', '--overwrite', '--hole', '0,0,10,5')
    status, _, errors = inpaint_red(*photos, '--output', output, '--hole', '60,60,4,4', *options)
    assert status == 0 and red_pixels(there).sum() == 66
    assert errors.count('painted (64, 64) 66 none 7') == 2, errors


@in_folder
def test_a_folder_of_photographs_and_its_masks(folder):
    hole = np.zeros((70, 80), np.uint8)
    hole[3:20, 5:30] = 255
    for n in range(11):
        write(folder, f'photos/{n % 3}/{n}.png', encoded(noise(70, 80, 3)))
        place = ('photos', 'masks')[n % 2]
        write(folder, f'{place}/{n % 3}/{n}_mask.png', encoded(hole))
    write(folder, 'photos/deep.png', encoded(noise(70, 80, dtype='uint16')))
    write(folder, 'photos/notes.txt', b'notes')
    output = os.path.join(folder, 'painted')
    folders = [os.path.join(folder, name) for name in ('photos', 'masks')]
    status, printed, errors = inpaint_red(
        folders[0], '--mask', folders[1], '--output', output, '--format', 'webp'
    )
    assert status == 1 and printed == [f'11 of 12 photographs painted, in {output}']
    assert f'{folders[0]}: 1 files are no photographs, by their names' in errors
    failure = (
        f'inpaint.py: error: {folders[0]}/deep.png: has no mask: there is no deep_mask.png in '
    )
    assert errors[-1] == failure + f'{folders[1]} and {folders[0]}', errors
    painted = sorted(path.relative_to(output) for path in Path(output).rglob('*.*'))
    assert painted == sorted(Path(str(n % 3), f'{n}.webp') for n in range(11))
    # One mask for all, and what the photographs lose is said once.
    (mask,) = Path(folder, 'masks/1').glob('1_mask.png')
    status, _, errors = inpaint_red(
        *(folders[0], '--mask', mask, '--invert', '--output', output, '--suffix=-new'),
        *('--format', 'jpeg', '--quality', 80),
    )
    assert status == 0 and f'{folders[0]}/deep.png: 16 bits scaled to 8' in errors, errors
    assert errors.count(f'painted (80, 70) {70 * 80 - 17 * 25} exemplars 1') == 12
    assert os.path.isfile(os.path.join(output, '1', '1-new.jpg'))


@in_folder
def test_options_that_cannot_be_are_refused(folder):
    photo = write(folder, 'photo.png', encoded(noise(64, 64, 3)))
    for arguments, told in (
        (('--hole', '1,2,3'), "'1,2,3' is not X,Y,WIDTH,HEIGHT"),
        (('--hole', '1,2,0,3'), "'1,2,0,3' is no rectangle in a photograph"),
        (('--hole', '1,2,3,4', '--centre'), 'not allowed with argument'),
        (('--invert',), '--invert: needs --mask'),
        (('--suffix', 'a/b'), '--suffix: is no part of a name'),
        (('--mask', folder + '/absent'), 'there is no such mask or folder of masks'),
        (('--quality', '0'), "'0' is not a whole number from 1 to 100"),
        (('--output', folder), 'is one of the photographs'),
    ):
        with patch.object(sys, 'argv', ['inpaint.py', photo, '--model', 'l2', *arguments]):
            assert told in input_error(inpaint.main), arguments


@in_folder
def test_a_hole_beyond_a_photograph_is_refused_and_others_are_done(folder):
    photos = [write(folder, f'{width}.png', encoded(noise(64, width, 3))) for width in (64, 65, 70)]
    output = os.path.join(folder, 'painted')
    status, printed, errors = inpaint_red(*photos, '--hole', '60,0,5,5', '--output', output)
    assert status == 1 and len(printed) == 2
    assert errors[-1] == (
        f'inpaint.py: error: {photos[0]}: --hole 60,0,5,5 reaches beyond its 64 x 64 pixels'
    )


@in_folder
def test_folders_are_mirrored_and_stems_do_not_collide(folder):
    for name in ('a.jpg', 'a.png', 'b.tif', 'deep/c.JPG', '.hidden.jpg', '.folder/d.jpg', 'e.txt'):
        write(folder, f'in/{name}', b'')
    write(folder, 'in/a_mask.png', b'')
    write(folder, 'in/out/a.jpg', b'')  # of a run before
    output = f'{folder}/in/out'
    assert outputs([f'{folder}/in'], output) == [
        f'{output}/{name}' for name in ('a.jpg', 'a.png', 'b.tif', 'deep/c.JPG')
    ]
    assert outputs([f'{folder}/in'], output, format='webp', suffix='-x') == [
        f'{output}/{name}' for name in ('a.jpg-x.webp', 'a.png-x.webp', 'b-x.webp', 'deep/c-x.webp')
    ]
    assert outputs([f'{folder}/in'], output, mask=f'{folder}/in/b.tif')[2:] == [
        f'{output}/deep/c.JPG'
    ]
    os.mkdir(f'{folder}/empty')
    assert 'no photograph in this folder' in input_error(jobs, [f'{folder}/empty'])


@in_folder
def test_no_photograph_is_overwritten_nor_another_output(folder):
    one = write(folder, 'one/photo.png', b'')
    two = write(folder, 'two/photo.png', b'')
    for photos, output in (([one, two], 'painted'), ([one, one], 'painted'), ([one], 'one')):
        output = os.path.join(folder, output)
        reason = input_error(jobs, photos, output)
        assert reason.startswith(os.path.join(output, 'photo.png') + ': is one of'), reason
    assert outputs([one], f'{folder}/one', suffix='-new') == [f'{folder}/one/photo-new.png']


@in_folder
def test_a_model_that_cannot_be_used_leaves_nothing_behind(folder):
    photo = write(folder, 'photo.png', encoded(noise(64, 64, 3)))
    model = write(folder, 'model.npz', b'PK\3\4 and no more')
    output = os.path.join(folder, 'painted')
    status, _, errors = run_script('inpaint.py', photo, '--model', model, '--output', output)
    assert status == 1 and not os.path.exists(output)
    assert errors.startswith('inpaint.py: error: ' + model) and errors.count('\n') == 1, errors


@in_folder
def test_a_model_that_has_diverged_is_said_once(folder):
    model = save_model(folder)
    arrays = read_arrays(model)
    write_arrays(
        model,
        {
            name: array if array.dtype.kind != 'f' else np.copysign(3e38, array).astype('float32')
            for name, array in arrays.items()
        },
    )
    photos = [write(folder, f'{n}.png', encoded(noise(64, 64, 3))) for n in range(2)]
    output = os.path.join(folder, 'painted')
    status, _, errors = run_script('inpaint.py', *photos, '--model', model, '--output', output)
    (line,) = (line for line in errors.splitlines() if 'error' in line)
    assert status == 1 and 'training has diverged' in line and os.listdir(output) == [], errors
