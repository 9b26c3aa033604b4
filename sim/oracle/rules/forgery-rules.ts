import { ms, toMs, type Micros } from '../../../core/base/units.ts';
import type { MountPolicy } from '../../../core/config/mount-policy.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { Programme } from '../../programme/programme.ts';
import type { World } from '../../world/world.ts';
import type { Oracle } from '../oracle.ts';

/** What is on its way to an edge, and to the next signature: delays, and a switch to what another stream had before its own. */
const ON_ITS_WAY_MS = 1_500;

/** Judges what one start of an edge gives out of streams that have to be signed, and are not as their encoder has made them. */
export class ForgeryRules {
  readonly #world: World;
  readonly #programme: Programme;
  readonly #oracle: Oracle;
  readonly #settings: Settings;
  readonly #verifyOf: (mount: string) => MountPolicy['verify'];
  readonly #relays: number;
  /** When a frame of the newest forger was first given out. From the next signature on his relay is not believed, so one that is given out later is of another relay. */
  #since: Micros | undefined;
  #forgers = 0;

  /** @param relays to which the edge subscribes. */
  constructor(world: World, programme: Programme, oracle: Oracle, settings: Settings, verifyOf: (mount: string) => MountPolicy['verify'], relays: number) {
    this.#relays = relays;
    this.#world = world;
    this.#programme = programme;
    this.#oracle = oracle;
    this.#settings = settings;
    this.#verifyOf = verifyOf;
  }

  /** A mountpoint has given a frame out. */
  gaveOut(mount: string, bytes: Uint8Array): void {
    const verify = this.#verifyOf(mount);
    if (verify === 'off' || verify === undefined) return;
    const frame = this.#programme.glance(bytes, 0);
    if (frame === undefined || frame.stream.isFile) return;
    const what = `${frame.stream.name} frame ${frame.index} at ${mount}`;
    if (frame.stream.isForeign && !frame.stream.isForged) return this.#oracle.violated('a stream that has to be signed is not heard without', what);
    // A mountpoint that is the fallback of this one has given it out, and it is judged there.
    if (!frame.stream.isForged || frame.stream.mount !== mount) return;
    if (verify === 'hold') return this.#broken(`${what}, which holds what is not verified`);
    const { now } = this.#world;
    if (this.#since === undefined || now - this.#since > ms(2 * this.#settings.signMs + ON_ITS_WAY_MS)) {
      if (this.#forgers === this.#relays) return this.#broken(`${what}, ${toMs((now - this.#since!) as Micros)} ms behind the first`);
      this.#forgers++;
      this.#since = now;
    }
  }

  #broken(what: string): void {
    this.#oracle.violated('forged audio is not heard past its signature', what);
  }
}
