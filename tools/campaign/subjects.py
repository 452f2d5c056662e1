"""The kinds of files that are mutated: valid ones, and the commands that read them."""

import bz2
import gzip
import io
import pickle
import shutil
import struct
import sys
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
from common import (
    PROJECT,
    WORDS,
    annotation_tables,
    caption_lines,
    module,
    must_pass,
    photograph,
    save_mscoco,
    script,
)
from mutating import Subject
from PIL import Image

NUMBERS = {'train': 6, 'val': 4}
PICKLE = 'dict_key_imgID_value_caps_train_and_valid.pkl'


# How commands are called in this process.


def call(main: Callable, *arguments) -> int:
    """The exit status of a script's ``main`` with these arguments."""
    from options import run

    sys.argv = ['script', *map(str, arguments)]
    try:
        run(main)
    except SystemExit as end:
        return int(end.code or 0)
    raise AssertionError('it exits')


def call_module(main: Callable, *arguments) -> int:
    """The exit status of the ``main`` of a module that is run by ``-m``."""
    try:
        ended = main(list(map(str, arguments)))
    except SystemExit as end:
        ended = end.code
    if isinstance(ended, str):
        print(ended, file=sys.stderr)
        return 1
    return int(ended or 0)


def convert(kind: str, directory: Path, out: Path) -> int:
    """Convert pictures to ``x.hdf5``."""
    from ift6266.data.__main__ import main

    return call_module(
        main, 'convert', kind, '-d', directory, '-o', out, '--output-filename', 'x.hdf5'
    )


def embed(dataset: Path, **options) -> int:
    """Add caption vectors to a data set."""
    from ift6266.captions.__main__ import main

    given = [word for name, value in options.items() for word in (f'--{name}', value)]
    return call_module(main, dataset, *given)


# Contents of valid files.


def png(width=80, height=72, **options) -> bytes:
    return encoded(photograph(width, height), 'PNG', **options)


def encoded(image, kind, **options) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def zipped(members: dict[str, bytes], compression=zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w', compression) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def tarred(members: dict[str, bytes], kind=tarfile.GNU_FORMAT) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode='w', format=kind) as archive:
        for name, member in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(member)
            archive.addfile(header, io.BytesIO(member))
    return content.getvalue()


# Changes inside of what has check sums.


def inside_png(content, change, chance):
    """Change the data of a chunk."""
    start, chunks = 8, []
    while start + 12 <= len(content):
        (length,) = struct.unpack_from('>I', content, start)
        chunks.append((content[start + 4 : start + 8], content[start + 8 : start + 8 + length]))
        start += 12 + length
    index = chance.randrange(len(chunks)) if chunks else 0
    return content[:8] + b''.join(
        struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
        for number, (kind, old) in enumerate(chunks)
        for data in [change(old) if number == index else old]
    )


def inside_zip(content, change, chance):
    """Change the content of a member."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(members))
    return zipped({**members, name: change(members[name])})


def inside_arrays(content, change, chance):
    """Change an array of an .npz file, one of text in half of the cases."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    texts = [name for name, member in members.items() if b"'descr': '<U" in member[:128]]
    if not texts or chance.random() < 0.5:
        return inside_zip(content, change, chance)
    name = chance.choice(texts)
    text = change(str(np.load(io.BytesIO(members[name]))).encode()).decode('utf-8', 'replace')
    array = io.BytesIO()
    np.save(array, np.array(text))
    return zipped({**members, name: array.getvalue()})


def inside_tar(content, change, chance):
    """Change a header and correct its check sum."""
    blocks = range(0, len(content), 512)
    headers = [at for at in blocks if content[at + 257 : at + 262] == b'ustar']
    if not headers:
        return change(content)
    at = chance.choice(headers)
    header = bytearray((change(content[at : at + 512]) + bytes(512))[:512])
    header[148:156] = b' ' * 8
    header[148:156] = b'%06o\0 ' % sum(header)
    return content[:at] + bytes(header) + content[at + 512 :]


def inside(unpack, pack, then=None):
    """Change what is compressed; ``then`` changes that within its own check sums."""

    def changed(content, change, chance):
        plain = unpack(content)
        if then and chance.random() < 0.5:
            return pack(then(plain, change, chance))
        return pack(change(plain))

    return changed


def put(folder: Path, name: str, content: bytes) -> Path:
    """Lay a file into the folder of inputs."""
    path = folder / 'in' / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# The kinds.


def prepare(folder: Path) -> dict[str, Subject]:
    """All kinds but the settings; ``folder`` keeps what they need."""
    warnings.simplefilter('ignore')
    made = folder / 'made'
    made.mkdir()
    save_captioned(made)
    from ift6266 import Inpainter

    painter = Inpainter.load('l2')
    painter.fill  # noqa: B018  compiled here, once
    return {
        **pictures(painter),
        **archives(),
        'hdf5': data_sets(made, painter),
        'model': models(made),
        'pickle': caption_pickles(),
        'vectors': vector_files(made),
        'annotations': annotations(),
        **runs(made),
    }


def pictures(painter) -> dict[str, Subject]:
    """Pictures, converted and painted."""
    image, grey = photograph(96, 80), photograph(96, 80).convert('L')
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, 'a scene'
    samples = {
        'jpeg': {
            'plain.jpg': encoded(image, 'JPEG', quality=80, exif=exif, icc_profile=bytes(200)),
            'progressive.jpg': encoded(image, 'JPEG', progressive=True, comment=b'a scene'),
            'cmyk.jpg': encoded(image.convert('CMYK'), 'JPEG'),
            'grey.jpg': encoded(grey, 'JPEG', restart_marker_blocks=2),
        },
        'png': {
            'plain.png': encoded(image, 'PNG', exif=exif, dpi=(72, 72)),
            'palette.png': encoded(image.quantize(16), 'PNG', transparency=3),
            'deep.png': encoded(
                Image.fromarray(np.arange(7200, dtype='uint16').reshape(80, 90)), 'PNG'
            ),
            'alpha.png': encoded(image.convert('RGBA'), 'PNG'),
        },
        'gif': {
            'plain.gif': encoded(image.quantize(64), 'GIF'),
            'animated.gif': encoded(image, 'GIF', save_all=True, append_images=[grey]),
        },
        'webp': {
            'lossy.webp': encoded(image, 'WEBP', exif=exif),
            'lossless.webp': encoded(image, 'WEBP', lossless=True),
        },
        'tiff': {
            f'{kind}.tif': encoded(image, 'TIFF', compression=kind, exif=exif)
            for kind in ('raw', 'tiff_lzw', 'tiff_adobe_deflate', 'jpeg', 'packbits')
        },
        'other': {
            'plain.bmp': encoded(image, 'BMP'),
            'plain.jp2': encoded(image, 'JPEG2000'),
            'plain.ppm': encoded(image, 'PPM'),
        },
    }
    good = png()

    def put_beside(folder, name, content):
        put(folder, 'good.png', good)
        return put(folder, name, content)

    def use(path, out):
        import inpaint

        from ift6266 import Inpainter

        converted = convert('images', path.parent, out)
        with patch.object(Inpainter, 'load', lambda *_: painter):
            return converted or call(inpaint.main, path, '--model', 'l2', '--output', out)

    return {
        kind: Subject(contents, put_beside, use, inside_png if kind == 'png' else None)
        for kind, contents in samples.items()
    }


def archives() -> dict[str, Subject]:
    """Archives of pictures."""
    members = {
        'train/one.png': png(),
        'valid/two.jpg': encoded(photograph(70, 70), 'JPEG'),
        'valid/' + 'long ' * 30 + '.jpg': encoded(photograph(64, 64), 'JPEG'),
        'notes.txt': b'scenes',
    }
    gnu, pax = tarred(members), tarred(members, tarfile.PAX_FORMAT)
    samples = {
        'zip': {'x.zip': zipped(members), 'deflated.zip': zipped(members, zipfile.ZIP_DEFLATED)},
        'tar': {'x.tar': gnu, 'pax.tar': pax},
        'gz': {'x.tar.gz': gzip.compress(gnu), 'x.tgz': gzip.compress(pax)},
        'bz2': {'x.tar.bz2': bz2.compress(gnu), 'pax.tar.bz2': bz2.compress(pax)},
    }
    inner = {
        'zip': inside_zip,
        'tar': inside_tar,
        'gz': inside(gzip.decompress, gzip.compress, inside_tar),
        'bz2': inside(bz2.decompress, bz2.compress, inside_tar),
    }

    def use(path, out):
        return convert('images', path, out)

    return {kind: Subject(samples[kind], put, use, inner[kind]) for kind in samples}


def annotations() -> Subject:
    """MSCOCO's captions."""
    samples = annotation_tables(NUMBERS)

    def put_all(folder, name, content):
        save_mscoco(folder / 'in', NUMBERS)
        (folder / 'in' / 'annotations' / name).write_bytes(content)
        return folder / 'in'

    return Subject(samples, put_all, lambda path, out: convert('mscoco', path, out))


def caption_pickles() -> Subject:
    """The pickle of captions in the archive of the course."""
    table = {str(n): caption_lines(4)[: 1 + n % 3] for n in range(4)}
    samples = {f'protocol{n}.pkl': pickle.dumps(table, n) for n in range(6)}
    picture = encoded(photograph(64, 64), 'JPEG')

    def put_archive(folder, name, content):
        members = {
            'inpainting/train2014/0.jpg': picture,
            'inpainting/val2014/1.jpg': picture,
            f'inpainting/{PICKLE}': content,
        }
        put(folder, 'inpainting.tar.bz2', tarred(members))
        return folder / 'in'

    return Subject(samples, put_archive, lambda path, out: convert('inpainting', path, out))


def save_captioned(made: Path) -> None:
    """A data set with caption vectors, shapes.hdf5, and one without them, plain.hdf5."""
    save_mscoco(made / 'coco', NUMBERS)
    must_pass(
        module('ift6266.data', 'convert', 'mscoco', '-d', made / 'coco', '-o', made)
        + ['--output-filename', 'plain.hdf5']
    )
    (made / 'counts.txt').write_text(''.join(f'{word} 7\n' for word in WORDS))
    (made / 'words.txt').write_bytes(word_vectors())
    shutil.copy(made / 'plain.hdf5', made / 'shapes.hdf5')
    must_pass(
        module('ift6266.captions', made / 'shapes.hdf5', '--vectors', made / 'words.txt')
        + ['--counts', str(made / 'counts.txt')]
    )


def word_vectors() -> bytes:
    """Word vectors in GloVe's format."""
    random = np.random.RandomState(0)
    return b''.join(
        word.encode() + b' ' + b' '.join(b'%.3f' % x for x in random.normal(size=300)) + b'\n'
        for word in WORDS
    )


def vector_files(made: Path) -> Subject:
    """Word vectors in all formats, and counts of words."""
    text = word_vectors()
    headed = b'%d 300\n' % len(WORDS) + text
    samples = {
        'glove.txt': text,
        'word2vec.txt': headed,
        'word2vec.txt.gz': gzip.compress(headed),
        'word2vec.bin': b'%d 300\n' % len(WORDS)
        + b''.join(
            word.encode() + b' ' + np.random.RandomState(0).normal(size=300).astype('<f4').tobytes()
            for word in WORDS
        ),
        'counts.txt': (made / 'counts.txt').read_bytes(),
        **gensim_files(made / 'words.txt', made),
    }

    def put_all(folder, name, content):
        for other in samples if name.startswith('apart') else ():
            if other.startswith('apart'):
                put(folder, other, samples[other])
        return put(folder, name, content)

    def use(path, out):
        dataset = shutil.copy(made / 'plain.hdf5', out / 'x.hdf5')
        if path.name == 'counts.txt':
            return embed(dataset, vectors=made / 'words.txt', counts=path)
        vectors = path.parent / path.name.removesuffix('.vectors.npy')
        return embed(dataset, vectors=vectors, counts=made / 'counts.txt')

    return Subject(samples, put_all, use, inside_gzip)


def inside_gzip(content, change, chance):
    """Change what is compressed, where it is."""
    if content[:2] != b'\x1f\x8b':
        return change(content)
    return inside(gzip.decompress, gzip.compress)(content, change, chance)


def gensim_files(text: Path, made: Path) -> dict[str, bytes]:
    """The files that gensim saves, where it is installed."""
    try:
        from gensim.models import KeyedVectors
    except ImportError:
        return {}
    vectors = KeyedVectors.load_word2vec_format(str(text), no_header=True)
    vectors.save(str(made / 'whole.kv'))
    vectors.save(str(made / 'apart.kv'), sep_limit=0, separately=['vectors'])
    return {
        name: (made / name).read_bytes()
        for name in ('whole.kv', 'apart.kv', 'apart.kv.vectors.npy')
    }


def data_sets(made: Path, painter) -> Subject:
    """A data set: described, measured on, and given caption vectors."""
    samples = {name: (made / name).read_bytes() for name in ('shapes.hdf5', 'plain.hdf5')}

    def use(path, out):
        import evaluate

        from ift6266 import Inpainter
        from ift6266.data.__main__ import main as data

        with patch.object(Inpainter, 'load', lambda *_: painter):
            statuses = [
                call_module(data, 'info', path),
                call(evaluate.main, '--model', 'l2', '--dataset', path),
                embed(
                    Path(shutil.copy(path, out)),
                    vectors=made / 'words.txt',
                    counts=made / 'counts.txt',
                ),
            ]
        return max(statuses)

    return Subject(samples, put, use)


def models(made: Path) -> Subject:
    """Trained generators: loaded, without compiling what they compute."""
    from ift6266.captions.storage import read_embedding
    from ift6266.models import find
    from ift6266.networks.architecture import Architecture
    from ift6266.networks.weights import save_network

    architecture = Architecture('caption_generator')
    save_network(
        made / 'captions.npz',
        architecture.build(),
        architecture,
        companions=read_embedding(str(made / 'shapes.hdf5')).companions(),
    )
    samples = {
        'l2.npz': Path(find('l2')).read_bytes(),
        'captions.npz': (made / 'captions.npz').read_bytes(),
    }
    (made / 'photo.png').write_bytes(png())

    def use(path, out):
        import inpaint

        captions = ('--caption', 'a red circle') if path.name == 'captions.npz' else ()
        with patch(
            'ift6266.inpainter.compile_fill', lambda *_: lambda minibatch: minibatch['context']
        ):
            return call(
                inpaint.main, made / 'photo.png', '--model', path, *captions, '--output', out
            )

    return Subject(samples, put, use, inside_arrays)


def runs(made: Path) -> dict[str, Subject]:
    """What a run continues from: checkpoint, options and log; the last two are published, too."""
    run = made / 'run'
    options = ('--batch-size', 3, '--flips', '--output')
    must_pass(script('run_l2.py', '--dataset', made / 'shapes.hdf5', '--epochs', 1, *options, run))
    files = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    compiled = compiled_run(run)

    def subject(name, inner=None):
        def put_run(folder, name, content):
            for other, whole in {**files, name: content}.items():
                put(folder, f'run/{other}', whole)
            return folder / 'in' / 'run' / name

        def use(path, out):
            import publish
            import run_l2

            output = out / 'run'
            shutil.copytree(path.parent, output)
            published = 0
            if name != 'checkpoint.npz':
                with patch('publish.publish', lambda *_, **__: None), patch('publish.open_streams'):
                    published = call(publish.main, output, 'new', '--output', out)
            with compiled():
                resumed = call(run_l2.main, '--resume', '--epochs', 2, '--output', output)
            return max(published, resumed)

        return Subject({name: files[name]}, put_run, use, inner)

    return {
        'checkpoint': subject('checkpoint.npz', inside_arrays),
        'config': subject('config.json'),
        'log': subject('log.jsonl'),
    }


def compiled_run(run: Path):
    """Patches that give a run of run_l2.py functions that are compiled here, once."""
    import run_l2

    from ift6266.inpainter import compile_fill

    kept = {}

    def keep(algorithm, generator, architecture, **others):
        kept.update(algorithm=algorithm, generator=generator, fill=compile_fill(generator))
        return 0

    copy = run.with_name('copy')
    shutil.copytree(run, copy)
    with patch('ift6266.training.run.train', keep):
        assert call(run_l2.main, '--resume', '--epochs', 2, '--output', copy) == 0

    def patches():
        from contextlib import ExitStack

        stack = ExitStack()
        for target, value in (
            ('run_l2.first_generator', kept['generator']),
            ('run_l2.build_reconstruction', (kept['algorithm'], [])),
            ('ift6266.training.run.compile_fill', kept['fill']),
        ):
            stack.enter_context(patch(target, lambda *_, value=value, **__: value))
        return stack

    return patches


def settings() -> dict[str, Subject]:
    """The files of settings that Theano and Fuel read as they start."""
    samples = {
        '.theanorc': b'[global]\nfloatX = float32\nopenmp = False\nbase_compiledir = %(here)s/x\n'
        b'[blas]\nldflags = -lopenblas\n[gcc]\ncxxflags = -O1\n',
        '.fuelrc': b'data_path: "/tmp/data"\nfloatX: float32\ndefault_seed: 7\n'
        b'extra_converters: [a, b]\n',
    }

    def use(path, out):
        import os
        import runpy

        os.environ['HOME'] = str(path.parent)
        os.environ['THEANO_FLAGS'] = f'base_compiledir={out}'
        os.environ.pop('THEANORC', None)
        if path.name == '.fuelrc':
            from ift6266.data.__main__ import main as data

            return call_module(data, 'info', 'absent.hdf5')
        sys.argv = ['show_network.py', 'generator']
        try:
            runpy.run_path(str(PROJECT / 'experiments' / 'show_network.py'), run_name='__main__')
        except SystemExit as end:
            return int(end.code or 0)

    return {'settings': Subject(samples, put, use)}
