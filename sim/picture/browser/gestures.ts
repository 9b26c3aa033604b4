import type { Lanes } from './canvas/lanes.ts';
import type { Model } from './model.ts';

const WHEEL_ZOOM = 0.0016;
const KEY_ZOOM = 1.5;
const KEY_PAN = 0.1;
/** A press that moves by less is a click. */
const CLICK_PX = 4;

/** Wheel, drag, click and keys on the lanes. */
export function listenToGestures(model: Model, lanes: Lanes, clicked: (x: number, y: number) => void): void {
  const { canvas, root } = lanes;
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const pixels = event.deltaMode === 1 ? 16 : 1;
      const sideways = event.shiftKey ? event.deltaX + event.deltaY : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
      if (sideways !== 0) model.window.pan((sideways * pixels * model.window.spanMs) / lanes.width);
      else model.window.zoom(Math.exp(event.deltaY * pixels * WHEEL_ZOOM), lanes.timeAt(event.offsetX));
    },
    { passive: false },
  );

  let pressed: { readonly x: number; readonly y: number } | undefined;
  let moved = 0;
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    pressed = { x: event.clientX, y: event.clientY };
    moved = 0;
    canvas.setPointerCapture(event.pointerId);
    root.focus({ preventScroll: true });
  });
  canvas.addEventListener('pointermove', (event) => {
    if (pressed === undefined) return;
    const [dx, dy] = [event.clientX - pressed.x, event.clientY - pressed.y];
    moved += Math.abs(dx) + Math.abs(dy);
    if (moved < CLICK_PX) return;
    pressed = { x: event.clientX, y: event.clientY };
    model.window.pan((-dx * model.window.spanMs) / lanes.width);
    root.scrollTop -= dy;
  });
  canvas.addEventListener('pointerup', (event) => {
    if (pressed !== undefined && moved < CLICK_PX) clicked(event.offsetX, event.offsetY);
    pressed = undefined;
  });
  canvas.addEventListener('pointercancel', () => (pressed = undefined));
  canvas.addEventListener('dblclick', (event) => model.window.zoom(1 / 4, lanes.timeAt(event.offsetX)));

  document.addEventListener('keydown', (event) => {
    const { target } = event;
    const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !pressKey(model, event.key)) return;
    event.preventDefault();
  });
}

/** False when the key means nothing here. */
function pressKey(model: Model, key: string): boolean {
  const { window } = model;
  switch (key) {
    case 'ArrowLeft':
      window.pan(-KEY_PAN * window.spanMs);
      return true;
    case 'ArrowRight':
      window.pan(KEY_PAN * window.spanMs);
      return true;
    case '+':
    case '=':
      window.zoom(1 / KEY_ZOOM, model.focusMs);
      return true;
    case '-':
      window.zoom(KEY_ZOOM, model.focusMs);
      return true;
    case 'Home':
    case '0':
      window.whole();
      return true;
    case 'Escape':
      model.choose(undefined);
      return true;
    default:
      return false;
  }
}
