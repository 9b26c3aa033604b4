import type { SourceJson } from '../operator/answers.ts';

/**
 * What the page is told. A state is a set of parts, each with a key; changes replace parts by their keys. Times (`…Ms`) are by the wall clock, since 1970. Only what changes by itself is in a
 * part, so that nothing is sent while nothing happens.
 */
export type Part = ProcessPart | MountPart | LanesPart | PathsPart | RelayPart | EventsPart | ProblemsPart | FleetPart;

export type Parts = Readonly<Record<string, Part>>;

/** The first event, `whole`, and the answer to those who ask for a document. */
export interface Whole {
  readonly format: typeof PAGE_FORMAT;
  readonly nowMs: number;
  readonly parts: Parts;
}

/** Every further event, `changes`: one in a second, also when nothing has changed. */
export interface Changes {
  readonly nowMs: number;
  readonly parts: Parts;
  /** Keys of parts that are there no more. */
  readonly gone: readonly string[];
}

export const PAGE_FORMAT = 'davecast-page-1';

/** For how long lanes are drawn. */
export const WINDOW_MS = 600_000;

/** Who looks: everybody, who may see names and addresses, or who may change something besides. */
export type View = 'public' | 'full' | 'operator';

export type Command = 'switch' | 'kick' | 'reload' | 'dump';

export interface ProcessPart {
  readonly kind: 'process';
  readonly role: string;
  readonly version: string;
  /** Of the machine; '' for everybody. */
  readonly host: string;
  readonly startedMs: number;
  readonly view: View;
  /** There is an admin password. */
  readonly canLogIn: boolean;
  readonly commands: readonly Command[];
}

/** `starting`: no frame yet; `on-demand`: it starts when somebody asks for it. */
export type OnAir = 'live' | 'fallback' | 'stalled' | 'starting' | 'on-demand' | 'ended';

export interface MountPart {
  readonly kind: 'mount';
  readonly mount: string;
  readonly onAir: OnAir;
  /** What it calls itself, and what it gives out. */
  readonly label: string;
  readonly title: string;
  readonly codec: string;
  readonly kbps: number;
  readonly listeners: number;
  readonly listenerPeak: number;
  /** For those who may see it. */
  readonly detail?: MountDetail;
}

export interface MountDetail {
  readonly slowListeners: number;
  readonly fallback: string | undefined;
  readonly switches: number;
  readonly standingBy: number;
  /** An operator has chosen an encoder. */
  readonly isChosen: boolean;
  readonly encoders: readonly EncoderState[];
  /** Why it has ended. */
  readonly ended: { readonly atMs: number; readonly message: string; readonly listeners: number } | undefined;
}

export interface EncoderState extends Omit<SourceJson, 'aheadMs'> {
  /** What it is called in its lane. */
  readonly name: string;
  readonly state: LaneState;
}

/** `unfit`: it comes, but could not go on air; `off`: a fallback that is not heard. */
export type LaneState = 'well' | 'unfit' | 'silent' | 'frozen' | 'stalled' | 'lost' | 'off';
/** By their numbers in spans. */
export const laneStates: readonly LaneState[] = ['well', 'unfit', 'silent', 'frozen', 'stalled', 'lost', 'off'];

export interface Lane {
  readonly name: string;
  /** The id of the stream that it has, or had last; '' for the fallback. */
  readonly stream: string;
  /** Pairs: when a span begins, and its state: twice the number of the lane state, and 1 more while it is on air. Each ends where the next begins. */
  readonly spans: readonly number[];
}

export interface LanesPart {
  readonly kind: 'lanes';
  readonly mount: string;
  readonly lanes: readonly Lane[];
  /** The newest first. */
  readonly marks: readonly Mark[];
}

export type Tone = 'bad' | 'warn' | 'good' | 'news';

/** Something that has happened to a mountpoint. */
export interface Mark {
  readonly atMs: number;
  readonly tone: Tone;
  readonly kind: string;
  readonly text: string;
  /** How far a cut was off, where it is one: less than 0 repeats, more than 0 leaves out. */
  readonly errorMs?: number;
  /** What listeners were not given before it. */
  readonly silentMs?: number;
}

/** What comes in: relays that are subscribed to, and who else sends. */
export interface PathsPart {
  readonly kind: 'paths';
  readonly paths: readonly PathState[];
}

export interface PathState {
  readonly name: string;
  readonly isRelay: boolean;
  readonly transport: string;
  readonly open: number;
  readonly isUp: boolean;
  /** Messages that were dropped since the start. */
  readonly dropped: number;
  /** Behind the fastest path, to 5 ms. */
  readonly lagMs: number | null;
}

export interface RelayPart {
  readonly kind: 'relay';
  readonly streams: number;
  readonly subscribers: number;
  /** Messages that subscribers have lost since the start. */
  readonly lostMessages: number;
  /** Connections to us by address, those with most first; undefined for everybody. */
  readonly holders?: { readonly paths: readonly Holder[]; readonly subscribers: readonly Holder[] };
}

export type Holder = readonly [address: string, count: number];

export interface EventsPart {
  readonly kind: 'events';
  /** The newest first. */
  readonly events: readonly EventLine[];
}

export interface EventLine {
  readonly atMs: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
  /** What to do. */
  readonly next?: string;
  /** So many times in a row, the last time at `atMs`. */
  readonly times: number;
}

export interface ProblemsPart {
  readonly kind: 'problems';
  /** The worst first. */
  readonly problems: readonly Problem[];
}

/** The worst first. */
export const problemLevels: readonly Problem['level'][] = ['bad', 'warn', 'note'];

/** What is wrong now. */
export interface Problem {
  /** `bad`: listeners notice; `warn`: they will at the next failure; `note`: as it is meant to be, perhaps. */
  readonly level: 'bad' | 'warn' | 'note';
  readonly text: string;
  readonly sinceMs: number;
  readonly mount?: string;
}

/** Another process that is shown. */
export interface FleetPart {
  readonly kind: 'fleet';
  readonly name: string;
  /** Its own page. */
  readonly link: string;
  /** Why nothing is known of it now; undefined: it answers. */
  readonly error: string | undefined;
  readonly sinceMs: number;
  /** By how much its clock is ahead of ours, to the second. */
  readonly clockAheadMs: number;
  readonly parts: Parts;
}
