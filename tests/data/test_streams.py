"""Order, content, holes, flips, captions and prefetching of the streams."""

import itertools
import os
import threading
import time

import h5py
import numpy
from fuel.datasets import H5PYDataset

from ift6266.data.streams import evaluation_stream, prefetch, training_stream, with_captions
from ift6266.holes import HOLES, centre
from tests.data.test_datasets import make
from tests.support import in_folder, input_error, noise

CAPTIONED = ('context', 'caption', 'centre')
ALL = ('context', 'mask', 'centre', 'picture')


def whole(minibatch):
    """Pictures of context and centre put together again, as uint8."""
    pictures = minibatch['context'].copy()
    assert not pictures[:, :, 16:48, 16:48].any()
    pictures[:, :, 16:48, 16:48] = minibatch['centre']
    return as_uint8(pictures)


def as_uint8(pictures):
    return numpy.rint(pictures * 255).astype('uint8')


def ids(minibatches, images):
    """Numbers, from 1, of the pictures in the minibatches; a mirrored one is negative."""
    known = {image.tobytes(): number + 1 for number, image in enumerate(images)}
    known.update(
        (image[..., ::-1].tobytes(), -number)
        for image, number in zip(images, range(1, len(images) + 1))
    )
    return [[known[picture.tobytes()] for picture in whole(each)] for each in minibatches]


@in_folder
def test_an_epoch_is_shuffled_and_of_full_minibatches(folder):
    path, images = make(folder, valid=2, train=21)
    stream = training_stream(path, batch_size=4)
    assert stream.iterations_per_epoch == 5 and stream.num_examples == 21
    first, second = (sum(ids(stream.epoch(number), images), []) for number in (1, 2))
    for epoch in (first, second):
        assert len(set(epoch)) == 20 and set(epoch) <= set(range(3, 24))
        assert epoch != sorted(epoch)
    assert first != second


@in_folder
def test_the_order_depends_only_on_seed_and_epoch(folder):
    path, images = make(folder, train=21)
    for flips in (False, True):

        def epoch(number, seed=1, start=0):
            stream = training_stream(path, batch_size=4, seed=seed, flips=flips)
            return ids(stream.epoch(number, start), images)

        stream = training_stream(path, batch_size=4, seed=1, flips=flips)
        ids(stream.epoch(1), images), ids(stream.epoch(2), images)
        assert ids(stream.epoch(3), images) == epoch(3) != epoch(3, seed=2)
        for start in range(6):
            assert epoch(2, start=start) == epoch(2)[start:]


@in_folder
def test_flips_mirror_half_of_the_pictures_and_change_no_order(folder):
    path, images = make(folder, train=64)
    plain = sum(ids(training_stream(path, batch_size=8).epoch(1), images), [])
    flipped = [
        sum(ids(training_stream(path, batch_size=8, flips=True).epoch(number), images), [])
        for number in (1, 2)
    ]
    assert [abs(number) for number in flipped[0]] == plain
    for epoch in flipped:
        assert 16 < sum(number < 0 for number in epoch) < 48
    assert {n for n in flipped[0] if n < 0} != {n for n in flipped[1] if n < 0}


def located(picture, ramps):
    """Where a crop of ``ramps`` was: (left, top) of its corner and how much it is enlarged.

    The ramps rise by 3 levels a pixel, one to the right and one downwards.
    """
    middle = picture[:2, 8:-8, 8:-8].astype(float)
    right, down = middle[0].mean(axis=0), middle[1].mean(axis=1)
    slopes = [numpy.polyfit(numpy.arange(8.5, 56), levels / 3, 1) for levels in (right, down)]
    assert (
        max(
            abs(numpy.polyval(slope, numpy.arange(8.5, 56)) - levels / 3).max()
            for slope, levels in zip(slopes, (right, down))
        )
        < 0.5
    )
    return [slope[1] for slope in slopes], [1 / slope[0] for slope in slopes]


@in_folder
def test_crops_enlarge_a_share_of_the_pictures(folder):
    path, _ = make(folder, train=400)
    ramp = numpy.arange(64) * 3 + 1
    with h5py.File(path, 'r+') as h5file:
        h5file['image'][...] = numpy.stack(
            numpy.broadcast_arrays(ramp[numpy.newaxis], ramp[:, numpy.newaxis], 7)
        )
    stream = training_stream(path, sources=('picture',), batch_size=400, crops=0.5)
    (first,), (second,) = (list(stream.epoch(number)) for number in (1, 2))
    pictures = as_uint8(first['picture'])
    assert (pictures != as_uint8(second['picture'])).any()
    cropped = [picture for picture in pictures if (picture[0, 0] != ramp).any()]
    assert 150 < len(cropped) < 250
    corners, factors = zip(*(located(picture, ramp) for picture in cropped))
    factors = numpy.array(factors)
    assert abs(factors[:, 0] - factors[:, 1]).max() < 0.05
    assert 0.99 < factors.min() < 1.05 and 1.35 < factors.max() < 1.42
    corners = numpy.array(corners)
    assert corners.min() > -0.5 and (corners + 64 / factors < 64.5).all()
    assert corners.max() > 10


@in_folder
def test_crops_depend_only_on_seed_and_epoch(folder):
    """They change neither order nor flips nor holes, and are the same of raw minibatches."""
    path, _ = make(folder, train=24)

    def epoch(number=2, start=0, **options):
        stream = training_stream(path, **{'sources': ALL, 'batch_size': 4, 'crops': 0.7, **options})
        return list(stream.epoch(number, start))

    expected = [each['picture'] for each in epoch()]
    for start in (0, 2):
        found = [each['picture'] for each in epoch(start=start)]
        numpy.testing.assert_array_equal(found, expected[start:])
    raw = [each['image'] for each in epoch(place=lambda minibatch: minibatch)]
    numpy.testing.assert_array_equal(raw, [as_uint8(each) for each in expected])
    changed = [
        (picture != other).any((1, 2, 3))
        for picture, other in zip(expected, (each['picture'] for each in epoch(crops=0)))
    ]
    assert 8 < numpy.sum(changed) < 24
    holes = {'holes': 'strokes', 'flips': True}
    numpy.testing.assert_array_equal(masks(epoch(**holes)), masks(epoch(crops=0, **holes)))
    flipped = [each['picture'] for each in epoch(flips=True)]
    numpy.testing.assert_array_equal(numpy.sort(flipped, axis=-1), numpy.sort(expected, axis=-1))


@in_folder
def test_evaluation_gives_every_picture_in_order(folder):
    path, images = make(folder, train=3, valid=10)
    stream = evaluation_stream(path, batch_size=4)
    for _ in range(2):
        batches = [as_uint8(minibatch['picture']) for minibatch in stream]
        assert [len(batch) for batch in batches] == [4, 4, 2]
        numpy.testing.assert_array_equal(numpy.concatenate(batches), images[3:])
    assert stream.num_examples == 10 and stream.names() == [str(n) for n in range(3, 13)]
    assert len(stream) == 3
    for number, chosen in ((1, [0]), (4, [0, 3, 6, 9]), (99, range(10))):
        spread = as_uint8(stream.spread(number)['picture'])
        numpy.testing.assert_array_equal(spread, images[3:][list(chosen)])
        assert stream.spread_numbers(number) == list(chosen)
    limited = evaluation_stream(path, limit=3)
    assert [len(each['picture']) for each in limited] == [3] and limited.names() == list('345')


@in_folder
def test_pixels_are_floats_from_0_to_1(folder):
    path, images = make(folder, train=4)
    exact = images / numpy.float64(255)
    for dtype in ('float32', 'float64'):
        (minibatch,) = evaluation_stream(path, 'train', dtype=dtype)
        assert minibatch.keys() == {'context', 'mask', 'picture'}
        for array in minibatch.values():
            assert array.dtype == dtype and array.flags.c_contiguous
        numpy.testing.assert_allclose(minibatch['picture'], exact, rtol=1e-7)
        numpy.testing.assert_allclose(minibatch['context'][:, :, :16], exact[:, :, :16], rtol=1e-7)


@in_folder
def test_a_minibatch_holds_the_sources_that_are_asked_for(folder):
    path, _ = make(folder, train=4)
    shapes = dict.fromkeys(('context', 'picture'), (4, 3, 64, 64))
    shapes.update(mask=(4, 1, 64, 64), centre=(4, 3, 32, 32))
    for sources in (('context', 'centre'), ('mask', 'context'), ALL):
        (minibatch,) = training_stream(path, sources=sources, batch_size=4).epoch(1)
        assert {name: array.shape for name, array in minibatch.items()} == {
            name: shapes[name] for name in sources
        }


def masks(minibatches):
    """The holes of all pictures, (pictures, 64, 64), of the values 0. and 1. alone."""
    found = numpy.concatenate([minibatch['mask'][:, 0] for minibatch in minibatches])
    assert numpy.isin(found, (0, 1)).all()
    return found


def check_holes(holes, folder):
    """Every source tells the same of a picture of the file and its hole."""
    path, images = make(folder, train=12, valid=5)
    stream = training_stream(path, sources=ALL, batch_size=4, holes=holes, flips=True)
    known = {picture.tobytes() for image in images[:12] for picture in (image, image[..., ::-1])}
    minibatches = [*stream.epoch(1), *evaluation_stream(path, batch_size=4, holes=holes)]
    for number, minibatch in enumerate(minibatches):
        pictures, outside = minibatch['picture'], 1 - minibatch['mask']
        numpy.testing.assert_array_equal(minibatch['context'], pictures * outside)
        if number < 3:
            assert all(picture.tobytes() in known for picture in as_uint8(pictures))
            numpy.testing.assert_array_equal(minibatch['centre'], pictures[..., 16:48, 16:48])
    found = masks(minibatches)
    assert (found.sum((1, 2)) > 0).all()
    others = [hole for hole in found if (hole != centre()).any()]
    assert len({hole.tobytes() for hole in others}) == len(others)
    assert (0 < len(others) < len(found)) if holes == 'anywhere' else len(others) in {0, len(found)}


def test_holes():
    for holes in HOLES:
        yield in_folder(check_holes), holes


@in_folder
def test_the_hole_of_the_report_is_the_centre(folder):
    path, _ = make(folder, train=4)
    (minibatch,) = training_stream(path, sources=ALL, batch_size=4).epoch(1)
    expected = numpy.zeros((64, 64))
    expected[16:48, 16:48] = 1
    assert (masks([minibatch]) == expected).all()


@in_folder
def test_holes_depend_only_on_seed_and_epoch(folder):
    """Not on flips and captions; and order, flips and captions do not depend on holes."""
    path = make_captioned(folder)

    def epoch(number=2, start=0, **options):
        stream = training_stream(
            path, **{'sources': ALL, 'batch_size': 4, 'holes': 'strokes', **options}
        )
        return list(stream.epoch(number, start))

    expected = masks(epoch())
    for same in (
        epoch(),
        epoch(flips=True),
        epoch(sources=(*ALL, 'caption')),
        epoch(batch_size=6),
    ):
        numpy.testing.assert_array_equal(masks(same), expected)
    numpy.testing.assert_array_equal(masks(epoch(start=2)), expected[8:])
    for other in (epoch(number=3), epoch(seed=2), epoch(holes='rectangles')):
        assert (masks(other) != expected).any((1, 2)).all()
    sources = ('picture', 'caption', 'mask')
    for with_centre, with_strokes in zip(
        epoch(sources=sources, flips=True, holes='centre'), epoch(sources=sources, flips=True)
    ):
        for source in ('picture', 'caption'):
            numpy.testing.assert_array_equal(with_centre[source], with_strokes[source])


@in_folder
def test_in_evaluation_each_picture_has_its_hole(folder):
    path, _ = make(folder, valid=10)
    for holes in ('rectangles', 'strokes'):
        stream = evaluation_stream(path, batch_size=4, holes=holes)
        found = masks(stream)
        numpy.testing.assert_array_equal(found, masks(stream))
        again = evaluation_stream(path, batch_size=3, holes=holes, limit=7)
        numpy.testing.assert_array_equal(masks(again), found[:7])
        numpy.testing.assert_array_equal(masks([stream.spread(4)]), found[[0, 3, 6, 9]])


@in_folder
def test_sizes_out_of_range(folder):
    path, _ = make(folder, train=5)
    assert 'minibatch of 6' in input_error(training_stream, path, batch_size=6)
    assert 'minibatch of 4' in input_error(training_stream, path, batch_size=4, limit=3)
    assert 'minibatch of 0' in input_error(training_stream, path, batch_size=0)
    assert 'minibatch' in input_error(evaluation_stream, path, 'train', batch_size=0)
    assert 'seed' in input_error(training_stream, path, batch_size=4, seed=-1)


def test_prefetching_runs_ahead_but_not_far():
    read, gate = [], threading.Event()

    def numbers():
        for number in itertools.count():
            read.append(number)
            if number == 4:
                gate.set()
            yield number

    iterator = prefetch(numbers(), depth=5)
    assert next(iterator) == 0
    assert gate.wait(10)
    time.sleep(0.05)
    assert len(read) <= 6
    assert list(itertools.islice(iterator, 100)) == list(range(1, 101))
    iterator.close()
    assert len(read) <= 107


def test_prefetching_ends_its_thread():
    before = threading.active_count()
    exhausted = prefetch(iter(range(3)))
    assert list(exhausted) == [0, 1, 2]
    closed = prefetch(itertools.count())
    next(closed)
    closed.close()
    dropped = prefetch(itertools.count())
    next(dropped)
    del dropped
    assert threading.active_count() == before


def test_errors_of_the_background_are_raised_in_the_foreground():
    def numbers():
        yield 1
        raise OSError('disk gone')

    before = threading.active_count()
    iterator = prefetch(numbers())
    assert next(iterator) == 1
    try:
        next(iterator)
    except OSError as error:
        assert str(error) == 'disk gone'
    else:
        raise AssertionError('no error')
    assert threading.active_count() == before


@in_folder
def test_an_epoch_can_be_left_and_others_run_beside_it(folder):
    path, images = make(folder, train=40, valid=9)
    before = threading.active_count()
    stream, valid = training_stream(path, batch_size=4), evaluation_stream(path, batch_size=4)
    whole = ids(stream.epoch(1), images)
    epoch = stream.epoch(1)
    first = ids(itertools.islice(epoch, 3), images)
    assert sum(len(minibatch['picture']) for minibatch in valid) == 9
    assert first + ids(epoch, images) == whole
    left = stream.epoch(2)
    next(left)
    left.close()
    assert threading.active_count() == before


def make_captioned(folder, train=12, valid=5):
    """Path of a data set whose caption vectors tell their picture and line: 10 · picture + line.

    Every third picture has one caption, the others have four; rows without a caption hold -1.
    """
    images = noise(train + valid, 3, 64, 64)
    images[:, 0, 0, 0] = numpy.arange(train + valid)
    counts = [1 if number % 3 == 0 else 4 for number in range(train + valid)]
    vectors = numpy.full((train + valid, 4, 300), -1, 'float32')
    for number, count in enumerate(counts):
        vectors[number, :count] = 10 * number + numpy.arange(count)[:, None]
    captions = ['\n'.join(f'line {line}' for line in range(count)) for count in counts]
    path = os.path.join(folder, 'captioned.hdf5')
    with h5py.File(path, 'w') as h5file:
        h5file['image'], h5file['caption_vector'] = images, vectors
        h5file.create_dataset('captions', (len(captions),), h5py.string_dtype(), data=captions)
        ranges = {'train': (0, train), 'valid': (train, train + valid)}
        h5file.attrs['split'] = H5PYDataset.create_split_array({
            split: dict.fromkeys(h5file, rows) for split, rows in ranges.items()
        })
    return path


def drawn_captions(minibatches):
    """(picture, line) of each caption in the minibatches, checked against the pictures."""
    pairs = []
    for minibatch in minibatches:
        context, caption = minibatch['context'], minibatch['caption']
        assert minibatch.keys() == set(CAPTIONED)
        assert caption.shape == (len(context), 300) and caption.dtype == 'float32'
        assert (caption == caption[:, :1]).all()
        pairs += [divmod(int(value), 10) for value in caption[:, 0]]
        pictures = numpy.rint(context[:, 0, 0, 0] * 255).astype(int).tolist()
        assert pictures == [picture for picture, _ in pairs[-len(context) :]]
    return pairs


@in_folder
def test_a_caption_of_each_picture_is_drawn_in_each_epoch(folder):
    path = make_captioned(folder)
    stream = training_stream(path, sources=CAPTIONED, batch_size=4)
    epochs = [drawn_captions(stream.epoch(number)) for number in range(1, 61)]
    lines = {picture: [dict(epoch)[picture] for epoch in epochs] for picture in range(12)}
    for picture, drawn in lines.items():
        counts = numpy.bincount(drawn, minlength=4)
        if picture % 3 == 0:
            assert counts.tolist() == [60, 0, 0, 0]
        else:  # each of four lines about 15 times; below 4 one time in a thousand
            assert counts.min() >= 3, (picture, counts)
    again = training_stream(path, sources=CAPTIONED, batch_size=4)
    assert drawn_captions(again.epoch(7)) == epochs[6]
    assert drawn_captions(again.epoch(7, start=1)) == epochs[6][4:]
    other = training_stream(path, sources=CAPTIONED, batch_size=4, seed=2)
    assert drawn_captions(other.epoch(7)) != epochs[6]


@in_folder
def test_captions_change_neither_order_nor_flips(folder):
    path = make_captioned(folder)
    plain, captioned = (
        training_stream(path, sources=sources, batch_size=4, flips=True).epoch(1)
        for sources in (('context', 'centre'), CAPTIONED)
    )
    for one, other in zip(plain, captioned):
        for source in ('context', 'centre'):
            numpy.testing.assert_array_equal(one[source], other[source])


@in_folder
def test_parts_of_minibatches_add_up(folder):
    """Two processes read a minibatch's rows between them; the other's are zeros to each."""
    path = make_captioned(folder)

    def read(rows):
        stream = training_stream(
            path,
            sources=(*ALL, 'caption'),
            batch_size=6,
            flips=True,
            holes='rectangles',
            rows=rows,
        )
        return list(stream.epoch(2, start=1))

    (minibatch,), (upper,), (lower,) = map(read, (slice(None), slice(0, 2), slice(2, 6)))
    for source, array in minibatch.items():
        one, other = upper[source], lower[source]
        assert one[:2].any() and not one[2:].any() and not other[:2].any()
        numpy.testing.assert_array_equal(one + other, array)


@in_folder
def test_evaluation_averages_all_rows_of_a_picture(folder):
    path = make_captioned(folder)
    with h5py.File(path, 'r') as h5file:
        vectors = h5file['caption_vector'][12:]
    stream = evaluation_stream(path, batch_size=2, captions=True)
    captions = numpy.concatenate([minibatch['caption'] for minibatch in stream])
    numpy.testing.assert_allclose(captions, vectors.mean(axis=1), rtol=1e-6)
    assert [len(lines) for lines in stream.caption_lists()] == [1, 4, 4, 1, 4]
    assert stream.caption_lists()[0] == ['line 0']


@in_folder
def test_minibatches_with_other_captions(folder):
    path, _ = make(folder, valid=5)
    vectors = numpy.arange(5 * 300, dtype='float32').reshape(5, 300)
    minibatches = list(with_captions(evaluation_stream(path, batch_size=2), vectors))
    assert [minibatch['context'].shape[0] for minibatch in minibatches] == [2, 2, 1]
    numpy.testing.assert_array_equal(
        numpy.concatenate([minibatch['caption'] for minibatch in minibatches]), vectors
    )


@in_folder
def test_captions_that_are_missing_are_named_with_a_remedy(folder):
    path, _ = make(folder, train=4)
    for open_stream, options in (
        (training_stream, {'sources': CAPTIONED}),
        (evaluation_stream, {'captions': True}),
    ):
        message = input_error(open_stream, path, 'train', batch_size=2, **options)
        assert 'caption' in message and path in message, message
    captioned = make_captioned(folder)
    with h5py.File(captioned, 'r+') as h5file:
        del h5file['caption_vector']
        h5file['caption_vector'] = numpy.zeros((17, 4, 50), 'float32')
    assert '(17, 4, 50)' in input_error(evaluation_stream, captioned, captions=True)
