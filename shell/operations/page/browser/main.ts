import { problemLevels, type Changes, type EventLine, type FleetPart, type ProcessPart, type Whole } from '../state.ts';
import { confirmed, send, type Answers } from './commands.ts';
import { element, Rows, setAttribute, setText } from './dom.ts';
import { fleetRow } from './views/fleet-view.ts';
import { laneDefinitions, laneLegend } from './views/lanes.ts';
import { ProcessView } from './views/process-view.ts';
import { eventRow, problemRow, type ProblemToShow } from './views/sections.ts';
import { Store } from './store.ts';
import { counted, joined } from './text.ts';
import { clockText, ServerClock } from './time.ts';

/** A process tells something every second; after so long without, the page says that it is old. */
const OLD_MS = 4_000;
const AGAIN_MS = 3_000;
/** Shown until somebody wants to see more. */
const FEW_EVENTS = 15;
const ANSWER_MS = 8_000;

/** Where it is: what it follows is below. */
const at = document.documentElement.dataset['at']!;
const store = new Store();
const clock = new ServerClock();

const heading = element('h1');
const about = element('p', { class: 'about' });
const verdict = element('p', { class: 'verdict', role: 'status' }, ['Connecting']);
const connection = element('p', { class: 'connection', role: 'alert' });
const now = element('span', { class: 'now' });
const login = element('a', { class: 'button', href: '/admin/page' }, ['Log in']);
const tools = element('div', { class: 'tools' });
const toolsSection = element('section', { 'aria-label': 'This process' }, [element('h2', {}, ['This process']), tools]);
const problems = element('ul', { class: 'problems' });
const answer = element('p', { class: 'answer', role: 'status' });
const mountsSection = element('section', { 'aria-label': 'Mountpoints' }, [element('h2', {}, ['Mountpoints'])]);
const fleet = element('div', { class: 'fleet' });
const events = element('ol', { class: 'events' });
let areAllShown = false;
const moreEvents = element('button', { type: 'button', onclick: () => {
  areAllShown = true;
  show();
} }, ['Show older events']);
const eventsSection = element('section', { 'aria-label': 'Events' }, [element('h2', {}, ['Events']), element('div', { class: 'card' }, [events, moreEvents])]);
const legend = laneLegend();
const nothing = element('p', { class: 'card quiet' }, ['No mountpoint is on air.']);

const problemRows = new Rows<ProblemToShow>(problems, problemRow);
const eventRows = new Rows<EventLine & { readonly nowMs: number }>(events, eventRow);
const fleetRows = new Rows<{ readonly part: FleetPart; readonly nowMs: number }>(fleet, fleetRow);
let view: ProcessView | undefined;
/** The newest attempt to follow. */
let hasFailed = false;
let viewOf = '';
let answerTimer: number | undefined;

const answers: Answers = {
  say: (text, isBad) => {
    setText(answer, `${isBad ? '✖' : '✓'} ${text}`);
    setAttribute(answer, 'class', `answer ${isBad ? 'bad' : 'good'}`);
    clearTimeout(answerTimer);
    answerTimer = window.setTimeout(() => setText(answer, ''), ANSWER_MS);
  },
};

document.getElementById('page')!.replaceChildren(
  laneDefinitions(),
  element('header', {}, [element('div', { class: 'names' }, [heading, about]), element('div', { class: 'right' }, [now, login]), verdict, connection]),
  element('main', {}, [problems, mountsSection, fleet, eventsSection, toolsSection]),
  answer,
);
follow();
// What comes draws it anew; and time passes also when nothing comes.
setInterval(() => {
  if (!document.hidden && clock.silentMs > 1_500) show();
}, 1_000);
document.addEventListener('visibilitychange', show);

function follow(): void {
  const source = new EventSource(`${at}/events`);
  source.addEventListener('whole', ({ data }: MessageEvent<string>) => {
    const whole = JSON.parse(data) as Whole;
    clock.heard(whole.nowMs);
    store.begin(whole);
    show();
  });
  source.addEventListener('changes', ({ data }: MessageEvent<string>) => {
    const changes = JSON.parse(data) as Changes;
    clock.heard(changes.nowMs);
    store.change(changes);
    if (!document.hidden) show();
  });
  source.addEventListener('error', () => {
    hasFailed = true;
    show();
    // A refusal ends it for good; a lost connection it makes again by itself.
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, AGAIN_MS);
  });
}

function show(): void {
  const process = store.one('process');
  showConnection();
  if (process === undefined) return;
  const { nowMs } = clock;
  showProcess(process);
  const of = `${process.view} ${process.commands.join(' ')}`;
  if (view === undefined || of !== viewOf) makeView(process, of);
  view!.show(store, nowMs);
  const mounts = store.all('mount');
  legend.hidden = store.all('lanes').length === 0;
  nothing.hidden = mounts.length > 0 || process.role === 'relay';
  mountsSection.hidden = process.role === 'relay';
  const members = store.all('fleet');
  fleetRows.show(members.map((part) => ({ part, nowMs })), ({ part }) => part.link);
  const found = problemsOf(members, nowMs);
  problemRows.show(found.filter(({ level }) => level !== 'note'), ({ of: whose, mount = '', text }) => `${whose} ${mount} ${text}`);
  showVerdict(process, found, mounts.filter(({ onAir }) => onAir === 'live' || onAir === 'fallback').length);
  const lines = store.one('events')?.events ?? [];
  eventsSection.hidden = lines.length === 0;
  moreEvents.hidden = areAllShown || lines.length <= FEW_EVENTS;
  eventRows.show((areAllShown ? lines : lines.slice(0, FEW_EVENTS)).map((line) => ({ ...line, nowMs })), ({ atMs, text, times }) => `${times > 1 ? 0 : atMs} ${text}`);
}

function showConnection(): void {
  const isOld = clock.silentMs > OLD_MS;
  const isNew = Number.isNaN(clock.heardMs);
  document.body.classList.toggle('old', isOld && !isNew);
  setText(connection, isOld && !isNew ? `✖ Connection lost. This is how it was at ${clockText(clock.heardMs)}.` : isNew && hasFailed ? '✖ No answer yet: trying again.' : '');
  setText(now, isOld ? '' : `live ${clockText(clock.nowMs)}`);
}

function showProcess({ role, host, version, canLogIn, view: who, commands }: ProcessPart): void {
  setText(heading, host === '' ? 'Davecast' : host);
  setText(about, joined([`Davecast ${role}`, version], ' '));
  document.title = document.title.startsWith('(') ? document.title : `${host === '' ? 'Davecast' : host} ${role}`;
  const wanted = `${who} ${canLogIn} ${commands.join(' ')}`;
  if (tools.dataset['of'] === wanted) return;
  tools.dataset['of'] = wanted;
  login.hidden = who === 'operator' || !canLogIn;
  tools.replaceChildren(
    ...(commands.includes('reload') ? [confirmed('Reload', () => void send('/admin/reload', answers), 'Reload the configuration')] : []),
    ...(commands.includes('dump') ? [confirmed('Keep recording', () => void send('/admin/dump', answers), 'Keep the recording of the last minutes')] : []),
  );
  toolsSection.hidden = tools.children.length === 0;
}

function makeView({ commands }: ProcessPart, of: string): void {
  view?.mounts.remove();
  view?.paths.node.remove();
  viewOf = of;
  view = new ProcessView(commands.includes('switch') ? { answers, canKick: commands.includes('kick') } : undefined, { pathsHeading: 'Relays and paths' });
  mountsSection.append(view.mounts, nothing, legend);
  eventsSection.before(view.paths.node);
  fleet.before(view.paths.node);
}

function problemsOf(members: readonly FleetPart[], nowMs: number): readonly ProblemToShow[] {
  const own = (store.one('problems')?.problems ?? []).map((problem) => ({ ...problem, of: '', nowMs }));
  const others = members.flatMap(({ name, error, sinceMs, clockAheadMs, parts }): readonly ProblemToShow[] => {
    if (error !== undefined) return [{ level: 'bad', text: `cannot be asked: ${error}`, sinceMs, of: name, nowMs }];
    return (new Store(parts).one('problems')?.problems ?? []).map((problem) => ({ ...problem, of: name, nowMs: nowMs + clockAheadMs }));
  });
  return [...own, ...others].toSorted((a, b) => problemLevels.indexOf(a.level) - problemLevels.indexOf(b.level));
}

function showVerdict({ role }: ProcessPart, found: readonly ProblemToShow[], onAir: number): void {
  const [bad, warn] = (['bad', 'warn'] as const).map((level) => found.filter((problem) => problem.level === level).length) as [number, number];
  const look = bad > 0 ? 'bad' : warn > 0 ? 'warn' : 'good';
  const count = role === 'relay' ? '' : `${onAir} on air`;
  const text = bad > 0 ? `✖ ${counted(bad, 'trouble')}${warn > 0 ? `, ${counted(warn, 'warning')}` : ''}` : warn > 0 ? `▲ ${counted(warn, 'warning')}` : '✓ All well';
  setText(verdict, joined([text, count]));
  setAttribute(verdict, 'class', `verdict ${look}`);
  // Seen in a tab that is behind others.
  document.title = `${look === 'good' ? '' : `(${bad + warn}) `}${document.title.replace(/^\(\d+\) /, '')}`;
}
