"""Reading folders and archives, good and bad."""

import io
import os
import stat
import tarfile
import zipfile

from ift6266.data.archives import read_files
from tests.support import in_folder, input_error, write

FILES = {'a/one.jpg': b'1' * 3000, 'a/two.jpg': b'22', 'notes.txt': b''}


def make_tar(path, mode='w', members=()):
    with tarfile.open(path, mode) as archive:
        for name, content in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in members:
            archive.addfile(member)
    return path


def make_zip(path, more=(), compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, 'w', compression) as archive:
        for name, content in list(FILES.items()) + list(more):
            archive.writestr(name, content)
    return path


def consume(path):
    return list(read_files(path))


@in_folder
def test_folder(folder):
    for name, content in FILES.items():
        write(folder, name, content)
    assert dict(consume(folder)) == FILES


@in_folder
def test_archives_of_all_kinds(folder):
    for name, mode in (
        ('x.tar', 'w'),
        ('x.tar.gz', 'w:gz'),
        ('x.tgz', 'w:gz'),
        ('x.tar.bz2', 'w:bz2'),
        ('x.tar.xz', 'w:xz'),
    ):
        assert consume(make_tar(os.path.join(folder, name), mode)) == list(FILES.items())
    assert consume(make_zip(os.path.join(folder, 'x.zip'))) == list(FILES.items())


@in_folder
def test_archives_in_a_folder_are_folders_of_their_name(folder):
    make_tar(os.path.join(folder, 'train.tar.gz'), 'w:gz')
    make_zip(os.path.join(folder, 'valid.zip'))
    write(folder, 'loose.jpg', b'3')
    assert [name for name, _ in consume(folder)] == [
        'loose.jpg',
        'train/a/one.jpg',
        'train/a/two.jpg',
        'train/notes.txt',
        'valid/a/one.jpg',
        'valid/a/two.jpg',
        'valid/notes.txt',
    ]


@in_folder
def test_link_to_a_folder_is_not_dropped(folder):
    os.symlink(folder, os.path.join(folder, 'loop'))
    assert consume(folder) == [('loop', b'')]


@in_folder
def test_archives_cut_off_anywhere(folder):
    """At any byte: in a header, in a file, between files, in the end marker."""
    whole = open(make_tar(os.path.join(folder, 'x.tar')), 'rb').read()
    for length in (0, 100, 512, 1000, 3584, 3700, 4096, 4608, 5120):
        path = write(folder, 'cut.tar', whole[:length])
        assert 'cut off or damaged' in input_error(consume, path), length
    for name, mode in (('x.tar.gz', 'w:gz'), ('x.tar.bz2', 'w:bz2'), ('x.tar.xz', 'w:xz')):
        whole = open(make_tar(os.path.join(folder, name), mode), 'rb').read()
        assert 'cut off or damaged' in input_error(
            consume, write(folder, 'cut.' + name, whole[: len(whole) // 2])
        )
    whole = open(make_zip(os.path.join(folder, 'x.zip')), 'rb').read()
    for length in (0, 50, len(whole) - 10):
        assert 'cut off' in input_error(consume, write(folder, 'cut.zip', whole[:length]))


@in_folder
def test_archives_with_damage_inside(folder):
    whole = bytearray(open(make_tar(os.path.join(folder, 'x.tar')), 'rb').read())
    whole[3584 + 20] ^= 255  # the name in the second header, whose sum is now wrong
    assert 'cut off or damaged' in input_error(consume, write(folder, 'x.tar', whole))
    path = make_zip(os.path.join(folder, 'x.zip'), compression=zipfile.ZIP_STORED)
    whole = bytearray(open(path, 'rb').read())
    whole[100] ^= 255
    assert 'damaged' in input_error(consume, write(folder, 'x.zip', whole))


@in_folder
def test_damage_that_makes_the_libraries_raise_anything(folder):
    """A size above all memory, and a directory before the beginning."""
    for size in 2**62, 2**70:
        block = bytearray(tarfile.TarInfo('x').tobuf(tarfile.GNU_FORMAT))
        block[124:136] = b'\x80' + size.to_bytes(11)
        block[148:156] = b'%06o\0 ' % (sum(block) - sum(block[148:156]) + 8 * 32)
        message = input_error(consume, write(folder, 'x.tar', bytes(block) + bytes(1024)))
        assert 'cut off or damaged' in message, (size, message)
    whole = bytearray(open(make_zip(os.path.join(folder, 'x.zip')), 'rb').read())
    whole[-6:-2] = (2**32 - 2).to_bytes(4, 'little')
    assert 'damaged' in input_error(consume, write(folder, 'x.zip', whole))


@in_folder
def test_paths_that_lead_out_of_an_archive(folder):
    for name in ('/etc/x.jpg', '../x.jpg', 'a/../../x.jpg', 'C:\\x.jpg', 'a\\..\\x.jpg'):
        path = make_tar(os.path.join(folder, 'x.tar'), members=[tarfile.TarInfo(name)])
        assert repr(name) in input_error(consume, path)
        path = make_zip(os.path.join(folder, 'x.zip'), [(name, b'')])
        assert 'leads out of it' in input_error(consume, path)


@in_folder
def test_links_and_devices_in_an_archive(folder):
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        member = tarfile.TarInfo('a/link.jpg')
        member.type, member.linkname = kind, 'a/one.jpg'
        path = make_tar(os.path.join(folder, 'x.tar'), members=[member])
        assert "link or a device: 'a/link.jpg'" in input_error(consume, path)
    link = zipfile.ZipInfo('a/link.jpg')
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = make_zip(os.path.join(folder, 'x.zip'), [(link, b'a/one.jpg')])
    assert "link or a device: 'a/link.jpg'" in input_error(consume, path)


@in_folder
def test_what_is_neither_folder_nor_archive(folder):
    assert 'no such folder' in input_error(read_files, os.path.join(folder, 'absent'))
    assert 'neither' in input_error(read_files, write(folder, 'x.jpg', b'1'))
