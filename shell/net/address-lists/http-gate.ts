import { prepareReplacement } from '../../process/service/replacement.ts';
import { ReloadedFiles } from '../../process/files/reloaded-files.ts';
import type { Log } from '../../log/log.ts';
import { AddressRules, type AddressFiles } from './address-rules.ts';

/** Load balancers ask for these, from wherever they are, and they tell nothing of anybody. */
const OPEN = /^(?:https?:\/\/[^/]*)?\/(?:healthz|readyz)(?:[?#]|$)/;

/** Which addresses may use the HTTP ports of a process at all: listeners, source clients and whoever asks for pages. */
export class HttpGate {
  readonly #log: Log;
  #current: Lists;

  /** @param lists all addresses, unless given. */
  constructor(lists: AddressFiles = {}, log: Log) {
    this.#log = log;
    this.#current = new Lists(lists, log);
  }

  /** Reads the files; rejects with a UsageError that has a line for each problem. They are read again when they change, and at SIGHUP. */
  start(): Promise<void> {
    return this.#current.files.start();
  }

  stop(): void {
    this.#current.files.stop();
  }

  /** @param address of the client, as a trusted proxy names it. @param target of its request. */
  admits(address: string, target: string): boolean {
    return this.#current.rules.admit(address) || OPEN.test(target);
  }

  /**
   * Reads other lists, and has prepared what else changes with them; rejects when either is wrong, and changes nothing. What it gives makes both count: who is
   * connected stays.
   */
  async prepare<Changed>(lists: AddressFiles = {}, others: () => Promise<() => Changed>): Promise<() => Changed> {
    if (lists.allow === this.#current.lists.allow && lists.deny === this.#current.lists.deny) return await others();
    const next = new Lists(lists, this.#log);
    return await prepareReplacement(next.files, () => {
      this.#current.files.stop();
      this.#current = next;
    }, others);
  }
}

/** What one configuration says. */
class Lists {
  readonly lists: AddressFiles;
  readonly files: ReloadedFiles;
  readonly rules: AddressRules;

  constructor(lists: AddressFiles, log: Log) {
    this.lists = lists;
    this.files = new ReloadedFiles(log);
    this.rules = new AddressRules(lists, this.files);
  }
}
