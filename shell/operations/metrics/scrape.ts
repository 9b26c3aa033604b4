import { families, sampleName, type FamilyName } from './families.ts';

/** Values of one label that are told apart. Others are summed as `OTHERS`. */
export type BoundName = 'mount' | 'stream' | 'peer';

export const bounds: Readonly<Record<BoundName, number>> = { mount: 1_000, stream: 2_000, peer: 500 };
/** No mountpoint, stream or address has a space. */
export const OTHERS = 'all others';

/** Of one sample, as they stand between its braces. */
export type Labels = string & { readonly of: 'labels' };

export const NO_LABELS = '' as Labels;

/** What is undefined is left out. */
export function labels(values: Readonly<Record<string, string | undefined>>): Labels {
  let text = '';
  for (const name of Object.keys(values)) {
    const value = values[name];
    if (value !== undefined) text += `${text === '' ? '' : ','}${name}="${escaped(value)}"`;
  }
  return text as Labels;
}

/** All samples of one look at a process. */
export class Scrape {
  readonly #samples = new Map<FamilyName, Map<Labels, number>>();
  readonly #told: Readonly<Record<BoundName, Set<string>>> = { mount: new Set(), stream: new Set(), peer: new Set() };
  readonly #summed: Readonly<Record<BoundName, Set<string>>> = { mount: new Set(), stream: new Set(), peer: new Set() };

  /** Samples with the same labels are added up. */
  add(family: FamilyName, of: Labels, value: number): void {
    let samples = this.#samples.get(family);
    if (samples === undefined) this.#samples.set(family, (samples = new Map()));
    samples.set(of, (samples.get(of) ?? 0) + value);
  }

  /** The value of a label itself, or that of all others when there are too many. The same for the same, in one scrape. @param hasRoom elsewhere. */
  bounded(bound: BoundName, value: string, hasRoom = true): string {
    const told = this.#told[bound];
    if (told.has(value)) return value;
    if (hasRoom && told.size < bounds[bound]) {
      told.add(value);
      return value;
    }
    this.#summed[bound].add(value);
    return OTHERS;
  }

  /** How many values of each label were summed. */
  get summed(): readonly (readonly [label: BoundName, count: number])[] {
    return Object.entries(this.#summed).map(([label, values]) => [label as BoundName, values.size]);
  }

  /** As text, a family at a time. */
  *text(format: Format): Generator<string> {
    for (const name of Object.keys(families) as FamilyName[]) {
      const samples = this.#samples.get(name);
      if (samples !== undefined) yield headOf(name, format) + linesOf(name, samples);
    }
    if (format === 'openmetrics') yield '# EOF\n';
  }
}

/** `openmetrics`: OpenMetrics 1.0.0. `prometheus`: the text format 0.0.4. */
export type Format = 'openmetrics' | 'prometheus';

function headOf(name: FamilyName, format: Format): string {
  const { type, help, unit } = families[name];
  if (format === 'prometheus') {
    const sample = sampleName(name);
    return `# HELP ${sample} ${helpText(help)}\n# TYPE ${sample} ${type === 'info' ? 'gauge' : type}\n`;
  }
  return `# TYPE ${name} ${type}\n${unit === undefined ? '' : `# UNIT ${name} ${unit}\n`}# HELP ${name} ${escaped(helpText(help))}\n`;
}

function linesOf(name: FamilyName, samples: ReadonlyMap<Labels, number>): string {
  const sample = sampleName(name);
  let text = '';
  for (const [of, value] of samples) text += of === '' ? `${sample} ${numberText(value)}\n` : `${sample}{${of}} ${numberText(value)}\n`;
  return text;
}

/** A sentence. */
function helpText(help: string): string {
  return `${help[0]!.toUpperCase()}${help.slice(1)}.`;
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

/** Most have nothing to escape. */
function escaped(text: string): string {
  return /[\\"\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : text;
}
