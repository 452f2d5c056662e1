"""experiments/holes.py: what fills holes of photographs, by its numbers and its pictures."""

import json
import os

import numpy as np
from PIL import Image

from tests.support import encoded, in_folder, noise, run_script, save_model, write


@in_folder
def test_numbers_and_pictures(folder):
    model, photographs = save_model(folder), os.path.join(folder, 'photographs')
    os.mkdir(photographs)
    for name, *shape in (('0.jpg', 9, 8, 3), ('grey.png', 7, 10)):
        pixels = np.repeat(np.repeat(noise(*shape), 10, 0), 10, 1)
        write(photographs, name, encoded(pixels, 'JPEG' if name == '0.jpg' else 'PNG'))
    output = os.path.join(folder, 'pictures')
    status, printed, errors = run_script(
        'holes.py',
        photographs,
        *('--model', model, '--shares', '5', '--kinds', 'rectangles'),
        *('--ways', 'biharmonic fill', 'painting', 'exemplars by the painting'),
        *('--json', '--output', output),
    )
    assert status == 0, errors
    report = json.loads(printed)
    assert report['photographs'] == 2
    (table,) = report['tables']
    assert (table['holes'], table['share']) == ('rectangles', 5)
    first, painting, exemplars = table['rows']
    assert 'mse_ratio' not in first and exemplars['way'] == 'exemplars by the painting'
    for row in painting, exemplars:
        for measured in ('mse', 'features'):
            low, high = row[f'{measured}_ratio_interval']
            ratio = row[measured] / first[measured]
            np.testing.assert_allclose(row[f'{measured}_ratio'], ratio)
            assert low <= ratio <= high
    assert painting['mse'] != exemplars['mse']
    # Columns of five tiles: the hole, three ways and the truth.
    drawn = np.asarray(Image.open(os.path.join(output, 'rectangles_5.png')))
    assert drawn.shape == (5 * 192, 2 * 192, 3)
    assert (drawn[:192] != drawn[-192:]).any() and os.listdir(output) == ['rectangles_5.png']


@in_folder
def test_a_folder_without_photographs(folder):
    status, printed, errors = run_script('holes.py', folder, '--model', 'l2')
    assert status == 1 and not printed
    assert errors.splitlines()[-1] == (
        f'holes.py: error: {folder}: no photograph, and no folder with photographs'
    )
