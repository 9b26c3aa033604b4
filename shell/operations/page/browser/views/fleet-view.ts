import type { FleetPart } from '../../state.ts';
import { element, setAttribute, setText, type Row } from '../dom.ts';
import { ProcessView } from './process-view.ts';
import { Store } from '../store.ts';
import { clockText, spanText } from '../time.ts';

/** Another process: whether it answers, its mountpoints and its paths. */
export function fleetRow(): Row<{ readonly part: FleetPart; readonly nowMs: number }> {
  const link = element('a', { rel: 'noopener' });
  const state = element('span', { class: 'state' });
  const view = new ProcessView(undefined, { pathsHeading: '', maxOpen: 0 });
  const role = element('span', { class: 'role' });
  const node = element('section', { class: 'member' }, [element('h2', {}, [link, ' ', role, ' ', state]), view.mounts, view.paths.node]);
  let shown: FleetPart | undefined;
  let store = new Store();
  return {
    node,
    update: ({ part, nowMs }) => {
      const { name, link: to, error, sinceMs, clockAheadMs, parts } = part;
      setText(link, name);
      // Whatever somebody has written into a configuration: nothing but an address is followed.
      setAttribute(link, 'href', /^https?:\/\//.test(to) ? to : undefined);
      setText(state, error === undefined ? '✓ answers' : `✖ ${error}, since ${clockText(sinceMs, nowMs)} (${spanText(nowMs - sinceMs)})`);
      setAttribute(state, 'class', `state ${error === undefined ? 'good' : 'bad'}`);
      setAttribute(node, 'class', `member ${error === undefined ? '' : 'old'}`);
      setText(role, store.one('process')?.role ?? '');
      if (part !== shown) store = new Store(parts);
      shown = part;
      view.show(store, nowMs + clockAheadMs);
    },
  };
}
