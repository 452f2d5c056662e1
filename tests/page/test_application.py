"""The protocol of the page: what it answers, what it refuses, and that nobody is lost."""

import http.client
import io
import json
import logging
import unittest
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest import mock

import numpy as np
from PIL import Image

from ift6266.page.guard import HEADERS
from tests.page.support import Painter, make_page, serving
from tests.support import encoded, noise

try:
    from starlette.testclient import TestClient
except (ImportError, RuntimeError) as reason:
    raise unittest.SkipTest(f"starlette's TestClient cannot be used: {reason}") from None

WIDTH, HEIGHT = 120, 90
PIXELS = noise(HEIGHT, WIDTH, 3)
PHOTOGRAPH = encoded(PIXELS)
BOX = (30, 20, 40, 25)  # left, top, width, height
WHITE = encoded(Image.new('L', BOX[2:], 255))


@contextmanager
def client(page=None, **options):
    page = page or make_page(**options)
    application = page.application('127.0.0.1')
    with TestClient(
        application, base_url='http://127.0.0.1:8080', raise_server_exceptions=False
    ) as test_client:
        yield test_client


def opened(test_client, content=PHOTOGRAPH):
    """Path of a photograph that is opened."""
    response = test_client.post('/photographs', content=content)
    assert response.status_code == 201, response.text
    return f'/photographs/{response.json()["name"]}'


def paint(test_client, path, mask=WHITE, **query):
    query = {'after': 0, 'box': ','.join(map(str, BOX)), 'model': 'plain', 'detail': 'none'} | query
    return test_client.post(f'{path}/paintings', content=mask, params=query)


def events(response):
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


def pixels_of(response):
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(response.content)))


def refused(response, status, words):
    assert response.status_code == status, (response.status_code, response.text)
    assert words in response.json()['error'], response.text


def test_the_page_and_its_files():
    with client() as c:
        page = c.get('/')
        assert page.status_code == 200 and page.headers['content-type'].startswith('text/html')
        for name in ('page.js', 'page.css', 'view.js', 'strokes.js', 'server.js', 'icon.svg'):
            assert c.get(f'/static/{name}').status_code == 200
        assert '//' not in page.text.replace('<!--', '')  # nothing from elsewhere
        assert c.get('/settings').json()['models'] == [
            {'name': 'plain', 'caption': False},
            {'name': 'told', 'caption': True},
        ]


def test_a_photograph_is_opened_shown_and_closed():
    with client() as c:
        opening = c.post('/photographs', content=encoded(PIXELS, 'JPEG')).json()
        assert (opening['width'], opening['height']) == (WIDTH, HEIGHT)
        assert opening['format'] == 'JPEG'
        path = f'/photographs/{opening["name"]}'
        assert pixels_of(c.get(f'{path}/view')).shape == PIXELS.shape
        assert c.get(path).status_code == 204
        assert c.delete(path).status_code == 204
        for gone in (path, f'{path}/view', f'{path}/file?after=1', '/photographs/x'):
            refused(c.get(gone), 404, 'open its file again')


def test_strokes_go_on_from_what_is_painted():
    with client(make_page({'plain': Painter(seconds=0.02)})) as c:
        path = opened(c)
        first, *_, last = events(paint(c, path))
        assert first == {'painting': True, 'first': True}
        assert last == {'painted': 1, 'box': list(BOX)}
        patch = pixels_of(c.get(f'{path}/paintings/1'))
        assert patch.shape == (25, 40, 3) and np.abs(patch - (10.0, 200, 0)).max() < 5

        # Half of the box, and the next is painted over a part of that.
        half = np.zeros((25, 40), np.uint8)
        half[:, 20:] = 255
        assert events(paint(c, path, encoded(half), after=1))[-1]['painted'] == 2
        expected = PIXELS.copy()
        expected[20:45, 30:50], expected[20:45, 50:70] = (10, 200, 0), (20, 200, 0)
        assert (pixels_of(c.get(f'{path}/file?after=2')) == expected).all()

        # Back to the first, and painted otherwise: the second is gone.
        expected[20:45, 30:70] = 10, 200, 0
        assert (pixels_of(c.get(f'{path}/file?after=1')) == expected).all()
        assert events(paint(c, path, after=0, box='0,0,40,25'))[-1]['painted'] == 1
        expected = PIXELS.copy()
        expected[:25, :40] = 30, 200, 0
        assert (pixels_of(c.get(f'{path}/file?after=1')) == expected).all()
        refused(c.get(f'{path}/file?after=2'), 400, 'there is no painting 2')


def test_a_smaller_mask_is_scaled_to_its_box():
    with client() as c:
        path = opened(c)
        mask = encoded(np.array([[0, 255]], np.uint8))
        assert events(paint(c, path, mask, box='10,10,40,30'))[-1]['box'] == [30, 10, 20, 30]


def test_captions_and_detail_reach_the_model():
    painter = Painter(captions=True)
    with client(make_page({'told': painter})) as c:
        path = opened(c)
        paint(c, path, model='told', caption='a red house', detail='exemplars')
        paint(c, path, model='told', caption='')
    assert painter.calls == [('a red house', 'exemplars'), (None, 'none')]


def test_what_cannot_be_painted_is_refused_in_words():
    with client() as c:
        path = opened(c)
        for words, query in (
            ('no model', {'model': '../../etc/passwd'}),
            ('detail is one of', {'detail': 'all'}),
            ('after is a number', {'after': '-1'}),
            ('there is no painting 7', {'after': 7}),
            ('box is LEFT', {'box': '1,2,3'}),
            ('does not lie in the photograph', {'box': '100,0,21,10'}),
            ('does not lie in the photograph', {'box': '0,0,0,10'}),
            ('larger than its box', {'box': '0,0,10,10'}),
        ):
            refused(paint(c, path, **query), 400, words)
        refused(paint(c, path, WHITE[:60]), 400, 'damaged')
        refused(paint(c, path, encoded(PIXELS, 'JPEG')), 400, 'no PNG file')
        refused(paint(c, path, encoded(Image.new('L', BOX[2:]))), 400, 'the hole is empty')
        refused(paint(c, path, bytes(2**25 + 1)), 413, 'larger than 33 MB')
        everything = encoded(Image.new('L', (WIDTH, HEIGHT), 255))
        response = paint(c, path, everything, box=f'0,0,{WIDTH},{HEIGHT}')
        assert events(response)[-1] == {'error': 'the hole covers the whole photograph'}


def test_a_fault_of_a_painter_is_told_and_logged():
    with client() as c, unittest.TestCase().assertLogs('ift6266.page', logging.ERROR) as logs:
        error = events(paint(c, opened(c), model='told', caption='what breaks it'))[-1]['error']
        assert 'terminal' in error
        assert 'ZeroDivisionError' in logs.output[0]
        assert events(paint(c, opened(c)))[-1]['painted'] == 1  # the thread goes on


def test_damaged_and_oversized_photographs_are_refused():
    with client(max_bytes=10**6) as c:
        for content in (b'', b'no picture', PHOTOGRAPH[:2000]):
            response = c.post('/photographs', content=content)
            assert response.status_code == 400 and response.json()['error'], response.text
        for content in (bytes(10**6 + 1), (bytes(10**5) for _ in range(11))):  # of unknown length
            refused(c.post('/photographs', content=content), 413, 'larger than 1 MB')


def test_path_tricks_reach_no_file():
    with client() as c:
        for path in (
            '/static/../page/application.py',
            '/static/..%2fapplication.py',
            '/static/%2e%2e/__main__.py',
            '/static//etc/passwd',
            '/photographs/..%2f..%2fsetup.py',
            '/photographs/x/paintings/../../../setup.py',
            '/setup.py',
        ):
            response = c.get(path)
            assert response.status_code == 404 and 'error' in response.json(), (path, response.text)
        refused(c.put('/photographs', content=b''), 405, 'not allowed')


def test_foreign_pages_and_names_are_refused():
    with client() as c:
        for headers in (
            {'Origin': 'http://evil.example'},
            {'Origin': 'null'},
            {'Origin': 'http://127.0.0.1:8081'},
            {'Host': 'evil.example:8080'},  # a name that was made to point here
            {'Host': 'evil.example:8080', 'Origin': 'http://evil.example:8080'},
            {'Host': '127.0.0.1.evil.example'},
            {'Host': ''},
        ):
            for method, path in ('GET', '/'), ('POST', '/photographs'):
                assert c.request(method, path, headers=headers).status_code == 403, headers
        for headers in (
            {'Origin': 'http://127.0.0.1:8080'},
            {'Host': 'localhost:80', 'Origin': 'http://localhost:80'},
            {'Host': '[::1]:8080', 'Origin': 'http://[::1]:8080'},
        ):
            assert c.get('/', headers=headers).status_code == 200, headers
    assert "'unsafe" not in HEADERS['Content-Security-Policy']


def test_every_answer_has_headers_of_security():
    with client() as c:
        path = opened(c)
        with (
            mock.patch('ift6266.page.sessions.Session.view', side_effect=ZeroDivisionError),
            unittest.TestCase().assertLogs('ift6266.page', logging.ERROR),
        ):
            fault = c.get(f'{path}/view')
        refused(fault, 500, 'terminal')
        for response in (
            fault,
            c.get('/'),
            c.get('/nowhere'),
            c.get('/', headers={'Origin': 'null'}),
            c.get(f'{path}/view'),
            paint(c, path),
        ):
            for name, value in HEADERS.items():
                assert response.headers[name] == value


def test_photographs_expire():
    now = [0]
    page = make_page(lifetime=100, clock=lambda: now[0])
    with client(page) as c:
        kept, left = opened(c), opened(c)
        now[0] = 99
        assert c.get(kept).status_code == 204
        now[0] = 150
        refused(c.get(left), 404, 'open its file again')
        assert c.get(kept).status_code == 204
        assert len(page.sessions) == 1


def test_where_there_is_no_room_one_is_told_to_wait():
    with client(limit=2 * (len(PHOTOGRAPH) + 8 * WIDTH * HEIGHT)) as c:
        first, _ = opened(c), opened(c)
        response = c.post('/photographs', content=PHOTOGRAPH)
        refused(response, 503, 'too many photographs are open')
        assert int(response.headers['Retry-After']) > 0
        c.delete(first)
        opened(c)


def test_many_strokes_at_once_wait_in_a_line_or_are_told_to():
    page = make_page({'plain': Painter(seconds=0.1)}, length=3)
    with client(page) as c, ThreadPoolExecutor(6) as pool:
        path = opened(c)
        responses = list(pool.map(lambda _: paint(c, path), range(6)))
    statuses = Counter(response.status_code for response in responses)
    assert statuses[200] >= 3 and statuses[200] + statuses[503] == 6, statuses
    waited = set()
    for response in responses:
        if response.status_code == 503:
            refused(response, 503, '3 pieces of work wait already')
            assert int(response.headers['Retry-After']) > 0
        else:
            told = events(response)
            assert told[-1]['painted'] == 1
            waited |= {event['waiting'] for event in told if 'waiting' in event}
    assert waited >= {1, 2}, waited


def test_a_stroke_is_not_painted_once_its_page_is_gone():
    painter = Painter(seconds=0.3)
    with serving(make_page({'plain': painter})) as port:

        def begin(method, path, content):
            connection = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
            connection.request(method, path, content)
            return connection, connection.getresponse()

        _, response = begin('POST', '/photographs', PHOTOGRAPH)
        path = f'/photographs/{json.loads(response.read())["name"]}/paintings'
        path += f'?after=0&model=plain&detail=none&box={",".join(map(str, BOX))}'
        (_, first), (left, second), (_, third) = (begin('POST', path, WHITE) for _ in range(3))
        assert json.loads(second.readline()) == {'waiting': 1}
        second.close()
        left.close()
        for response in first, third:
            assert json.loads(response.read().splitlines()[-1])['painted'] == 1
    assert len(painter.calls) == 2


def test_fifty_uploads_at_once_are_served_or_told_to_wait():
    photograph = encoded(noise(300, 400, 3))

    def upload(port):
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=30)
        connection.request('POST', '/photographs', photograph)
        response = connection.getresponse()
        return response.status, response.headers['Retry-After'], json.loads(response.read())

    room = 40 * (len(photograph) + 8 * 300 * 400)
    with serving(make_page(limit=room)) as port, ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(upload, [port] * 50))
    assert Counter(status for status, _, _ in answers) == {201: 40, 503: 10}
    assert all(retry for status, retry, _ in answers if status == 503)
    assert len({answer['name'] for status, _, answer in answers if status == 201}) == 40
