// The canvas: a photograph, what is brushed on it, the brush; zoomed and moved.

import {draw} from './strokes.js';

const TINT = '#f03cf5';
const LARGEST = 16; // pixels of the screen for one of the photograph

// A picture with copies of half its size and less, for smooth and quick scaling down.
export class Picture {
  constructor(source, width, height) {
    Object.assign(this, {width, height});
    this.levels = [source];
  }

  // Draw it at its size in the coordinates of the photograph, where `scale` is that of the screen.
  draw(context, scale) {
    const [first] = this.levels;
    let level = 0;
    while (first.width / 2 ** (level + 1) >= this.width * scale && first.width > 2 ** (level + 1)) level++;
    while (this.levels.length <= level) {
      const last = this.levels.at(-1);
      this.levels.push(blank(Math.ceil(last.width / 2), Math.ceil(last.height / 2)));
      const half = this.levels.at(-1);
      half.getContext('2d').drawImage(last, 0, 0, half.width, half.height);
    }
    context.imageSmoothingEnabled = scale < 3;
    context.imageSmoothingQuality = 'high';
    context.drawImage(this.levels[level], 0, 0, this.width, this.height);
  }

  // A copy with others laid over it, [{picture, box}, ...], a box being [left, top, width, height].
  with(layers) {
    const [first] = this.levels;
    const canvas = blank(first.width, first.height);
    const context = canvas.getContext('2d');
    context.drawImage(first, 0, 0);
    context.scale(first.width / this.width, first.height / this.height);
    for (const {picture, box} of layers) context.drawImage(picture, ...box);
    return new Picture(canvas, this.width, this.height);
  }
}

function blank(width, height) {
  return Object.assign(document.createElement('canvas'), {width, height});
}

export class View {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.overlay = document.createElement('canvas');
    this.before = this.after = null; // pictures
    this.strokes = [];
    this.ring = null; // {x, y, size} of the brush, or null
    this.split = null; // where before ends and after begins, 0 to 1 of the canvas, or null
    this.fitted = true;
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  resize() {
    const ratio = window.devicePixelRatio;
    this.canvas.width = this.overlay.width = Math.round(this.canvas.clientWidth * ratio);
    this.canvas.height = this.overlay.height = Math.round(this.canvas.clientHeight * ratio);
    if (this.after) this.fitted ? this.fit() : this.move(0, 0);
    this.render(); // now: a resized canvas is empty
  }

  // Pixels of the canvas for one of the photograph at which all of it is seen.
  get smallest() {
    const margin = 24 * window.devicePixelRatio;
    const {width, height} = this.canvas;
    return Math.min(
      Math.max(1, width - margin) / this.after.width, Math.max(1, height - margin) / this.after.height, LARGEST / 2);
  }

  fit() {
    this.fitted = true;
    this.scale = this.smallest;
    this.x = (this.canvas.width - this.after.width * this.scale) / 2;
    this.y = (this.canvas.height - this.after.height * this.scale) / 2;
    this.refresh();
  }

  // Zoom by a factor about a point of the canvas.
  zoom(factor, [x, y] = [this.canvas.width / 2, this.canvas.height / 2]) {
    const scale = Math.min(LARGEST, this.scale * factor);
    if (scale <= this.smallest) return this.fit();
    this.fitted = false;
    this.x = x - (x - this.x) * scale / this.scale;
    this.y = y - (y - this.y) * scale / this.scale;
    this.scale = scale;
    this.move(0, 0);
  }

  // Move the photograph by pixels of the canvas, not out of sight.
  move(dx, dy) {
    const within = (place, length, room) => length <= room
      ? (room - length) / 2
      : Math.min(room / 2, Math.max(room / 2 - length, place));
    this.x = within(this.x + dx, this.after.width * this.scale, this.canvas.width);
    this.y = within(this.y + dy, this.after.height * this.scale, this.canvas.height);
    this.refresh();
  }

  // Move so that a point of the photograph is seen.
  reveal([x, y]) {
    const margin = 40 * window.devicePixelRatio;
    const outside = (place, room) => Math.max(margin - place, 0) - Math.max(place - room + margin, 0);
    if (!this.fitted) this.move(
      outside(this.x + x * this.scale, this.canvas.width), outside(this.y + y * this.scale, this.canvas.height));
  }

  // Where an event of the pointer is, in pixels of the canvas.
  place(event) {
    const {left, top} = this.canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio;
    return [(event.clientX - left) * ratio, (event.clientY - top) * ratio];
  }

  // The same in pixels of the photograph.
  point(event) {
    const [x, y] = this.place(event);
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  refresh() {
    this.frame ??= requestAnimationFrame(() => this.render());
  }

  render() {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    const {canvas, context, overlay, scale} = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!this.after) return;
    const transform = [scale, 0, 0, scale, this.x, this.y];
    context.setTransform(...transform);
    this.after.draw(context, scale);
    if (this.split !== null) this.renderBefore(transform);
    else if (this.strokes.length) {
      const layer = overlay.getContext('2d');
      layer.setTransform(1, 0, 0, 1, 0, 0);
      layer.clearRect(0, 0, overlay.width, overlay.height);
      layer.setTransform(...transform);
      layer.save();
      layer.beginPath();
      layer.rect(0, 0, this.after.width, this.after.height);
      layer.clip();
      draw(layer, this.strokes);
      layer.restore();
      layer.globalCompositeOperation = 'source-in';
      layer.fillStyle = TINT;
      layer.fillRect(0, 0, this.after.width, this.after.height);
      layer.globalCompositeOperation = 'source-over';
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.save();
      context.globalAlpha = 0.55;
      context.shadowColor = '#fff'; // seen on photographs that have the tint's colour
      context.shadowBlur = 3 * window.devicePixelRatio;
      context.drawImage(overlay, 0, 0);
      context.restore();
    }
    if (this.ring && this.split === null) this.renderRing();
  }

  renderBefore(transform) {
    const {canvas, context} = this;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    context.rect(0, 0, canvas.width * this.split, canvas.height);
    context.clip();
    context.setTransform(...transform);
    this.before.draw(context, this.scale);
    context.restore();
  }

  // White on black, so that it is seen on anything.
  renderRing() {
    const {context, scale, ring: {x, y, size}} = this;
    const ratio = window.devicePixelRatio;
    const [left, top, radius] = [this.x + x * scale, this.y + y * scale, size * scale / 2];
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    if (radius > 2 * ratio) context.arc(left, top, radius, 0, 2 * Math.PI);
    const arm = 5 * ratio;
    if (radius < 12 * ratio) {
      context.moveTo(left - arm, top);
      context.lineTo(left + arm, top);
      context.moveTo(left, top - arm);
      context.lineTo(left, top + arm);
    }
    for (const [colour, width] of [['#000a', 3.5], ['#fff', 1.5]]) {
      context.strokeStyle = colour;
      context.lineWidth = width * ratio;
      context.stroke();
    }
  }
}
