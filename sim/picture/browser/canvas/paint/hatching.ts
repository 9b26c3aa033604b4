import { element } from '../../dom.ts';

const known = new Map<string, CanvasPattern>();

/** Oblique lines so many pixels apart. A state that is not well is seen without its colour, too. */
export function hatching(context: CanvasRenderingContext2D, colour: string, apartPx: number): CanvasPattern | string {
  const name = `${colour} ${apartPx}`;
  const made = known.get(name) ?? context.createPattern(tile(colour, apartPx), 'repeat');
  if (made === null) return colour;
  known.set(name, made);
  return made;
}

function tile(colour: string, apartPx: number): HTMLCanvasElement {
  const canvas = element('canvas', { width: apartPx, height: apartPx });
  const context = canvas.getContext('2d')!;
  context.strokeStyle = colour;
  context.globalAlpha = 0.5;
  context.lineWidth = 1;
  context.beginPath();
  // The corners belong to the lines of the tiles beside it.
  for (const shift of [-apartPx, 0, apartPx]) {
    context.moveTo(shift, apartPx);
    context.lineTo(shift + apartPx, 0);
  }
  context.stroke();
  return canvas;
}
