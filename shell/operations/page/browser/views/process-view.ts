import { problemLevels, type Problem } from '../../state.ts';
import type { Answers } from '../commands.ts';
import { element, Rows } from '../dom.ts';
import { mountCard, type MountToShow } from './mount-card.ts';
import { PathsView } from './sections.ts';
import type { Store } from '../store.ts';

/** Where there are more mountpoints, those that are well are folded. */
const MAX_OPEN = 6;
const ranks: readonly (Problem['level'] | undefined)[] = [...problemLevels, undefined];

export interface ProcessViewOptions {
  /** '' where another heading says what they are. */
  readonly pathsHeading: string;
  readonly maxOpen?: number;
}

/** The mountpoints and paths of one process. */
export class ProcessView {
  readonly mounts: HTMLElement = element('div', { class: 'cards' });
  readonly paths: PathsView;
  readonly #rows: Rows<MountToShow>;
  #count = 0;

  constructor(operator: { readonly answers: Answers; readonly canKick: boolean } | undefined, { pathsHeading, maxOpen = MAX_OPEN }: ProcessViewOptions) {
    this.paths = new PathsView(pathsHeading);
    const isOpen = ({ level }: MountToShow): boolean => this.#count <= maxOpen || level === 'bad' || level === 'warn';
    this.#rows = new Rows(this.mounts, () => mountCard({ operator, isOpen }));
  }

  /** @param nowMs by the clock of that process. */
  show(store: Store, nowMs: number): void {
    const problems = store.one('problems')?.problems ?? [];
    const lanes = new Map(store.all('lanes').map((part) => [part.mount, part]));
    const mounts = store.all('mount').map((mount): MountToShow => {
      const own = problems.filter((problem) => problem.mount === mount.mount);
      return { mount, lanes: lanes.get(mount.mount), level: own[0]?.level, notes: own.filter(({ level }) => level === 'note').map(({ text }) => text), nowMs };
    });
    this.#count = mounts.length;
    const sorted = mounts.toSorted((a, b) => ranks.indexOf(a.level) - ranks.indexOf(b.level) || (a.mount.mount < b.mount.mount ? -1 : 1));
    this.#rows.show(sorted, ({ mount }) => mount.mount);
    this.paths.show(store.one('paths'), store.one('relay'));
  }
}
