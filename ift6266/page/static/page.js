// The page: a photograph is opened, brushed on, painted, compared and downloaded.

import * as server from './server.js';
import {bounds, fill, mask, png} from './strokes.js';
import {Picture, View} from './view.js';

const KEEP_EVERY = 120; // seconds; the server forgets a photograph that is not asked for
const element = Object.fromEntries([...document.querySelectorAll('[id]')].map(node => [node.id, node]));
const view = new View(element.canvas);

let photograph = null; // {name, width, height, format, remarks, filename}
let history = []; // strokes, {kind: 'clear'}, and {kind: 'painting', picture, box}; at each step one
let steps = 0; // how many of them count: undo takes one back
let saved = 0; // how many paintings were downloaded
let busy = null; // AbortController of what is under way
let stroke = null; // the one that is being made
let cursor = [0, 0]; // the brush of the keyboard
let largest = Infinity; // bytes of a file
let models = [];

// What the history comes to: the paintings, and the strokes since the last.
function current() {
  const paintings = [];
  let strokes = [];
  for (const step of history.slice(0, steps)) {
    if (step.kind === 'painting') paintings.push(step);
    if (step.kind === 'painting' || step.kind === 'clear') strokes = [];
    else strokes.push(step);
  }
  return {paintings, strokes};
}

function record(step) {
  history = [...history.slice(0, steps), step];
  steps = history.length;
  update();
}

let shown = []; // the paintings in the picture that is shown

// Let the page show the state.
function update() {
  const {paintings, strokes} = current();
  if (paintings.length !== shown.length || paintings.some((painting, index) => painting !== shown[index])) {
    view.after = paintings.length ? view.before.with(paintings) : view.before;
    shown = paintings;
  }
  view.strokes = stroke ? [...strokes, stroke] : strokes;
  view.refresh();
  const idle = photograph && !busy;
  const comparing = view.split !== null;
  element.undo.disabled = !idle || comparing || !steps;
  element.redo.disabled = !idle || comparing || steps === history.length;
  element.clear.disabled = !idle || comparing || !strokes.length;
  element.paint.disabled = !idle || comparing || !strokes.length;
  element.download.disabled = !idle || !paintings.length;
  element.compare.disabled = !photograph || !paintings.length;
  element.compare.setAttribute('aria-pressed', comparing);
  element.slider.hidden = element.sides.hidden = !comparing;
  element.numbers.hidden = !idle || comparing || tool() !== 'rectangle';
  element.open.disabled = element.choose.disabled = Boolean(busy);
  element.cancel.hidden = element.progress.hidden = !busy;
  element.canvas.className = comparing || busy ? 'still' : tool() === 'hand' ? 'hand' : '';
}

function tool() {
  return document.querySelector('[name=tool]:checked').value;
}

function brushSize() {
  // From 4 pixels to half of the photograph; each step of the slider is the same factor.
  const most = Math.max(8, Math.min(photograph.width, photograph.height) / 2);
  return 4 * (most / 4) ** (element.size.value / 100);
}

// Say something; `kind` is '' or 'bad', and what is said 'for' good goes after a while.
function tell(text, {bad = false, brief = false} = {}) {
  clearTimeout(tell.timer);
  element.status.textContent = text;
  element.message.classList.toggle('empty', !text);
  element.message.classList.toggle('bad', bad);
  if (brief) tell.timer = setTimeout(() => tell(''), 5000);
}

// Do what takes time, one thing at a time: it can be cancelled, and its errors are told.
async function during(text, work) {
  if (busy) return;
  busy = new AbortController();
  const begun = Date.now();
  const clock = setInterval(() => {
    const seconds = Math.round((Date.now() - begun) / 1000);
    element.seconds.textContent = seconds > 1 ? `${seconds} s` : '';
  }, 500);
  tell(text);
  update();
  try {
    await work(busy.signal);
  } catch (error) {
    if (error.name === 'AbortError') tell('Cancelled.', {brief: true});
    else tell(error.message, {bad: true});
  }
  clearInterval(clock);
  element.seconds.textContent = '';
  busy = null;
  update();
  // The button that began it may be disabled, and with it the focus lost.
  if (photograph && document.activeElement === document.body) element.canvas.focus({preventScroll: true});
}

function unsaved() {
  return photograph && current().paintings.length > saved;
}

function open(file) {
  if (!file || busy) return;
  if (unsaved() && !confirm('What was painted has not been downloaded. Open another photograph?')) return;
  return during(`Opening ${file.name} …`, async signal => {
    if (file.size > largest) throw new Error(`${file.name} is larger than ${Math.floor(largest / 1e6)} MB.`);
    const opened = await server.open(file, signal, tell);
    let bitmap;
    try {
      bitmap = await createImageBitmap(await server.blob(`/photographs/${opened.name}/view`, signal));
    } catch (error) {
      server.close(opened.name);
      throw error;
    }
    if (photograph) server.close(photograph.name);
    photograph = {...opened, filename: file.name};
    history = [];
    steps = saved = 0;
    shown = [];
    stroke = view.split = view.ring = null;
    view.before = view.after = new Picture(bitmap, opened.width, opened.height);
    cursor = [opened.width / 2, opened.height / 2];
    element.welcome.hidden = true;
    element.editor.hidden = false;
    element.canvas.setAttribute('aria-label', `Photograph ${file.name}, ${opened.width} by ${opened.height} pixels`);
    for (const [name, most] of [['left', opened.width], ['width', opened.width], ['top', opened.height], ['height', opened.height]])
      element.numbers.elements[name].max = most;
    document.title = `${file.name} – Inpainting`;
    update();
    view.resize();
    view.fit();
    element.canvas.focus({preventScroll: true});
    const remarks = opened.remarks.map(remark => ` ${remark[0].toUpperCase()}${remark.slice(1)}.`).join('');
    tell(`Brush over what should go.${remarks}`, {brief: !remarks});
  });
}

function paint() {
  const {paintings, strokes} = current();
  if (!strokes.length || view.split !== null) return;
  return during('Painting …', async signal => {
    const box = bounds(strokes, photograph.width, photograph.height);
    if (!box) throw new Error('Nothing is brushed: brush over what should go.');
    const {left, top, width, height} = box;
    const {name: model, caption} = models[element.model.selectedIndex];
    const begun = performance.now();
    const canvas = mask(strokes, box);
    const painted = await server.paint(photograph.name, await png(canvas), {
      after: paintings.length,
      box: [left, top, width, height],
      model,
      detail: element.detail.checked ? 'exemplars' : 'none',
      ...caption && {caption: element.caption.value.trim()},
    }, signal, ({waiting, full, first}) => tell(
      full ?? (waiting ? `Waiting: ${waiting === 1 ? 'one other thing is' : `${waiting} others are`} painted first …`
        : first ? 'Painting … The first time, a model is also compiled.' : 'Painting …')));
    const file = await server.blob(`/photographs/${photograph.name}/paintings/${painted.painted}`, signal);
    fill(canvas, box, await createImageBitmap(file), painted.box);
    record({kind: 'painting', picture: canvas, box: [left, top, width, height]});
    saved = Math.min(saved, paintings.length);
    const seconds = (performance.now() - begun) / 1000;
    tell(`Painted in ${seconds.toFixed(1)} seconds. Brush on, compare, or download.`, {brief: true});
  });
}

function download() {
  return during('Making the file …', async signal => {
    const number = current().paintings.length;
    const file = await server.blob(`/photographs/${photograph.name}/file?after=${number}`, signal);
    const [, stem, suffix] = /^(.*?)(\.\w+)?$/.exec(photograph.filename);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(file);
    link.download = `${stem}-painted${suffix ?? `.${photograph.format.toLowerCase()}`}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    saved = number;
    tell(`${link.download} is downloaded.`, {brief: true});
  });
}

// Strokes, whether they are made by a pointer or by keys.

function begin(point) {
  const kind = tool();
  if (element.message.classList.contains('bad')) tell('');
  stroke = kind === 'rectangle' ? {kind, points: [point, point]} : {kind, size: brushSize(), points: [point]};
  update();
}

function extend(point) {
  if (stroke.kind === 'rectangle') stroke.points[1] = point;
  else stroke.points.push(point);
  view.refresh();
}

function end() {
  const made = stroke;
  stroke = null;
  if (made.kind === 'rectangle') made.points = rectangle(made.points);
  // A rectangle of no width, and an eraser where nothing is brushed, are nothing.
  if (bounds([made], photograph.width, photograph.height) || (made.kind === 'eraser' && current().strokes.length)) record(made);
  else update();
}

// Corners on whole pixels, the upper left one first.
function rectangle([[x, y], [right, bottom]]) {
  return [
    [Math.round(Math.min(x, right)), Math.round(Math.min(y, bottom))],
    [Math.round(Math.max(x, right)), Math.round(Math.max(y, bottom))],
  ];
}

function showRing(point) {
  const size = {brush: brushSize(), eraser: brushSize(), rectangle: 0}[tool()];
  view.ring = size === undefined || busy ? null : {x: point[0], y: point[1], size};
  view.refresh();
}

// Pointers: one draws or moves, two fingers zoom and move.

const pointers = new Map(); // id → event

element.canvas.addEventListener('pointerdown', event => {
  event.preventDefault();
  element.canvas.focus({preventScroll: true});
  element.canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, event);
  if (pointers.size > 1 && stroke) {
    stroke = null; // the first finger of two
    update();
  } else if (pointers.size === 1 && event.button === 0 && tool() !== 'hand' && !busy && view.split === null) {
    begin(view.point(event));
  }
});

element.canvas.addEventListener('pointermove', event => {
  if (!photograph) return;
  if (event.pointerType !== 'touch') showRing(view.point(event));
  const last = pointers.get(event.pointerId);
  if (!last) return;
  if (stroke) {
    const events = event.getCoalescedEvents?.() ?? [];
    for (const part of events.length ? events : [event]) extend(view.point(part));
  } else {
    const [x, y] = view.place(event);
    const [lastX, lastY] = view.place(last);
    const other = [...pointers.values()].find(({pointerId}) => pointerId !== event.pointerId);
    if (other) {
      const [otherX, otherY] = view.place(other);
      view.zoom(
        Math.hypot(x - otherX, y - otherY) / Math.max(1, Math.hypot(lastX - otherX, lastY - otherY)),
        [(x + otherX) / 2, (y + otherY) / 2]);
      view.move((x - lastX) / 2, (y - lastY) / 2);
    } else {
      view.move(x - lastX, y - lastY);
    }
  }
  pointers.set(event.pointerId, event);
});

for (const type of ['pointerup', 'pointercancel']) {
  element.canvas.addEventListener(type, event => {
    pointers.delete(event.pointerId);
    if (!stroke) return;
    if (type === 'pointerup') end();
    else stroke = null;
    update();
  });
}

element.canvas.addEventListener('pointerleave', () => {
  view.ring = null;
  view.refresh();
});

element.editor.addEventListener('wheel', event => {
  if (!photograph || event.target.closest('#tools, #numbers')) return;
  event.preventDefault();
  view.zoom(2 ** (-event.deltaY * (event.deltaMode ? 20 : 1) / 300), view.place(event));
}, {passive: false});

element.canvas.addEventListener('contextmenu', event => event.preventDefault());

// Keys.

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
const TOOLS = {b: 'brush', e: 'eraser', r: 'rectangle', h: 'hand'};

element.canvas.addEventListener('keydown', event => {
  const arrow = ARROWS[event.key];
  const drawing = !busy && view.split === null && tool() !== 'hand';
  if (event.ctrlKey || event.metaKey) return;
  if (arrow && tool() === 'hand') view.move(-60 * arrow[0], -60 * arrow[1]);
  else if (arrow && drawing) {
    const step = event.altKey ? 1 : Math.max(1, brushSize() / 4) * (event.shiftKey ? 6 : 1);
    const limits = [photograph.width, photograph.height];
    cursor = cursor.map((place, axis) => Math.min(limits[axis], Math.max(0, place + step * arrow[axis])));
    if (stroke) extend(cursor);
    showRing(cursor);
    view.reveal(cursor);
    clearTimeout(showRing.timer);
    showRing.timer = setTimeout(() => {
      element.spoken.textContent = `${Math.round(cursor[0])} right, ${Math.round(cursor[1])} down`;
    }, 400);
  } else if (event.key === ' ' && drawing) {
    if (!stroke) begin(cursor);
    showRing(cursor);
  } else if (event.key === 'Enter') paint();
  else return;
  event.preventDefault();
});

element.canvas.addEventListener('keyup', event => {
  if (event.key !== ' ' || !stroke || pointers.size) return;
  end();
  element.spoken.textContent = 'Brushed.';
});

element.canvas.addEventListener('blur', () => {
  if (stroke && !pointers.size) end();
});

// Single letters only in the editor, where nobody types or speaks text.
element.editor.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('#numbers, [type=range]')) return;
  const key = event.key.toLowerCase();
  if (TOOLS[key]) choose(TOOLS[key]);
  else if (key === '[' || key === ']') {
    element.size.value = Number(element.size.value) + (key === ']' ? 5 : -5);
    resized();
  } else if (key === '+' || key === '=') view.zoom(1.5);
  else if (key === '-') view.zoom(1 / 1.5);
  else if (key === '0') view.fit();
  else if (key === 'c') compare();
  else return;
  event.preventDefault();
});

document.addEventListener('keydown', event => {
  if (event.key === 'Escape' && busy) busy.abort();
  else if (event.key === 'Escape' && view.split !== null) compare();
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.matches('input:not([type=radio]):not([type=range])')) return;
  const key = event.key.toLowerCase();
  const button = key === 'z' ? (event.shiftKey ? element.redo : element.undo)
    : key === 'y' ? element.redo : key === 's' ? element.download : key === 'o' ? element.open : null;
  if (!button) return;
  event.preventDefault();
  button.click();
});

// Buttons and fields.

function choose(name) {
  document.querySelector(`[name=tool][value=${name}]`).checked = true;
  toolChosen();
}

function toolChosen() {
  view.ring = null;
  element.spoken.textContent = `${document.querySelector('[name=tool]:checked').ariaLabel}.`;
  update();
}

function resized() {
  if (!photograph) return;
  const size = Math.round(brushSize());
  element.size.setAttribute('aria-valuetext', `${size} pixels`);
  if (stroke) return;
  // Seen in the middle of the picture, where no pointer is over it.
  showRing(view.ring ? [view.ring.x, view.ring.y] : cursor);
}

function compare() {
  if (element.compare.disabled) return;
  view.split = view.split === null ? element.slider.value / 1000 : null;
  view.ring = null;
  update();
  place();
  (view.split === null ? element.canvas : element.slider).focus({preventScroll: true});
}

// Lay the slider over the canvas, its thumb where the pictures meet.
function place() {
  element.slider.style.height = `${element.canvas.clientHeight}px`;
  const thumb = 48 / element.canvas.clientWidth;
  const share = element.slider.value / 1000;
  if (view.split !== null) view.split = thumb / 2 + share * (1 - thumb);
  element.slider.setAttribute('aria-valuetext', `${Math.round(100 * share)} % before`);
  view.refresh();
}

function back(change) {
  const before = current().paintings.length;
  steps += change;
  update();
  const difference = current().paintings.length - before;
  const what = difference ? 'painting' : 'stroke';
  tell(`The ${what} is ${change < 0 ? 'undone' : 'done again'}.`, {brief: true});
}

element.open.addEventListener('click', () => element.file.click());
element.choose.addEventListener('click', () => element.file.click());
element.file.addEventListener('change', () => {
  open(element.file.files[0]);
  element.file.value = '';
});
element.undo.addEventListener('click', () => back(-1));
element.redo.addEventListener('click', () => back(1));
element.clear.addEventListener('click', () => record({kind: 'clear'}));
element.in.addEventListener('click', () => view.zoom(1.5));
element.out.addEventListener('click', () => view.zoom(1 / 1.5));
element.fit.addEventListener('click', () => view.fit());
element.compare.addEventListener('click', compare);
element.slider.addEventListener('input', place);
new ResizeObserver(place).observe(element.canvas);
element.paint.addEventListener('click', paint);
element.download.addEventListener('click', download);
element.cancel.addEventListener('click', () => busy?.abort());
element.size.addEventListener('input', resized);
for (const radio of document.querySelectorAll('[name=tool]')) radio.addEventListener('change', toolChosen);

element.numbers.addEventListener('submit', event => {
  event.preventDefault();
  const [left, top, width, height] = ['left', 'top', 'width', 'height'].map(
    name => Number(element.numbers.elements[name].value));
  record({kind: 'rectangle', points: [[left, top], [left + width, top + height]]});
  tell('The rectangle is added.', {brief: true});
});

element.model.addEventListener('change', () => {
  element.captioned.hidden = !models[element.model.selectedIndex].caption;
});

// Photographs that are dropped or pasted.

addEventListener('dragover', event => {
  event.preventDefault();
  document.body.classList.add('dropping');
});
addEventListener('dragleave', event => {
  if (!event.relatedTarget) document.body.classList.remove('dropping');
});
addEventListener('drop', event => {
  event.preventDefault();
  document.body.classList.remove('dropping');
  open(event.dataTransfer.files[0]);
});
addEventListener('paste', event => open(event.clipboardData.files[0]));

// The end, and the signs until then.

addEventListener('beforeunload', event => {
  if (unsaved()) event.preventDefault();
});
addEventListener('pagehide', () => {
  if (photograph) server.close(photograph.name);
});
addEventListener('pageshow', event => {
  if (event.persisted) location.reload(); // its photograph is forgotten
});
setInterval(() => {
  if (photograph) server.keep(photograph.name).catch(error => tell(error.message, {bad: true}));
}, 1000 * KEEP_EVERY);

tell('');
update();
({models, max_bytes: largest} = await server.settings());
element.model.replaceChildren(...models.map(({name}) => new Option(name)));
element.model.dispatchEvent(new Event('change'));
