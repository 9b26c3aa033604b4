import type { MarkTone, Picture } from '../data.ts';
import { addressOf } from './address.ts';
import { Details } from './details.ts';
import { element } from './dom.ts';
import { EventList } from './event-list.ts';
import { listenToGestures } from './gestures.ts';
import { Lanes } from './canvas/lanes.ts';
import { Model } from './model.ts';
import { Overview } from './canvas/overview.ts';
import { Palette } from './canvas/paint/palette.ts';
import { Ruler } from './canvas/ruler.ts';
import { toolbar } from './toolbar.ts';
import { Tooltip } from './tooltip.ts';

/** The page has the picture's data in it, as text that nothing executes. */
const picture = JSON.parse(document.getElementById('picture')!.textContent!) as Picture;
show(picture, document.getElementById('page')!);

function show(picture: Picture, page: HTMLElement): void {
  let isDue = false;
  const changed = (): void => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      draw();
    });
  };
  const model = new Model(picture, changed);
  const palette = new Palette(changed);
  const lanes = new Lanes(model, palette);
  const ruler = new Ruler(model, palette);
  const overview = new Overview(model, palette);
  const tooltip = new Tooltip(picture);
  const jump = (id: number): void => {
    model.jump(id);
    lanes.reveal(picture.marks[id]!);
  };
  const step = (tones: readonly MarkTone[], direction: 1 | -1): void => {
    model.step(tones, direction);
    if (model.chosenMark !== undefined) lanes.reveal(model.chosenMark);
  };
  const list = new EventList(model, jump);
  const details = new Details(model, jump);
  let address = '';

  function draw(): void {
    ruler.draw();
    overview.draw();
    lanes.draw();
    list.draw();
    details.draw();
    const { fromMs, untilMs } = model.window;
    const now = addressOf({ fromMs, untilMs, event: model.chosen });
    if (now === address) return;
    address = now;
    history.replaceState(null, '', now);
  }

  page.append(
    element('header', {}, [titleOf(picture), toolbar(model, palette, step)]),
    element('main', {}, [
      element('div', { class: 'stage' }, [
        element('div', { class: 'over' }, [element('span', {}, ['whole time']), overview.canvas]),
        element('div', { class: 'over' }, [element('span', { class: 'hint' }, ['wheel zooms, drag scrolls']), ruler.canvas]),
        lanes.root,
      ]),
      element('aside', {}, [list.root, details.root]),
    ]),
    tooltip.root,
  );

  listenToGestures(model, lanes, (x, y) => {
    const [first] = lanes.hit(x, y)?.ids ?? [];
    model.choose(first);
  });
  lanes.canvas.addEventListener('pointermove', ({ offsetX, offsetY, clientX, clientY, buttons }) => {
    model.hoverMs = lanes.timeAt(offsetX);
    const hit = buttons === 0 ? lanes.hit(offsetX, offsetY) : undefined;
    tooltip.show(hit, clientX, clientY);
    lanes.canvas.style.cursor = hit !== undefined && hit.ids.length > 0 ? 'pointer' : 'grab';
    model.redraw();
  });
  lanes.canvas.addEventListener('pointerleave', () => {
    model.hoverMs = undefined;
    tooltip.show(undefined, 0, 0);
    model.redraw();
  });
  window.addEventListener('resize', changed);
  window.addEventListener('hashchange', () => {
    if (location.hash !== address) model.goTo(location.hash);
  });
  model.goTo(location.hash);
  draw();
}

function titleOf({ title, story, verdict, summary, facts, leftOut }: Picture): HTMLElement {
  const told = [...facts, ...(leftOut > 0 ? [['events dropped', String(leftOut)] as const] : [])];
  return element('div', { class: 'title' }, [
    element('h1', {}, [title, ...(verdict.text === '' ? [] : [element('span', { id: 'verdict', class: verdict.tone }, [verdict.text])])]),
    element('p', {}, [story]),
    element('ul', { class: 'summary' }, summary.map((line) => element('li', {}, [line]))),
    element('p', { class: 'facts' }, told.map(([name, value]) => element('span', {}, [`${name} `, element('b', {}, [value])]))),
  ]);
}
