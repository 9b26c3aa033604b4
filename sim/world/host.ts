import type { MountPolicy } from '../../core/config/mount-policy.ts';
import type { MountCommand } from '../../core/edge/switching/operator/command.ts';
import { ms, type Micros } from '../../core/base/units.ts';
import type { Gauge } from './gauge.ts';
import type { Random } from './rng.ts';
import type { Accept, Socket } from './socket.ts';
import type { World } from './world.ts';

/** What somebody does with what a relay of his forwards. */
export type Forging = 'forge' | 'insert' | 'repeat' | 'unsign';

/** A program on a host: one of ours, or a listener's player. */
export interface Process {
  start(): void;
  /** It has been killed: whatever it still has scheduled must not happen. */
  killed(): void;
  /** An operator wants something of one of its mountpoints. */
  command?(mount: string, command: MountCommand): void;
  /** Somebody sets the title of one of its mountpoints. */
  setTitle?(mount: string, title: string): void;
  changePolicy?(mount: string, policy: MountPolicy): void;
  /** Somebody has taken it over, or has been thrown out again. */
  forge?(how: Forging | undefined): void;
  /** What its buffers hold. Nothing may come of being asked. */
  gauges?(): readonly Gauge[];
}

export type DatagramTaker = (bytes: Uint8Array, from: string) => void;

/** Longest that the scheduler takes to run a process whose input is there. */
const WAKE_MS = 1;

/** What Linux keeps at most of datagrams that are not read, and what it counts for each beside its bytes. */
const DATAGRAM_BUFFER_BYTES = 212_992;
const DATAGRAM_OVERHEAD_BYTES = 768;

/** How long all of them have been up when a run begins: a machine's clock is never before its zero, however it is set back. */
const UPTIME_S = 1_000_000;

/**
 * A computer with one process of ours: what its kernel does for it, also while it is stopped or when it has died.
 */
export class Host {
  readonly name: string;
  readonly #world: World;
  readonly #boot: (host: Host) => Process;
  readonly #schedule: Random;
  readonly #sockets = new Set<Socket>();
  readonly #tcpPorts = new Map<string, Accept>();
  readonly #udpPorts = new Map<string, DatagramTaker>();
  #unreadDatagramBytes = 0;
  /** What a stopped process is going to find when it goes on, in the order in which it came. */
  #inbox: (() => void)[] = [];
  #process: Process | undefined;
  #isOn = true;
  #isPaused = false;
  #clockOffset = UPTIME_S * 1e6;

  /** `boot` makes the process, anew at each start. */
  constructor(world: World, name: string, schedule: Random, boot: (host: Host) => Process) {
    this.#world = world;
    this.name = name;
    this.#schedule = schedule;
    this.#boot = boot;
  }

  /** Whether the kernel answers. */
  get isOn(): boolean {
    return this.#isOn;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** What its clock shows. */
  get clock(): Micros {
    return (this.#world.now + this.#clockOffset) as Micros;
  }

  /** Somebody sets its clock: forward, or back where that is less than 0. */
  stepClock(by: Micros): void {
    this.#clockOffset += by;
  }

  start(): void {
    this.#isOn = true;
    if (this.#process !== undefined) return;
    this.#process = this.#boot(this);
    this.#process.start();
  }

  /** SIGKILL: the process is gone with all it knew; its kernel closes its connections. */
  kill(): void {
    this.#die((socket) => socket.kernelCloses());
  }

  /** The power goes: nobody is told anything. */
  vanish(): void {
    this.#die((socket) => socket.kernelVanishes());
    this.#isOn = false;
  }

  /** SIGSTOP: the kernel still takes in what its buffers hold, and nothing is done with it. */
  pause(): void {
    this.#isPaused = this.#process !== undefined;
  }

  /** SIGCONT: everything that has come meanwhile is there at once. */
  resume(): void {
    this.#isPaused = false;
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const task of inbox) task();
  }

  /** For its process, if it runs: one that is stopped hears of it when it goes on. */
  command(mount: string, command: MountCommand): void {
    this.run(() => this.#process?.command?.(mount, command));
  }

  setTitle(mount: string, title: string): void {
    this.run(() => this.#process?.setTitle?.(mount, title));
  }

  /** What is wanted of a mountpoint changes, for its process, if it runs. */
  changePolicy(mount: string, policy: MountPolicy): void {
    this.run(() => this.#process?.changePolicy?.(mount, policy));
  }

  forge(how: Forging | undefined): void {
    this.run(() => this.#process?.forge?.(how));
  }

  /** Does it now, or as soon as the process goes on. The caller bounds how much it hands in meanwhile. */
  run(task: () => void): void {
    if (this.#isPaused) this.#inbox.push(task);
    else task();
  }

  /** How long it takes from an input's arrival until the process runs: mostly little. */
  wakeDelay(): number {
    const draw = this.#schedule();
    return Math.round(20 + ms(WAKE_MS) * draw * draw * draw);
  }

  listenTcp(port: string, accept: Accept): void {
    this.#tcpPorts.set(port, accept);
  }

  tcpPort(port: string): Accept | undefined {
    return this.#tcpPorts.get(port);
  }

  listenUdp(port: string, take: DatagramTaker): void {
    this.#udpPorts.set(port, take);
  }

  /** A datagram arrives; nobody is told when nobody takes it. */
  datagram(port: string, bytes: Uint8Array, from: string, taken: () => void): void {
    const take = this.#udpPorts.get(port);
    if (take === undefined || this.#unreadDatagramBytes > DATAGRAM_BUFFER_BYTES) return;
    const memory = bytes.length + DATAGRAM_OVERHEAD_BYTES;
    this.#unreadDatagramBytes += memory;
    this.run(() => {
      this.#unreadDatagramBytes -= memory;
      taken();
      take(bytes, from);
    });
  }

  adopt(socket: Socket): void {
    this.#sockets.add(socket);
  }

  disown(socket: Socket): void {
    this.#sockets.delete(socket);
  }

  /** Of its process, when there is one. */
  get gauges(): readonly Gauge[] {
    return this.#process?.gauges?.() ?? [];
  }

  get world(): World {
    return this.#world;
  }

  #die(close: (socket: Socket) => void): void {
    this.#process?.killed();
    this.#process = undefined;
    this.#isPaused = false;
    this.#inbox = [];
    this.#unreadDatagramBytes = 0;
    this.#tcpPorts.clear();
    this.#udpPorts.clear();
    for (const socket of this.#sockets) close(socket);
    this.#sockets.clear();
  }
}
