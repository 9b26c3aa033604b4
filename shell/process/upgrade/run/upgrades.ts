import type { Settings } from '../../../../core/config/settings.ts';
import type { Log } from '../../../log/log.ts';
import { version } from '../../version.ts';
import { HandOver, type Estate, type StartNew } from '../hand-over.ts';

/** How a process ends that somebody has stopped. */
const STOPPED = 'status 0';

export interface UpgradesOptions {
  readonly estate: Estate;
  readonly settings: Pick<Settings, 'upgradeStartMs' | 'upgradeTakeMs'>;
  readonly log: Log;
  readonly start: StartNew;
  /** That process serves now, and this one no more. */
  readonly handedOver: (pid: number) => Promise<void>;
}

/** Has a new version of this process take over, as often as somebody asks for it, until one has. */
export class Upgrades {
  /** Resolves when another process has taken over and nothing is left to do here. */
  readonly over: Promise<void>;
  readonly #options: UpgradesOptions;
  #resolve: () => void = () => undefined;
  #underWay: HandOver | undefined;
  #isHandedOver = false;
  #hasReadAgain = false;

  constructor(options: UpgradesOptions) {
    this.#options = options;
    this.over = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Somebody wants it. Resolves when another process has taken over, or could not. */
  async begin(signal: string): Promise<void> {
    const { estate, log } = this.#options;
    const hindrance = this.#isHandedOver ? 'another process has taken over' : this.#underWay !== undefined ? 'an upgrade is under way' : estate.hindrance;
    if (hindrance !== undefined) return log({ kind: 'signal', signal, meaning: `ignored: ${hindrance}` });
    await this.#upgrade();
  }

  /** Something is read again here: a process that is about to take over may have read what was there before. */
  readonly readsAgain = (): void => {
    this.#hasReadAgain = true;
  };

  /** This process is to end: no other one takes over. */
  stop(): void {
    if (!this.#isHandedOver) this.#underWay?.stop();
  }

  async #upgrade(): Promise<void> {
    const { estate, settings, log, start } = this.#options;
    const handOver = new HandOver(estate, settings, start);
    const { pid } = handOver;
    this.#underWay = handOver;
    log({ kind: 'upgrade-started', pid });
    this.#hasReadAgain = false;
    process.on('SIGHUP', this.readsAgain);
    const outcome = await handOver.run(version);
    process.off('SIGHUP', this.readsAgain);
    if (!outcome.isOver) {
      this.#underWay = undefined;
      log({ kind: 'upgrade-failed', pid, reason: outcome.reason });
      return;
    }
    this.#isHandedOver = true;
    log({ kind: 'upgraded', pid, takes: outcome.takes, ...(outcome.why !== undefined && { why: outcome.why }) });
    if (this.#hasReadAgain) handOver.hangUp();
    void outcome.ended.then((how) => how !== STOPPED && log({ kind: 'successor-ended', pid, how }));
    void Promise.all([outcome.left, this.#options.handedOver(pid)]).then(() => this.#resolve());
  }
}
