"""The page in a browser, as people use it: Chromium without a window, driven by Selenium."""

import io
import re
import shutil
import tempfile
import time
import unittest
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from PIL import Image

from tests.page.support import Painter, make_page, serving
from tests.support import encoded, noise, write

try:
    from selenium import webdriver
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.select import Select
except ImportError:
    raise unittest.SkipTest('selenium is not installed') from None

BROWSER, DRIVER = shutil.which('chromium'), shutil.which('chromedriver')
if not (BROWSER and DRIVER):
    raise unittest.SkipTest('there is no Chromium with its driver')

WIDTH, HEIGHT = 320, 240
PIXELS = noise(HEIGHT, WIDTH, 3)

# Drops a file, which is in the input, on the page.
DROP = """
const data = new DataTransfer();
data.items.add(document.querySelector('#file').files[0]);
document.querySelector('main').dispatchEvent(
    new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: data}));
"""


def start_browser(downloads):
    """A driver of Chromium that keeps what it downloads in a folder."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in 'headless=new', 'no-sandbox', 'disable-dev-shm-usage', 'window-size=1000,800':
        options.add_argument(f'--{argument}')
    options.add_experimental_option('prefs', {'download.default_directory': downloads})
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    options.set_capability('unhandledPromptBehavior', 'accept')
    return webdriver.Chrome(options, webdriver.ChromeService(DRIVER))


class TestBrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            cls.folder = Path(folder)
            cls.painter = Painter(seconds=0.02)
            cls.told = Painter(captions=True, seconds=0.02)
            cls.page = make_page({'plain': cls.painter, 'told': cls.told})
            cls.port = stack.enter_context(serving(cls.page))
            cls.driver = start_browser(folder)
            stack.callback(cls.driver.quit)
            cls.end = stack.pop_all().close

    @classmethod
    def tearDownClass(cls):
        cls.end()

    def setUp(self):
        self.driver.get(f'http://127.0.0.1:{self.port}/')
        self.wait(lambda: self.find('model').find_elements(By.TAG_NAME, 'option'))

    def tearDown(self):
        # Errors, and what the policy of security refused.
        log = self.driver.get_log('browser')
        self.assertEqual([entry for entry in log if entry['level'] == 'SEVERE'], [])

    def find(self, name):
        return self.driver.find_element(By.ID, name)

    def wait(self, condition):
        end = time.monotonic() + 10
        while not condition():
            self.assertLess(time.monotonic(), end, self.find('status').text)
            time.sleep(0.02)

    def wait_for(self, words):
        self.wait(lambda: words in self.find('status').text)

    def open(self, name='scene.png', content=None):
        path = write(str(self.folder), name, content or encoded(PIXELS))
        self.find('file').send_keys(path)
        self.wait_for('Brush over what should go.')

    def brush(self, *places):
        """Draw through places, from the middle of the canvas."""
        actions, canvas = ActionChains(self.driver, duration=10), self.find('canvas')
        actions.move_to_element_with_offset(canvas, *places[0]).click_and_hold()
        for place in places[1:]:
            actions.move_to_element_with_offset(canvas, *place)
        actions.release().perform()

    def tool(self, name):
        self.driver.find_element(By.CSS_SELECTOR, f'[name=tool][value={name}]').click()

    def paint(self):
        self.find('paint').click()
        self.wait_for('Painted in')

    def enabled(self):
        names = 'undo', 'redo', 'clear', 'paint', 'compare', 'download'
        return {name for name in names if self.find(name).is_enabled()}

    def download(self, name):
        """The file that is downloaded, of a name that matches a pattern."""
        self.find('download').click()
        self.wait_for('is downloaded')
        found = []

        def complete():
            found[:] = [path for path in self.folder.iterdir() if re.fullmatch(name, path.name)]
            return found

        self.wait(complete)
        content = found[0].read_bytes()
        found[0].unlink()
        return content

    def on_screen(self, x, y):
        """The colour, RGB, of the canvas at a place from its middle."""
        return self.driver.execute_script(
            """const canvas = document.querySelector('#canvas');
            const place = [canvas.width / 2 + arguments[0], canvas.height / 2 + arguments[1]];
            return [...canvas.getContext('2d').getImageData(...place, 1, 1).data].slice(0, 3);""",
            x,
            y,
        )

    def test_brush_paint_undo_and_download(self):
        path = write(str(self.folder), 'scene.png', encoded(PIXELS))
        # Not chosen, which opens it, but dropped.
        self.driver.execute_script(
            "document.addEventListener('change', event => event.stopImmediatePropagation(), "
            '{capture: true, once: true})'
        )
        self.find('file').send_keys(path)
        self.driver.execute_script(DROP)
        self.wait_for('Brush over what should go.')
        self.assertEqual(self.enabled(), set())

        self.brush((-60, 0), (60, 0), (60, 60))
        self.assertEqual(self.enabled(), {'undo', 'clear', 'paint'})
        self.tool('eraser')
        self.brush((60, 60), (60, 40))
        self.find('undo').click()
        self.assertEqual(self.enabled(), {'undo', 'redo', 'clear', 'paint'})
        self.find('redo').click()
        before = len(self.painter.calls)
        self.paint()
        self.assertEqual(self.painter.calls[before:], [(None, 'exemplars')])
        colour = np.array([10 * (before + 1), 200, 0])
        self.wait(lambda: np.abs(self.on_screen(0, 0) - colour).max() < 10)  # it is a JPEG
        self.assertEqual(self.enabled(), {'undo', 'compare', 'download'})

        # Back: as it was, with the strokes.
        self.find('undo').click()
        self.assertEqual(self.enabled(), {'undo', 'redo', 'clear', 'paint'})
        self.find('redo').click()

        # The next goes on from the result.
        self.tool('brush')
        self.brush((-60, -100), (0, -100))
        self.paint()
        painted = np.asarray(Image.open(io.BytesIO(self.download('scene-painted.png'))))
        changed = (painted != PIXELS).any(axis=2)
        first = (painted == (10 * (before + 1), 200, 0)).all(axis=2)
        second = (painted == (10 * (before + 2), 200, 0)).all(axis=2)
        self.assertTrue((changed == (first | second)).all())
        for part in first, second:
            self.assertTrue(0.005 < part.mean() < 0.2, part.mean())

    def test_rectangles_captions_and_a_jpeg(self):
        self.open('house.jpg', encoded(PIXELS, 'JPEG', quality=80))
        self.assertFalse(self.find('captioned').is_displayed())
        Select(self.find('model')).select_by_visible_text('told')
        self.find('caption').send_keys('a red house')
        self.find('detail').click()
        self.tool('rectangle')
        for name, value in ('left', 10), ('top', 20), ('width', 30), ('height', 40):
            self.find('numbers').find_element(By.NAME, name).send_keys(str(value))
        self.find('numbers').find_element(By.TAG_NAME, 'button').click()
        self.paint()
        self.assertEqual(self.told.calls[-1], ('a red house', 'none'))
        image = Image.open(io.BytesIO(self.download('house-painted.jpg')))
        self.assertEqual((image.format, image.size), ('JPEG', (WIDTH, HEIGHT)))
        session = next(iter(self.page.sessions._sessions.values()))[1]
        self.assertEqual(session.painting(1).box, (10, 20, 40, 60))
        self.brush((-60, -60), (60, 60))  # by the pointer
        self.assertIn('paint', self.enabled())
        self.find('clear').click()
        self.assertNotIn('paint', self.enabled())

    def test_keys_alone(self):
        self.open()
        canvas = self.find('canvas')
        self.assertEqual(self.driver.switch_to.active_element, canvas)
        actions = ActionChains(self.driver, duration=10)
        actions.send_keys(']', Keys.ARROW_LEFT).key_down(Keys.SPACE)
        actions.send_keys(*4 * [Keys.ARROW_RIGHT]).key_up(Keys.SPACE).send_keys(
            Keys.ENTER
        ).perform()
        self.wait_for('Painted in')
        self.wait(lambda: abs(self.on_screen(0, 0)[1] - 200) < 10)
        painted = self.on_screen(0, 0)
        ActionChains(self.driver).send_keys('c').perform()
        slider = self.find('slider')
        self.assertEqual(self.driver.switch_to.active_element, slider)
        ActionChains(self.driver).send_keys(Keys.END).perform()  # all is shown as it was
        self.wait(lambda: self.on_screen(0, 0) != painted)
        ActionChains(self.driver).send_keys(Keys.HOME).perform()
        self.wait(lambda: self.on_screen(0, 0) == painted)
        ActionChains(self.driver).send_keys(Keys.ESCAPE).perform()
        ActionChains(self.driver).key_down(Keys.CONTROL).send_keys('z').perform()
        ActionChains(self.driver).key_up(Keys.CONTROL).perform()
        self.wait_for('The painting is undone.')

    def test_zoom_does_not_move_what_is_brushed(self):
        self.open()
        self.tool('rectangle')
        for _ in range(3):
            self.find('in').click()
        self.brush((-50, -50), (50, 50))
        self.paint()
        session = next(iter(self.page.sessions._sessions.values()))[1]
        left, top, right, bottom = session.painting(1).box
        self.assertTrue(5 < right - left < 40 and abs(left + right - WIDTH) <= 2)
        self.assertTrue(5 < bottom - top < 40 and abs(top + bottom - HEIGHT) <= 2)
        self.find('fit').click()
        self.wait(lambda: abs(self.on_screen(0, 0)[1] - 200) < 10)

    def touch(self, kind, *places):
        """Fingers at places from the middle of the canvas."""
        rect = self.find('canvas').rect
        x, y = rect['x'] + rect['width'] / 2, rect['y'] + rect['height'] / 2
        points = [
            {'x': x + dx, 'y': y + dy, 'id': number} for number, (dx, dy) in enumerate(places)
        ]
        self.driver.execute_cdp_cmd(
            'Input.dispatchTouchEvent', {'type': f'touch{kind}', 'touchPoints': points}
        )

    def test_one_finger_brushes_and_two_zoom(self):
        self.open()
        self.touch('Start', (-40, 0))
        self.touch('Start', (-40, 0), (40, 0))
        self.touch('Move', (-120, 0), (120, 0))
        self.touch('End')
        self.assertNotIn('paint', self.enabled())
        self.touch('Start', (0, 0))
        self.touch('Move', (10, 0))
        self.touch('End')
        self.wait(lambda: 'paint' in self.enabled())
        self.tool('rectangle')
        self.touch('Start', (-60, -60))
        self.touch('Move', (60, 60))
        self.touch('End')
        self.paint()
        session = next(iter(self.page.sessions._sessions.values()))[1]
        left, _, right, _ = session.painting(1).box
        # All of the photograph is about 800 wide on the screen, and the fingers made it thrice.
        self.assertTrue(10 < right - left < 30, session.painting(1).box)

    def test_errors_are_told_and_the_photograph_is_forgotten_with_the_page(self):
        self.find('file').send_keys(write(str(self.folder), 'notes.txt', b'no picture'))
        self.wait(lambda: 'bad' in self.find('message').get_attribute('class'))
        self.assertFalse(self.find('editor').is_displayed())
        self.driver.get_log('browser')  # has the status 400
        self.open()
        self.assertEqual(len(self.page.sessions), 1)
        self.driver.get('about:blank')
        end = time.monotonic() + 5
        while len(self.page.sessions) and time.monotonic() < end:
            time.sleep(0.02)
        self.assertEqual(len(self.page.sessions), 0)
        self.driver.get_log('browser')

    def test_fields_and_buttons_have_names(self):
        self.open()
        nameless = self.driver.execute_script(
            """return [...document.querySelectorAll('button, input:not([hidden]), select, canvas')]
            .filter(node => !(node.ariaLabel || node.innerText || node.labels?.[0]?.innerText))
            .map(node => node.outerHTML)"""
        )
        self.assertEqual(nameless, [])
