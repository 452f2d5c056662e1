"""Downloads that continue where they stopped, and are checked by their size."""

import os
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlparse

import requests
from tqdm import tqdm

from ift6266.errors import InputError

_CHUNK = 2**16  # what a broken connection loses at most
_TIMEOUT = 60  # seconds without a byte

Files = Iterable[tuple[str, int]]  # address, size in bytes


def download_files(directory: str, files: Files) -> None:
    """Download those of ``files`` that are not in ``directory`` yet.

    An incomplete file is called ``NAME.part``; it stays when the connection breaks.

    Raises
    ------
    InputError
        If the connection fails, or the server has a file of another size.
    """
    os.makedirs(directory, exist_ok=True)
    for url, size in files:
        path = _path(directory, url)
        if os.path.isfile(path) and os.path.getsize(path) == size:
            continue
        try:
            _fetch(url, path + '.part', size)
        except requests.RequestException as error:
            raise InputError(f'{url}: {error}; the same command continues from here') from None
        os.replace(path + '.part', path)


def clear_files(directory: str, files: Files) -> None:
    """Delete what :func:`download_files` has saved."""
    for url, _ in files:
        for path in (_path(directory, url), _path(directory, url) + '.part'):
            with suppress(FileNotFoundError):
                os.remove(path)


def _path(directory, url):
    return os.path.join(directory, os.path.basename(urlparse(url).path))


def _fetch(url, part, size):
    """Complete the file ``part`` by a request for the bytes that it lacks."""
    done = os.path.getsize(part) if os.path.isfile(part) else 0
    if done == size:
        return
    if done > size:
        done = 0
    headers = {'Range': f'bytes={done}-', 'Accept-Encoding': 'identity'}
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            done = 0  # a server that knows no ranges sends everything
        total = done + int(response.headers['Content-Length'])
        if total != size:
            raise InputError(f'{url} has {total} bytes, and not {size} as expected')
        with (
            open(part, 'ab') as file,
            tqdm(
                total=size,
                initial=done,
                unit='B',
                unit_scale=True,
                disable=None,
                desc=os.path.basename(part),
            ) as progress,
        ):
            file.truncate(done)
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
                progress.update(len(chunk))
    if os.path.getsize(part) != size:
        raise requests.ConnectionError('the connection broke off')
