import type { Expectation } from '../../run/expectation.ts';
import type { Fault, WayName } from '../../run/fault.ts';
import { aac, mp3, type ModelFormat } from '../../programme/model-frame.ts';
import { encoder, listener, type EdgeSpec, type EncoderSpec, type ListenerSpec, type PathSpec, type Target } from '../../world/topology.ts';
import { Pen } from './literal.ts';
import { inOrder } from '../draw/outages/outages.ts';
import type { Plain } from '../trial.ts';

export interface FileOptions {
  /** Where `sim/scenario.ts` is, seen from the file. */
  readonly library: string;
  /** The scenario's file that it came from, seen from this one: for an expectation that cannot be written out. */
  readonly origin: string | undefined;
  /** What it expects. */
  readonly expectations: readonly Expectation[];
  /** For whoever opens the file. */
  readonly comment: readonly string[];
}

/** The scenario as a file to run and to commit: made by the builders, with only what differs from what they give. */
export function asTypeScript({ name, story, durationS, topology, faults }: Plain, options: FileOptions): string {
  const { library, origin, expectations, comment } = options;
  const pen = new Pen();
  const { encoders, relays, edges, listeners, paths = [], settings = {}, files = {}, hasKeys = false, hostile = [] } = topology;
  const body = [
    'const story: Scenario = {',
    `  name: ${pen.value(name)},`,
    `  story: ${pen.value(story)},`,
    `  durationS: ${durationS},`,
    '  topology: {',
    ...list('encoders', encoders.map((each) => encoderText(pen, each)), 4),
    ...list('relays', relays.map((each) => pen.call('relay', pen.value(each.name), ...(each.upstream.length === 0 ? [] : [pen.value({ upstream: each.upstream })]))), 4),
    ...list('edges', edges.map((each) => edgeText(pen, each)), 4),
    ...list('listeners', listeners.map((each) => listenerText(pen, each)), 4),
    ...(paths.length === 0 ? [] : list('paths', pathTexts(pen, paths), 4)),
    ...(Object.keys(settings).length === 0 ? [] : [`    settings: ${pen.value(settings)},`]),
    ...(Object.keys(files).length === 0 ? [] : [`    files: ${pen.value(files)},`]),
    ...(hasKeys ? ['    hasKeys: true,'] : []),
    ...(hostile.length === 0 ? [] : list('hostile', hostile.map((each) => pen.value(each)), 4)),
    '  },',
    ...list('faults', inOrder(faults).map((fault) => faultText(pen, fault)), 2),
    `  expect: ${expectText(pen, expectations, origin !== undefined)},`,
    '};',
  ];
  const usesOrigin = pen.called.includes('expectationsOf');
  return [
    `import { ${[...pen.called, 'type Scenario'].join(', ')} } from ${pen.value(library)};`,
    ...(usesOrigin && origin !== undefined ? [`import origin from ${pen.value(origin)};`] : []),
    '',
    '/**',
    ...comment.map((line) => ` * ${line.replaceAll('*/', '* /')}`),
    ' */',
    ...body,
    '',
    'export default story;',
    '',
  ].join('\n');
}

/** On one line where that is short. */
function list(key: string, items: readonly string[], indent: number): string[] {
  const margin = ' '.repeat(indent);
  const line = `${margin}${key}: [${items.join(', ')}],`;
  if (line.length <= 140) return [line];
  return [`${margin}${key}: [`, ...items.map((item) => `${margin}  ${item},`), `${margin}],`];
}

function encoderText(pen: Pen, spec: EncoderSpec): string {
  const others = differing(spec, encoder(spec.name, spec.to));
  const formatted = others['format'] === undefined ? '' : formatText(pen, spec.format);
  const { format: _, ...rest } = others;
  const fields = [...(formatted === '' ? [] : [`format: ${formatted}`]), ...Object.entries(rest).map(([key, value]) => `${key}: ${pen.value(value)}`)];
  const targets = `[${spec.to.map((target) => targetText(pen, target)).join(', ')}]`;
  return pen.call('encoder', pen.value(spec.name), targets, ...(fields.length === 0 ? [] : [`{ ${fields.join(', ')} }`]));
}

function targetText(pen: Pen, { relay, transport }: Target): string {
  return transport === 'udp' ? pen.call('udp', pen.value(relay)) : pen.value(relay);
}

function formatText(pen: Pen, format: ModelFormat): string {
  const kbps = format.bitrateBps / 1000;
  const made = format.codec === 'mp3' ? mp3(kbps) : aac(kbps);
  return isSame(made, format) ? pen.call(format.codec, String(kbps)) : pen.value(format);
}

function listenerText(pen: Pen, spec: ListenerSpec): string {
  const others = differing(spec, listener(spec.name, spec.edge));
  return pen.call('listener', pen.value(spec.name), pen.value(spec.edge), ...(Object.keys(others).length === 0 ? [] : [pen.value(others)]));
}

function edgeText(pen: Pen, { name, relays, ...others }: EdgeSpec): string {
  return pen.call('edge', pen.value(name), pen.value(relays), ...(Object.keys(others).length === 0 ? [] : [pen.value(others)]));
}

/** Both directions at once where they are alike and next to each other. */
function pathTexts(pen: Pen, paths: readonly PathSpec[]): string[] {
  const texts: string[] = [];
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i]!;
    const next = paths[i + 1];
    if (next !== undefined && next.from === path.to && next.to === path.from && isSame(next.changes, path.changes)) {
      texts.push(`...${pen.call('between', pen.value(path.from), pen.value(path.to), pen.value(path.changes))}`);
      i++;
    } else texts.push(pen.value(path));
  }
  return texts;
}

function faultText(pen: Pen, fault: Fault): string {
  const at = pen.call('at', pen.value(fault.atS));
  if (fault.kind === 'step') return `${at}.step(${pen.value(fault.host)}, ${pen.value(fault.byMs)})`;
  if (fault.kind === 'command') {
    const { host, mount, command } = fault;
    const names = [host, mount].map((name) => pen.value(name)).join(', ');
    if (command.kind === 'automatic') return `${at}.automatic(${names})`;
    return command.to === undefined ? pen.value(fault) : `${at}.switchTo(${names}, ${pen.value(command.to)})`;
  }
  if (fault.kind === 'title') return `${at}.title(${[fault.host, fault.mount, fault.title].map((text) => pen.value(text)).join(', ')})`;
  if (fault.kind === 'policy') return `${at}.policy(${[fault.host, fault.mount, fault.policy].map((each) => pen.value(each)).join(', ')})`;
  if ('host' in fault) return `${at}.${fault.kind}(${pen.value(fault.host)})`;
  const sides = sidesOf(fault.ways);
  const hasOneWay = fault.kind === 'cut' || fault.kind === 'heal';
  if (sides === undefined || !(sides.isBothWays || hasOneWay)) return pen.value(fault);
  const names = [sides.these, sides.those].map((side) => pen.value(side.length === 1 ? side[0] : side));
  if (fault.kind === 'change') return `${at}.change(${names.join(', ')}, ${pen.value(fault.changes)})`;
  return `${at}.${fault.kind}${sides.isBothWays ? '' : 'OneWay'}(${names.join(', ')})`;
}

/** Between whom the ways are, when they are all of those; undefined when they have to be named one by one. */
function sidesOf(ways: readonly WayName[]): { readonly these: string[]; readonly those: string[]; readonly isBothWays: boolean } | undefined {
  const names = new Set(ways.map(({ from, to }) => `${from} ${to}`));
  const has = (from: string, to: string): boolean => names.has(`${from} ${to}`);
  const first = ways[0]!.from;
  const those = distinct(ways.filter(({ from }) => from === first).map(({ to }) => to));
  const these = distinct(ways.filter(({ to }) => to === those[0]).map(({ from }) => from));
  if (!these.every((from) => those.every((to) => has(from, to)))) return undefined;
  const oneWay = these.length * those.length;
  if (names.size === oneWay) return { these, those, isBothWays: false };
  const isBothWays = names.size === 2 * oneWay && these.every((from) => those.every((to) => has(to, from)));
  return isBothWays ? { these, those, isBothWays } : undefined;
}

function expectText(pen: Pen, expectations: readonly Expectation[], hasOrigin: boolean): string {
  const texts = expectations.map(({ written, says }) => {
    if (written !== undefined) return pen.call(written.by, ...written.given.map((each) => pen.value(each)));
    if (!hasOrigin) throw new RangeError(`this expectation can be written nowhere: ${says}`);
    return `...${pen.call('expectationsOf', 'origin', 'plan')}.filter(({ says }) => says === ${pen.value(says)})`;
  });
  return texts.some((text) => text.startsWith('...')) ? `(plan) => [${texts.join(', ')}]` : `[${texts.join(', ')}]`;
}

/** What is other than the builder makes it. */
function differing(spec: object, plain: object): Record<string, unknown> {
  const plainly = plain as Record<string, unknown>;
  return Object.fromEntries(Object.entries(spec).filter(([key, value]) => !isSame(value, plainly[key])));
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
