import type { MarkTone } from '../../../data.ts';

const shapes: Readonly<Record<MarkTone, readonly (readonly [number, number])[] | 'dot' | 'cross' | 'tick'>> = {
  bad: 'dot',
  switch: [
    [0, -1],
    [1, 0],
    [0, 1],
    [-1, 0],
  ],
  fault: [
    [-1, -0.9],
    [1, -0.9],
    [0, 1],
  ],
  repair: [
    [-1, 0.9],
    [1, 0.9],
    [0, -1],
  ],
  loss: 'cross',
  news: [
    [-0.6, -0.6],
    [0.6, -0.6],
    [0.6, 0.6],
    [-0.6, 0.6],
  ],
  routine: 'tick',
};

/** A mark's sign: its shape says as much as its colour. */
export function drawGlyph(context: CanvasRenderingContext2D, tone: MarkTone, x: number, y: number, size: number, colour: string, halo: string): void {
  const shape = shapes[tone];
  context.beginPath();
  if (shape === 'dot') context.arc(x, y, size, 0, 2 * Math.PI);
  else if (shape === 'cross') {
    context.moveTo(x - size * 0.8, y - size * 0.8);
    context.lineTo(x + size * 0.8, y + size * 0.8);
    context.moveTo(x - size * 0.8, y + size * 0.8);
    context.lineTo(x + size * 0.8, y - size * 0.8);
  } else if (shape === 'tick') {
    context.moveTo(x, y - size * 0.8);
    context.lineTo(x, y + size * 0.8);
  } else {
    for (const [dx, dy] of shape) context.lineTo(x + dx * size, y + dy * size);
    context.closePath();
  }
  const isLine = shape === 'cross' || shape === 'tick';
  context.lineJoin = 'round';
  context.strokeStyle = halo;
  context.lineWidth = isLine ? 4 : 3;
  if (shape !== 'tick') context.stroke();
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = shape === 'cross' ? 2.2 : 1.2;
  if (isLine) context.stroke();
  else context.fill();
}
