"""Converters, on small archives made here and on the real ones."""

import contextlib
import io
import json
import os
import pickle
import tarfile
import zipfile
from unittest import mock

import h5py
import numpy
from fuel.datasets import H5PYDataset
from PIL import Image

from ift6266.data.converters import natural64, photos
from ift6266.data.converters.base import convert_files
from ift6266.data.converters.images import convert_images
from ift6266.data.converters.inpainting import CAPTIONS, convert_inpainting
from ift6266.data.converters.mscoco import convert_mscoco
from ift6266.data.converters.natural64 import convert_natural64, draw
from ift6266.data.converters.photos import convert_photos
from tests.support import encoded, in_folder, input_error, noise, shared, write


def convert(function, *arguments, **options):
    """What a converter wrote: the open file, its path, and the report."""
    report = io.StringIO()
    with contextlib.redirect_stderr(report):
        (path,) = function(*arguments, **options)
    return h5py.File(path, 'r'), path, report.getvalue()


def text(h5file, source):
    return [line.decode('utf-8') for line in h5file[source]]


def split(path, name, *sources):
    """Sources of a split as Fuel reads them."""
    return H5PYDataset(path, (name,), sources=sources, load_in_memory=True).data_sources


@in_folder
def test_splits_by_folders(folder):
    pixels = noise(6, 64, 64, 3)
    names = ['deep/valid/v', 'deep/train/a/été', 'deep/ô/o', 'deep/train/t', 'deep/loose', 'loose']
    for name, picture in zip(names, pixels):
        write(folder, f'pictures/{name}.png', encoded(picture))
    h5file, path, report = convert(convert_images, os.path.join(folder, 'pictures'), folder)
    assert path == os.path.join(folder, 'images.hdf5')
    with h5file:
        assert h5file['image'].dtype == 'uint8' and h5file['image'].shape == (4, 3, 64, 64)
        assert [d.label for d in h5file['image'].dims] == ['batch', 'channel', 'height', 'width']
        assert text(h5file, 'name') == ['t', 'été', 'v', 'o']
        assert H5PYDataset.get_provided_sources(h5file, 'train') == ('image', 'name')
        refused = 'refused: outside the folders of the splits'
        assert text(h5file, 'remarks') == [
            f'{name}: {refused}' for name in ('loose.png', 'deep/loose.png')
        ]
    assert '4 pictures (train 2, valid 1, ô 1)' in report and 'deep/loose.png' in report
    assert split(path, '\\xf4', 'name')[0][0] == b'o'
    image, name = split(path, 'valid', 'image', 'name')
    numpy.testing.assert_array_equal(image, pixels[:1].transpose(0, 3, 1, 2))


@in_folder
def test_captions_of_pictures_of_the_same_name(folder):
    """In two folders, and with a blank in the name that is not printable."""
    captions = {'train/a\u202fb.png': ['One.', 'A  one'], 'valid/a\u202fb.png': ['Two.']}
    files = [(path, encoded(noise(64, 64, 3))) for path in [*captions, 'valid/bare.png']]
    h5file, _, _ = convert(convert_files, files, folder, 'x.hdf5', captions=captions.get)
    with h5file:
        assert text(h5file, 'name') == ['a\ufffdb', 'a\ufffdb', 'bare']
        assert text(h5file, 'captions') == ['One.\nA one', 'Two.', '']


@in_folder
def test_the_report_says_how_the_splits_were_made(folder):
    for number, name in enumerate(('Training/a', 'Training/b', 'validation/c', 'testing/d')):
        write(folder, f'in/{name}.png', encoded(noise(4, 64, 64, 3)[number]))
    h5file, path, report = convert(convert_images, os.path.join(folder, 'in'), folder)
    h5file.close()
    assert '4 pictures (train 2, valid 1, test 1)' in report
    assert 'by the folders Training (train), testing (test), validation (valid)' in report
    assert split(path, 'test', 'name')[0][0] == b'd'
    h5file, _, report = convert(convert_images, os.path.join(folder, 'in/Training'), folder)
    h5file.close()
    assert '(train 1, valid 1)' in report and 'splits by a hash of the names' in report
    h5file, _, report = convert(convert_images, os.path.join(folder, 'in/testing'), folder)
    h5file.close()
    assert '(valid 1)' in report and 'warning: no picture is in train' in report


@in_folder
def test_what_systems_keep_beside_pictures_is_counted_in_one_line(folder):
    """Real refusals stand before it; a picture of such a name is a picture."""
    good = encoded(noise(64, 64, 3))
    names = ['__MACOSX/in/._a.png', '._a.png', '._b.png', '.DS_Store', 'b/Thumbs.db', 'Desktop.ini']
    for name in names:
        write(folder, f'in/{name}', b'\0\5\x16\7')
    write(folder, 'in/notes.txt', b'notes')
    write(folder, 'in/._real.png', good)
    h5file, _, report = convert(convert_images, os.path.join(folder, 'in'), folder)
    with h5file:
        assert text(h5file, 'name') == ['._real'] and len(h5file['remarks']) == 7
    *_, refused, passed_over, _ = report.splitlines()
    assert refused.endswith('(1): notes.txt') and passed_over.endswith('beside pictures (6)'), (
        report
    )
    assert '.DS_Store' not in report


@in_folder
def test_too_little_memory_ends_the_conversion(folder):
    """A picture is not left out because of it."""
    write(folder, 'in/a.png', encoded(noise(64, 64, 3)))
    with mock.patch('PIL.ImageFile.ImageFile.load', side_effect=MemoryError):
        message = input_error(convert_images, os.path.join(folder, 'in'), folder)
    assert 'a.png: too little memory' in message and os.listdir(folder) == ['in']


@in_folder
def test_odd_pictures_are_counted_and_named(folder):
    good = encoded(noise(64, 64, 3))
    write(folder, 'in/good.png', good)
    write(folder, 'in/cut.jpg', encoded(noise(80, 80, 3), 'JPEG')[:1500])
    write(folder, 'in/text.jpg', b'not a picture')
    write(folder, 'in/small.png', encoded(noise(20, 20, 3)))
    write(folder, 'in/cmyk.jpg', encoded(Image.new('CMYK', (64, 64)), 'JPEG'))
    for number in range(7):
        write(folder, f'in/{number}.json', b'{}')
    h5file, _, report = convert(convert_images, os.path.join(folder, 'in'), folder)
    with h5file:
        assert sorted(text(h5file, 'name')) == ['cmyk', 'good']
        remarks = text(h5file, 'remarks')
    assert len(remarks) == 11 and '6.json: refused: no picture that can be read' in remarks
    for line in (
        'refused: no picture that can be read (8): 0.json, 1.json, 2.json, 3.json, 4.json, ... ',
        'refused: truncated or damaged (1): cut.jpg',
        'refused: smaller than 64x64 (1): small.png',
        'CMYK converted to RGB (1): cmyk.jpg',
    ):
        assert line in report, report


@in_folder
def test_nothing_usable_leaves_what_was_there(folder):
    write(folder, 'in/notes.txt', b'')
    before = write(folder, 'images.hdf5', b'before')
    message = input_error(convert_images, os.path.join(folder, 'in'), folder)
    assert 'empty (1): notes.txt' in message
    assert open(before, 'rb').read() == b'before'
    assert sorted(os.listdir(folder)) == ['images.hdf5', 'in']


@in_folder
def test_archive_that_ends_too_early_leaves_what_was_there(folder):
    path = os.path.join(folder, 'x.tar')
    with tarfile.open(path, 'w') as archive:
        content = encoded(noise(64, 64, 3))
        for number in range(50):
            member = tarfile.TarInfo(f'{number}.png')
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    os.truncate(path, os.path.getsize(path) // 2)
    before = write(folder, 'images.hdf5', b'before')
    assert 'cut off' in input_error(convert_images, path, folder)
    assert open(before, 'rb').read() == b'before' and len(os.listdir(folder)) == 2


@in_folder
def test_output_folder_that_is_missing(folder):
    write(folder, 'a.png', encoded(noise(64, 64, 3)))
    assert 'no folder' in input_error(convert_images, folder, os.path.join(folder, 'absent'))


@in_folder
def test_photos(folder):
    """The same each time, not blank, from different photographs; and thousands without a patch."""
    assert photos.CROPS['train'] * len(photos.PHOTOGRAPHS['train']) > 5000
    assert not set(photos.PHOTOGRAPHS['train']) & set(photos.PHOTOGRAPHS['valid'])
    with mock.patch.dict(photos.CROPS, train=40, valid=20):
        first, path, _ = convert(convert_photos, None, folder, 'a.hdf5')
        second, _, _ = convert(convert_photos, None, folder, 'b.hdf5')
    with first, second:
        numpy.testing.assert_array_equal(first['image'], second['image'])
        assert list(first['name']) == list(second['name'])
        assert first['image'][...].std(axis=(1, 2, 3)).min() >= 12
        assert len(numpy.unique(first['image'], axis=0)) == 40 * 9 + 20 * 3
    for which in ('train', 'valid'):
        stems = {name.decode().rpartition('_')[0] for name in split(path, which, 'name')[0]}
        assert stems == {os.path.splitext(name)[0] for name in photos.PHOTOGRAPHS[which]}


def make_course_archive(folder, captions):
    with tarfile.open(os.path.join(folder, 'inpainting.tar.bz2'), 'w:bz2') as archive:
        for name, content in (
            ('train2014/a.png', encoded(noise(64, 64, 3))),
            ('val2014/b.png', encoded(noise(64, 64))),
            ('worddict.pkl', pickle.dumps({'a': 1})),
            (CAPTIONS, captions),
        ):
            if content is not None:
                member = tarfile.TarInfo('inpainting/' + name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))


@in_folder
def test_inpainting(folder):
    make_course_archive(folder, pickle.dumps({'a': ['A dog.\n', 'Un  été\0.']}, 2))
    h5file, path, report = convert(convert_inpainting, folder, folder)
    with h5file:
        assert text(h5file, 'name') == ['a', 'b']
        assert text(h5file, 'captions') == ['A dog.\nUn été\ufffd.', '']
    assert 'worddict.pkl' in report
    assert split(path, 'valid', 'name')[0][0] == b'b'


@in_folder
def test_inpainting_with_a_bad_pickle(folder):
    for captions, problem in (
        (pickle.dumps({'a': len}, 2), 'GLOBAL'),
        (pickle.dumps({'a': 'text'}, 2), 'no dict from names to lists'),
        (pickle.dumps([]), 'no dict from names to lists'),
        (b'cos\nsystem\n', 'GLOBAL'),
        (b'', 'not a pickle'),
        (None, CAPTIONS + ' is missing'),
    ):
        make_course_archive(folder, captions)
        message = input_error(convert_inpainting, folder, folder)
        assert problem in message and 'inpainting.tar.bz2' in message
        assert os.listdir(folder) == ['inpainting.tar.bz2']
    os.remove(os.path.join(folder, 'inpainting.tar.bz2'))
    assert 'inpainting.tar.bz2' in input_error(convert_inpainting, folder, folder)


def make_coco(folder, annotations):
    for name, stem in (('train', 'COCO_train2014_1'), ('val', 'COCO_val2014_2')):
        with zipfile.ZipFile(os.path.join(folder, name + '2014.zip'), 'w') as archive:
            archive.writestr(f'{name}2014/{stem}.jpg', encoded(noise(100, 90, 3), 'JPEG'))
    with zipfile.ZipFile(os.path.join(folder, 'annotations_trainval2014.zip'), 'w') as archive:
        for name, content in annotations.items():
            archive.writestr(f'annotations/captions_{name}2014.json', content)


def coco_json(stem, *captions):
    return json.dumps({
        'info': {'year': 2014},
        'licenses': [{'id': 1, 'name': 'x'}],
        'images': [{'id': 7, 'file_name': stem + '.jpg', 'license': 1}],
        'annotations': [
            {'id': number, 'image_id': 7, 'caption': caption}
            for number, caption in enumerate(captions)
        ],
    })


@in_folder
def test_mscoco(folder):
    make_coco(
        folder,
        {
            'train': coco_json('COCO_train2014_1', 'One. ', 'Two\nlines.'),
            'val': coco_json('COCO_val2014_2', 'Three.'),
        },
    )
    h5file, path, _ = convert(convert_mscoco, folder, folder)
    with h5file:
        assert text(h5file, 'name') == ['COCO_train2014_1', 'COCO_val2014_2']
    assert list(split(path, 'train', 'captions')[0]) == [b'One.\nTwo lines.']
    assert list(split(path, 'valid', 'captions')[0]) == [b'Three.']


@in_folder
def test_mscoco_unpacked_and_of_2017(folder):
    captions = {'train': ('COCO_train2014_1', 'One.'), 'val': ('COCO_val2014_2', 'Two.')}
    make_coco(folder, {split: coco_json(*lines) for split, lines in captions.items()})
    unpacked, later = os.path.join(folder, 'u'), os.path.join(folder, 'v')
    os.mkdir(later)
    for name in ('train', 'val', 'annotations_trainval'):
        archive = os.path.join(folder, name + '2014.zip')
        with zipfile.ZipFile(archive) as file:
            file.extractall(unpacked)
            with zipfile.ZipFile(os.path.join(later, name + '2017.zip'), 'w') as copy:
                for member in file.namelist():
                    copy.writestr(member.replace('2014.json', '2017.json'), file.read(member))
        os.remove(archive)
    for directory in (unpacked, later):
        h5file, _, report = convert(convert_mscoco, directory, folder)
        with h5file:
            assert '2 pictures (train 1, valid 1)' in report
            assert text(h5file, 'name') == ['COCO_train2014_1', 'COCO_val2014_2']
            assert text(h5file, 'captions') == ['One.', 'Two.']


@in_folder
def test_mscoco_that_is_incomplete(folder):
    assert 'lacks train2014.zip, val2014.zip' in input_error(convert_mscoco, folder, folder)
    good = coco_json('COCO_train2014_1', 'One.')
    for annotations in (
        {'train': good},
        {'train': good, 'val': '{"images": ['},
        {'train': good, 'val': '[1]'},
        {'train': good, 'val': '{"images": []}'},
    ):
        make_coco(folder, annotations)
        assert 'captions_val2014.json' in input_error(convert_mscoco, folder, folder)


@in_folder
def test_real_course_archive_and_real_mscoco_agree(folder):
    """The course cut the same photographs: same names and captions, nearly the same pixels."""
    source = os.path.dirname(shared('inpainting.tar.bz2'))
    shared('train2014.zip')
    course, path, report = convert(convert_inpainting, source, folder)
    coco, _, _ = convert(convert_mscoco, source, folder)
    with course, coco:
        assert '100 pictures (train 50, valid 50)' in report
        assert text(course, 'name') == text(coco, 'name')
        assert text(course, 'captions') == text(coco, 'captions')
        assert all(len(lines.split('\n')) >= 5 for lines in text(coco, 'captions'))
        difference = course['image'][...] - coco['image'][...].astype(float)
        assert numpy.abs(difference).mean() < 8


def tiny_imagenet(classes, pictures):
    return [
        f'tiny-imagenet-200/train/n{number:03}/images/n{number:03}_{picture}.JPEG'
        for number in range(classes)
        for picture in range(pictures)
    ]


def test_what_natural64_is():
    """The pictures that the models learned from, as they were found in the archive."""
    names = tiny_imagenet(200, 500)
    drawn = draw(names[::-1] + ['tiny-imagenet-200/val/images/val_0.JPEG'])
    assert {split: len(chosen) for split, chosen in drawn.items()} == {
        'train': 50000,
        'valid': 2000,
    }
    assert len(set(drawn['train'] + drawn['valid'])) == 52000
    for split, first, last in (('train', (126, 36), (193, 223)), ('valid', (80, 393), (44, 105))):
        for name, (number, picture) in zip(drawn[split][:: len(drawn[split]) - 1], (first, last)):
            assert name.endswith(f'/n{number:03}_{picture}.JPEG'), name
    assert draw(names[1:]) is None and draw([]) is None


@in_folder
def test_natural64_from_the_archive(folder):
    pixels = dict(zip(tiny_imagenet(3, 4), noise(12, 64, 64, 3)))
    path = os.path.join(folder, 'tiny-imagenet-200.zip')
    with zipfile.ZipFile(path, 'w') as archive:
        for name, picture in pixels.items():
            archive.writestr(name, encoded(picture))
        archive.writestr('tiny-imagenet-200/val/images/val_0.JPEG', b'')
    assert 'not the official archive' in input_error(convert_natural64, folder, folder)
    with mock.patch.multiple(natural64, CLASSES=3, PICTURES=4, TRAIN=2, VALID=1):
        drawn = draw(pixels)
        h5file, path, report = convert(convert_natural64, folder, folder)
        with h5file:
            assert '9 pictures (train 6, valid 3)' in report
            numpy.testing.assert_array_equal(
                h5file['image'][...].transpose(0, 2, 3, 1),
                [pixels[name] for name in drawn['train'] + drawn['valid']],
            )
        write(folder, 'coco/b.png', encoded(noise(64, 64, 3)))
        h5file, _, report = convert(convert_natural64, folder, folder)
        h5file.close()
        assert '10 pictures (train 6, valid 3, coco 1)' in report
    assert 'lacks tiny-imagenet-200.zip' in input_error(convert_natural64, path, folder)


@in_folder
def test_real_tar_with_three_splits(folder):
    """Every 50th picture of it, converted, against Pillow's own decoding."""
    sample = os.path.join(folder, 'natural64.tar')
    with tarfile.open(shared('natural64.tar')) as whole, tarfile.open(sample, 'w') as archive:
        members = whole.getmembers()[::50]
        contents = [whole.extractfile(member).read() for member in members]
        for member, content in zip(members, contents):
            archive.addfile(member, io.BytesIO(content))
    h5file, _, report = convert(convert_images, folder, folder)
    with h5file:
        assert '1043 pictures (train 1000, valid 40, coco 3)' in report
        assert not len(h5file['remarks'])
        by_name = dict(zip(text(h5file, 'name')[:1000], h5file['image'][:1000]))
    for member, content in list(zip(members, contents))[:1000:100]:
        with Image.open(io.BytesIO(content)) as image:
            pixels = numpy.asarray(image.convert('RGB')).transpose(2, 0, 1)
        stem = os.path.splitext(os.path.basename(member.name))[0]
        numpy.testing.assert_array_equal(by_name[stem], pixels)
