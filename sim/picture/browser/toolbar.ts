import type { MarkTone } from '../data.ts';
import { element } from './dom.ts';
import type { Model } from './model.ts';
import type { Palette } from './canvas/paint/palette.ts';

const steps: readonly (readonly [name: string, tones: readonly MarkTone[]])[] = [
  ['fault', ['fault']],
  ['switch', ['switch']],
  ['trouble', ['bad', 'loss']],
];

/** Buttons that jump, zoom and change the scheme; those that have nothing to jump to are not there. */
export function toolbar(model: Model, palette: Palette, step: (tones: readonly MarkTone[], direction: 1 | -1) => void): HTMLElement {
  const button = (id: string, label: string, says: string, onclick: () => void): HTMLElement =>
    element('button', { id, type: 'button', title: says, 'aria-label': says, onclick }, [label]);
  const has = (tones: readonly MarkTone[]): boolean => model.picture.marks.some(({ tone }) => tones.includes(tone));
  const pairs = steps
    .filter(([, tones]) => has(tones))
    .map(([name, tones]) =>
      element('span', { class: 'pair', role: 'group', 'aria-label': name }, [
        button(`previous-${name}`, '◀', `Previous ${name}`, () => step(tones, -1)),
        element('span', {}, [name]),
        button(`next-${name}`, '▶', `Next ${name}`, () => step(tones, 1)),
      ]),
    );
  return element('nav', { 'aria-label': 'Tools' }, [
    ...pairs,
    element('span', { class: 'pair' }, [
      button('zoom-out', '−', 'Zoom out (−)', () => model.window.zoom(2, model.focusMs)),
      button('whole', 'all', 'The whole time (Home)', () => model.window.whole()),
      button('zoom-in', '+', 'Zoom in (+)', () => model.window.zoom(1 / 2, model.focusMs)),
    ]),
    button('scheme', '◐', 'Light or dark', () => palette.toggle()),
  ]);
}
