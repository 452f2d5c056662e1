// What is brushed on a photograph: strokes, in its pixels, drawn at any scale.
//
// A stroke is {kind: 'brush' | 'eraser', size, points: [[x, y], ...]} or
// {kind: 'rectangle', points: [corner, corner]}.

const MOST_PIXELS = 2 ** 24; // some browsers have no larger canvas

// Draw strokes in white, in the order they were made.
export function draw(context, strokes) {
  context.fillStyle = context.strokeStyle = '#fff';
  context.lineCap = context.lineJoin = 'round';
  for (const {kind, size, points} of strokes) {
    context.globalCompositeOperation = kind === 'eraser' ? 'destination-out' : 'source-over';
    const [[x, y], [right, bottom] = [x, y]] = points;
    if (kind === 'rectangle') {
      context.fillRect(x, y, right - x, bottom - y);
      continue;
    }
    context.lineWidth = size;
    context.beginPath();
    context.moveTo(x, y);
    // A line of no length is a dot.
    for (const point of points.length > 1 ? points.slice(1) : points) context.lineTo(...point);
    context.stroke();
  }
  context.globalCompositeOperation = 'source-over';
}

// The box around what strokes cover of a photograph, {left, top, width, height}, or null.
export function bounds(strokes, width, height) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (const {kind, size = 0, points} of strokes) {
    if (kind === 'eraser') continue;
    for (const [x, y] of points) {
      left = Math.min(left, x - size / 2);
      top = Math.min(top, y - size / 2);
      right = Math.max(right, x + size / 2);
      bottom = Math.max(bottom, y + size / 2);
    }
  }
  left = Math.max(0, Math.floor(left));
  top = Math.max(0, Math.floor(top));
  right = Math.min(width, Math.ceil(right));
  bottom = Math.min(height, Math.ceil(bottom));
  return right > left && bottom > top ? {left, top, width: right - left, height: bottom - top} : null;
}

// A canvas of the box: the mask, white and opaque in the hole.
export function mask(strokes, box) {
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (box.width * box.height)));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.floor(box.width * scale));
  canvas.height = Math.max(1, Math.floor(box.height * scale));
  draw(contextOf(canvas, box), strokes);
  return canvas;
}

// Fill a mask of the box with a picture of a part of it, [left, top, width, height].
export function fill(canvas, box, picture, part) {
  const context = contextOf(canvas, box);
  context.globalCompositeOperation = 'source-in';
  context.drawImage(picture, ...part);
}

// The context of a canvas that shows the box, in pixels of the photograph.
function contextOf(canvas, {left, top, width, height}) {
  const context = canvas.getContext('2d');
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  context.translate(-left, -top);
  return context;
}

// A PNG file of a canvas.
export function png(canvas) {
  return new Promise(resolve => canvas.toBlob(resolve, 'image/png'));
}
