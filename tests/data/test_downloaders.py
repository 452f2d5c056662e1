"""Downloads from a server on this machine, with and without ranges, whole and broken off."""

import http.server
import os
import re
import threading
from contextlib import contextmanager

from ift6266.data.downloaders.base import clear_files, download_files
from ift6266.data.downloaders.mscoco import FILES
from tests.support import in_folder, input_error, write

CONTENT = bytes(range(256)) * 20000


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT; ``/plain`` knows no ranges, ``/broken`` sends half of what it announces."""

    requests = []

    def do_GET(self):
        if self.path.startswith('/absent'):
            return self.send_error(404)
        first, given = 0, self.headers.get('Range')
        self.requests.append(given)
        if not self.path.startswith('/plain'):
            first = int(re.match(r'bytes=(\d+)-$', given).group(1))
        body = CONTENT[first:]
        self.send_response(206 if first else 200)
        if first:
            self.send_header('Content-Range', f'bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.path.startswith('/broken') else body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client that turns away from a file of the wrong size is no error."""


@contextmanager
def server():
    with Server(('127.0.0.1', 0), Handler) as running:
        Handler.requests.clear()
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f'http://127.0.0.1:{running.server_port}'
        finally:
            running.shutdown()
            thread.join()


def content(folder, name):
    with open(os.path.join(folder, name), 'rb') as file:
        return file.read()


@in_folder
def test_whole_files_are_fetched_once(folder):
    folder = os.path.join(folder, 'made')
    with server() as address:
        for _ in range(2):
            download_files(
                folder, [(address + '/a.zip', len(CONTENT)), (address + '/plain.zip', len(CONTENT))]
            )
    assert content(folder, 'a.zip') == content(folder, 'plain.zip') == CONTENT
    assert sorted(os.listdir(folder)) == ['a.zip', 'plain.zip'] and len(Handler.requests) == 2


@in_folder
def test_partial_files_are_completed(folder):
    with server() as address:
        write(folder, 'a.zip.part', CONTENT[:1000])
        write(folder, 'plain.zip.part', CONTENT[:1000])
        write(folder, 'complete.zip.part', CONTENT)
        write(folder, 'long.zip.part', CONTENT + b'more')
        names = ['a.zip', 'plain.zip', 'complete.zip', 'long.zip']
        download_files(folder, [(f'{address}/{name}', len(CONTENT)) for name in names])
    assert Handler.requests == ['bytes=1000-', 'bytes=1000-', 'bytes=0-']
    assert sorted(os.listdir(folder)) == sorted(names)
    assert all(content(folder, name) == CONTENT for name in names)


@in_folder
def test_a_broken_connection_leaves_what_has_come(folder):
    with server() as address:
        files = [(address + '/broken.zip', len(CONTENT))]
        sizes = []
        for _ in range(3):
            assert 'continues from here' in input_error(download_files, folder, files)
            sizes.append(os.path.getsize(os.path.join(folder, 'broken.zip.part')))
    assert sizes == sorted(set(sizes)) and sizes[-1] < len(CONTENT)
    assert content(folder, 'broken.zip.part') == CONTENT[: sizes[-1]]
    assert 'continues' in input_error(download_files, folder, files)  # nobody listens any more


@in_folder
def test_files_of_another_size_and_absent_files(folder):
    with server() as address:
        assert 'has 5120000 bytes, and not 5' in input_error(
            download_files, folder, [(address + '/a.zip', 5)]
        )
        assert '404' in input_error(download_files, folder, [(address + '/absent.zip', 5)])
    assert os.listdir(folder) == []


@in_folder
def test_clear(folder):
    other = write(folder, 'mine.zip', b'')
    for name in ('a.zip', 'b.zip.part'):
        write(folder, name, b'')
    clear_files(folder, [('http://x/a.zip', 1), ('http://x/b.zip', 1)])
    assert os.listdir(folder) == [os.path.basename(other)]


def test_the_official_files():
    assert [os.path.basename(url) for url, _ in FILES] == [
        'train2014.zip',
        'val2014.zip',
        'annotations_trainval2014.zip',
    ]
