"""The steps of patch-based completion beside brute force, and the kernels beside both."""

from itertools import product

import numpy as np
from nose.tools import assert_raises

from ift6266 import patches
from ift6266.backends.cpu import bindings
from tests.backends.cpu.support import require_kernels

HEIGHT, WIDTH = 14, 17
INSIDE = [(row, column) for row in range(3, HEIGHT - 3) for column in range(3, WIDTH - 3)]


def picture(levels=256, seed=0):
    """(14, 17, 4) uint8, colours at random; with few levels many patches are equally near."""
    colours = np.random.RandomState(seed).randint(0, levels, (HEIGHT, WIDTH, 3))
    return np.pad(colours.astype(np.uint8), [(0, 0), (0, 0), (0, 1)], constant_values=1)


def field(places, seed=1):
    """A field that has a random place for each of these pairs."""
    drawn = np.random.RandomState(seed).randint(0, len(INSIDE), len(places))
    result = np.full((HEIGHT, WIDTH), -1, np.int32)
    for place, number in zip(places, drawn):
        result[place] = flat(INSIDE[number])
    return result


def flat(place):
    return place[0] * WIDTH + place[1]


def difference(colours, one, other):
    """The sum of squared differences of the patches about two pairs."""
    one, other = (
        colours[row - 3 : row + 4, column - 3 : column + 4].astype(int)
        for row, column in (one, other)
    )
    return np.square(one - other).sum()


def both(check):
    """Check the functions in NumPy, and the kernels."""
    yield check, patches
    require_kernels()
    yield check, bindings


def test_search_finds_the_first_of_the_nearest():
    yield from both(check_search)


def check_search(operations):
    for levels in (256, 2):
        colours, asked = picture(levels), INSIDE[::3]
        found, candidates = field(asked), INSIDE[::2]
        operations.search_exemplars(
            colours, np.array([flat(each) for each in candidates], np.int32), found
        )
        for place in asked:
            distances = [difference(colours, place, each) for each in candidates]
            assert found[place] == flat(candidates[int(np.argmin(distances))])
        assert np.count_nonzero(found >= 0) == len(asked)


def test_mend_takes_what_is_nearer_beside_it():
    yield from both(check_mend)


def check_mend(operations):
    colours, before = picture(), field(INSIDE[::2])
    usable = np.zeros((HEIGHT, WIDTH), bool)
    for place in INSIDE[:60]:
        usable[place] = True
    after = operations.mend_exemplars(colours, usable, before, radius=1, seed=3)
    assert ((after >= 0) == (before >= 0)).all()
    changed = 0
    for place in INSIDE[::2]:
        row, column = place
        near = difference(colours, place, divmod(after[place], WIDTH))
        assert near <= difference(colours, place, divmod(before[place], WIDTH))
        if after[place] != before[place]:
            assert usable.flat[after[place]]
            changed += 1
        for down, right in ((-1, 0), (0, -1), (0, 1), (1, 0)):
            theirs = before[row + down, column + right]
            if theirs >= 0:
                candidate = theirs // WIDTH - down, theirs % WIDTH - right
                if usable[candidate]:
                    assert near <= difference(colours, place, candidate)
    assert changed > 10


def test_random_searches_find_every_place_near():
    yield from both(check_random_searches)


def check_random_searches(operations):
    colours, found = picture(), field([(6, 7)])
    usable = np.zeros((HEIGHT, WIDTH), bool)
    usable[4:9, 9:14] = True
    found[6, 7] = flat((6, 11))
    for seed in range(400):
        found = operations.mend_exemplars(colours, usable, found, radius=2, seed=seed)
    nearest = min(
        (place for place in INSIDE if usable[place]),
        key=lambda place: difference(colours, (6, 7), place),
    )
    assert found[6, 7] == flat(nearest)


def test_votes_are_weighted_means():
    yield from both(check_votes)


def check_votes(operations):
    colours, found = picture(), field(INSIDE)
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[:5, :6] = mask[9, 16] = True
    depth = np.random.RandomState(2).randint(0, 13, (HEIGHT, WIDTH)).astype(np.uint8)
    out = np.zeros_like(colours)
    operations.vote_exemplars(colours, mask, found, depth=depth, out=out)
    for row, column in product(range(HEIGHT), range(WIDTH)):
        if not mask[row, column]:
            assert (out[row, column] == 0).all()
            continue
        votes, weights = [], []
        for place in INSIDE:
            down, right = row - place[0], column - place[1]
            if max(abs(down), abs(right)) <= 3:
                source = divmod(found[place], WIDTH)
                votes.append(colours[source[0] + down, source[1] + right, :3].astype(int))
                weights.append(0.5 ** depth[place])
        mean = np.average(votes, axis=0, weights=weights)
        assert (np.abs(out[row, column, :3] - mean) <= 0.5 + 1e-9).all()


def test_pixels_without_votes_stay():
    yield from both(check_without_votes)


def check_without_votes(operations):
    colours, mask = picture(), np.ones((HEIGHT, WIDTH), bool)
    depth, out = np.zeros((HEIGHT, WIDTH), np.uint8), picture(seed=5)
    operations.vote_exemplars(colours, mask, field([(3, 3)]), depth=depth, out=out)
    assert (out[7:] == picture(seed=5)[7:]).all()
    assert (out[:7, :7] != picture(seed=5)[:7, :7]).any()


def test_kernels_give_the_same_bits():
    require_kernels()
    for levels in (256, 2):
        colours, found = picture(levels), field(INSIDE)
        usable = np.random.RandomState(3).rand(HEIGHT, WIDTH) < 0.7
        usable[:3] = usable[-3:] = usable[:, :3] = usable[:, -3:] = False
        for radius, seed in ((1, 0), (8, 2**32 - 1), (8191, 12345), (6, 7)):
            mended = [
                each.mend_exemplars(colours, usable, found, radius=radius, seed=seed)
                for each in (patches, bindings)
            ]
            np.testing.assert_array_equal(*mended)
            found = mended[0]


def test_kernels_refuse_other_arrays():
    require_kernels()
    colours, found = picture(), field(INSIDE)
    usable = np.ones((HEIGHT, WIDTH), bool)
    for arguments in (
        (colours[..., :3].copy(), usable, found),
        (colours.astype(np.float32), usable, found),
        (colours[:, ::2], usable, found),
        (colours, usable[1:].copy(), found),
        (colours, usable, found.astype(np.int64)),
        (colours, None, found),
    ):
        with assert_raises(ValueError):
            bindings.mend_exemplars(*arguments, radius=4, seed=1)
    for radius in (0, 8192):
        with assert_raises(ValueError):
            bindings.mend_exemplars(colours, usable, found, radius=radius, seed=1)
