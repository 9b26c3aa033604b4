import type { Settings } from '../../../core/config/settings.ts';
import type { Handle } from './handle.ts';
import { PROTOCOL, type Channel, type Takes, type ToNew, type ToOld } from './messages.ts';

/** A socket to be given away, and what the new process can prepare for it before anything stops. Plain data. */
export interface Offered {
  readonly handle: Handle;
  readonly about?: unknown;
}

/** Who comes while the handles of many others are on their way goes in a further round: what is left for the standstill is little. */
const ROUNDS_AHEAD = 3;

/** The new process, as the old one sees it. */
export interface NewProcess extends Channel<ToNew> {
  readonly pid: number;
  /** What is saved, by the pipe. */
  save(bytes: Uint8Array): void;
  /** It reads again what it has read. */
  hangUp(): void;
  /** It is not wanted any more. */
  kill(): void;
}

export interface NewProcessUser {
  heard(message: ToOld): void;
  /** `how`: a status, a signal, or why it could not be started. */
  ended(how: string): void;
}

/** Starts the program as it is on disk now. Nothing of it is told during the call. */
export type StartNew = (user: NewProcessUser) => NewProcess;

/** What a role has that can be handed over. All calls come in this order. */
export interface Estate {
  /** What the new process has to agree with. */
  terms(): unknown;
  /** Why nothing can be handed over just now; undefined: it can. */
  readonly hindrance: string | undefined;
  /** Before `handles`, and between `freeze` and `save`: resolves when what other processes of ours have for it is here. Absent: there are none. */
  gather?(takes: Takes): Promise<void>;
  /** Nobody takes what was gathered before `freeze`: it is closed here. Absent where `gather` is. */
  giveUp?(): void;
  /** The sockets that can be given away now, while all goes on. */
  handles(takes: Takes): readonly Offered[];
  /** Nothing comes in or goes out any more: what is saved stays true. */
  freeze(takes: Takes): void;
  /** What the new process needs to go on from here. `numberOf` gives away a socket that was not there before. */
  save(takes: Takes, numberOf: (offered: Offered) => number): Uint8Array;
  /** Nobody has taken it: goes on as if nothing had been. */
  goOn(): void;
  /** It is the new process that serves. Resolves when nothing is left to do here. */
  handedOver(takes: Takes, rest: Rest): Promise<void>;
}

/** What can be said to the new process once it serves. */
export interface Rest {
  /** A connection that came too late; it is closed here. Resolves when the new process has it, or has ended. */
  connection(port: string, handle: Handle, bytes: Uint8Array, about: unknown): Promise<void>;
  /** All that was given to a connection is written. */
  written(handle: Handle): void;
  closed(handle: Handle): void;
  /** The new process has let go of a connection whose last bytes are written here. */
  onClosed(told: (handle: Handle) => void): void;
}

/** `ended`: how the new process has ended, if it does so while this one is still there. */
export type Outcome = { readonly isOver: true; readonly takes: Takes; readonly why: string | undefined; readonly left: Promise<void>; readonly ended: Promise<string> } | { readonly isOver: false; readonly reason: string };

/**
 * The old process's side of a hand-over.
 *
 *     offer --upgradeStartMs--> ready --handles, upgradeStartMs--> freeze, save --upgradeTakeMs--> taken, go --upgradeTakeMs--> serves
 *
 * Until the new process serves, the old one has lost nothing: whatever fails before is the end of the new one, and the old one goes on.
 */
export class HandOver implements NewProcessUser {
  readonly #estate: Estate;
  readonly #settings: Pick<Settings, 'upgradeStartMs' | 'upgradeTakeMs'>;
  readonly #new: NewProcess;
  readonly #numbers = new Map<Handle, number>();
  readonly #given = new Map<number, Handle>();
  #count = 0;
  #isFrozen = false;
  #wanted: { readonly kind: ToOld['kind']; readonly found: (message: ToOld) => void; readonly fail: (reason: string) => void } | undefined;
  #failed: string | undefined;
  #closedTold: (handle: Handle) => void = () => undefined;
  readonly #ended: Promise<string>;
  #tellEnd: (how: string) => void = () => undefined;

  constructor(estate: Estate, settings: Pick<Settings, 'upgradeStartMs' | 'upgradeTakeMs'>, start: StartNew) {
    this.#estate = estate;
    this.#settings = settings;
    this.#ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
    this.#new = start(this);
  }

  /** Of the new process. */
  get pid(): number {
    return this.#new.pid;
  }

  /** What the new process says. */
  heard(message: ToOld): void {
    if (message.kind === 'closed') {
      const handle = this.#given.get(message.number);
      if (handle !== undefined) this.#closedTold(handle);
    } else if (message.kind === 'failed') this.#fail(message.reason);
    else if (this.#wanted?.kind === message.kind) this.#wanted.found(message);
    else this.#fail(`it says "${message.kind}" at the wrong moment`);
  }

  ended(how: string): void {
    this.#fail(`it has ended: ${how}`);
    this.#tellEnd(how);
  }

  /** The new process reads again what it has read at its start. */
  hangUp(): void {
    this.#new.hangUp();
  }

  /** The new process is not wanted any more. */
  stop(): void {
    this.#new.kill();
  }

  /** @param version of this program. */
  async run(version: string): Promise<Outcome> {
    const { upgradeStartMs, upgradeTakeMs } = this.#settings;
    try {
      this.#new.say({ kind: 'offer', protocol: PROTOCOL, version, terms: this.#estate.terms() });
      const { takes, why } = await this.#hear('ready', upgradeStartMs, 'it was not ready in time (upgradeStartMs)');
      for (let round = 0; round < ROUNDS_AHEAD; round++) await this.#giveAhead(takes);
      this.#estate.freeze(takes);
      this.#isFrozen = true;
      await this.#gather(takes, upgradeTakeMs, 'workers have not stopped in time (upgradeTakeMs)');
      const bytes = this.#estate.save(takes, (offered) => this.#numberOf(offered));
      this.#new.say({ kind: 'take', bytes: bytes.length });
      this.#new.save(bytes);
      await this.#hear('taken', upgradeTakeMs, 'it has not restored the state in time (upgradeTakeMs)');
      this.#new.say({ kind: 'go' });
      await this.#hear('serves', upgradeTakeMs, 'it did not begin to serve in time (upgradeTakeMs)');
      return { isOver: true, takes, why, left: this.#estate.handedOver(takes, this.#rest()), ended: this.#ended };
    } catch (error) {
      this.#new.kill();
      if (this.#isFrozen) this.#estate.goOn();
      else this.#estate.giveUp?.();
      return { isOver: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  #fail(reason: string): void {
    this.#failed ??= reason;
    this.#wanted?.fail(reason);
  }

  /** Most handles go while all goes on: it takes most of the time, and nobody waits for it. */
  async #giveAhead(takes: Takes): Promise<void> {
    await this.#gather(takes, this.#settings.upgradeStartMs, 'workers have not given their connections in time (upgradeStartMs)');
    const handles = this.#estate.handles(takes).filter(({ handle }) => !this.#numbers.has(handle));
    let left = handles.length;
    if (left === 0) return;
    await this.#within(this.#settings.upgradeStartMs, 'it has not taken the connections in time (upgradeStartMs)', (done) => {
      for (const offered of handles) this.#give(offered, () => --left === 0 && done());
    });
  }

  async #gather(takes: Takes, limitMs: number, late: string): Promise<void> {
    const gathered = this.#estate.gather?.(takes);
    if (gathered !== undefined) await this.#within(limitMs, late, (done, fail) => void gathered.then(done, (error: unknown) => fail(String(error))));
  }

  #numberOf(offered: Offered): number {
    return this.#numbers.get(offered.handle) ?? this.#give(offered);
  }

  #give({ handle, about }: Offered, sent?: () => void): number {
    const number = this.#numbered(handle);
    this.#numbers.set(handle, number);
    this.#new.say({ kind: 'handle', number, about }, handle, sent);
    return number;
  }

  #numbered(handle: Handle): number {
    this.#count++;
    this.#given.set(this.#count, handle);
    return this.#count;
  }

  #rest(): Rest {
    return {
      connection: async (port, handle, bytes, about) => {
        const sent = new Promise<void>((resolve) => {
          this.#new.say({ kind: 'connection', port, number: this.#numbered(handle), bytes: Buffer.from(bytes).toString('base64'), about }, handle, resolve);
        });
        // One that has ended takes nothing any more, and nobody says so.
        await Promise.race([sent, this.#ended]);
      },
      written: (handle) => this.#new.say({ kind: 'written', number: this.#numbers.get(handle)! }),
      closed: (handle) => this.#new.say({ kind: 'closed', number: this.#numbers.get(handle)! }),
      onClosed: (told) => {
        this.#closedTold = told;
      },
    };
  }

  async #hear<Kind extends ToOld['kind']>(kind: Kind, withinMs: number, late: string): Promise<Extract<ToOld, { kind: Kind }>> {
    return await this.#within(withinMs, late, () => undefined, kind) as Extract<ToOld, { kind: Kind }>;
  }

  /** Until one of `begin`'s arguments is called, or a message of this kind comes. */
  async #within(limitMs: number, late: string, begin: (done: () => void, fail: (reason: string) => void) => unknown, kind?: ToOld['kind']): Promise<ToOld | undefined> {
    if (this.#failed !== undefined) throw new Error(this.#failed);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<ToOld | undefined>((resolve, reject) => {
        const fail = (reason: string): void => reject(new Error(reason));
        timer = setTimeout(() => fail(late), limitMs);
        this.#wanted = { kind: kind ?? 'failed', found: resolve, fail };
        begin(() => resolve(undefined), fail);
      });
    } finally {
      clearTimeout(timer);
      this.#wanted = undefined;
    }
  }
}
