import { schemes, type Scheme } from '../../../colours.ts';

const dark = window.matchMedia('(prefers-color-scheme: dark)');
const STORED = 'davecast-picture-scheme';

/** Light or dark: as the system has it, until somebody chooses. */
export class Palette {
  readonly #changed: () => void;
  #scheme: Scheme = schemes.light;

  constructor(changed: () => void) {
    this.#changed = changed;
    dark.addEventListener('change', () => this.#apply());
    this.#apply(stored());
  }

  get scheme(): Scheme {
    return this.#scheme;
  }

  get isDark(): boolean {
    const chosen = document.documentElement.dataset['scheme'];
    return chosen === undefined ? dark.matches : chosen === 'dark';
  }

  toggle(): void {
    const chosen = this.isDark ? 'light' : 'dark';
    store(chosen);
    this.#apply(chosen);
  }

  #apply(chosen?: string): void {
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['scheme'] = chosen;
    this.#scheme = this.isDark ? schemes.dark : schemes.light;
    this.#changed();
  }
}

// A page that was opened from a file may not be allowed to store anything.
function stored(): string | undefined {
  try {
    return localStorage.getItem(STORED) ?? undefined;
  } catch {
    return undefined;
  }
}

function store(scheme: string): void {
  try {
    localStorage.setItem(STORED, scheme);
  } catch {
    // Then it holds until the page is closed.
  }
}
