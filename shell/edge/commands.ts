import { policyFor, type MountPolicies, type MountPolicy } from '../../core/config/mount-policy.ts';
import type { CommandResult, MountCommand } from '../../core/edge/switching/operator/command.ts';
import type { EdgeMachine } from '../../core/recording/recorded-edge.ts';
import { mountpointProblem } from '../../core/wire/messages/announce.ts';
import type { AdminApi } from '../icecast/admin.ts';
import type { Log } from '../log/log.ts';
import type { OperatorApi } from '../operations/operator/pages.ts';
import type { Driver } from '../process/driver.ts';
import { fallbackProblemText } from './mount-files.ts';

export interface EdgeCommandsOptions {
  readonly machine: EdgeMachine;
  readonly driver: Driver;
  /** What is configured of single mountpoints at present. */
  readonly policies: () => MountPolicies | undefined;
  readonly log: Log;
}

/** What an operator has an edge do, and is told of its mountpoints. */
export class EdgeCommands {
  readonly #options: EdgeCommandsOptions;
  readonly operator: OperatorApi;
  readonly admin: AdminApi;

  constructor(options: EdgeCommandsOptions) {
    const { machine, driver } = options;
    this.#options = options;
    this.operator = {
      command: (mount, command) => this.#command(mount, command),
      streamsOf: (mount) => machine.streamsOf(driver.now, mount),
      endedMount: (mount) => this.#endedMount(mount),
      fallbackOf: (mount) => machine.mount(mount)?.fallback,
      startsOnDemand: (mount) => machine.presence(driver.now, mount) === 'starts',
    };
    this.admin = {
      leaveSource: (mount) => this.#command(mount, { kind: 'switch' }),
      hasOther: (mount) => machine.streamsOf(driver.now, mount)?.some(({ isOnAir, isHealthy }) => isHealthy && !isOnAir) === true,
      setTitle: (mount, title) => this.#setTitle(mount, title),
      fallbackOf: (mount) => fallbackText(machine.policyOf(mount).fallback),
      setFallback: (mount, fallback) => this.#setFallback(mount, fallback),
    };
  }

  /** Sets what listeners of a mountpoint see, for somebody at this address who may; false when the mountpoint is not on air. */
  setTitle(mount: string, title: string, from: string): boolean {
    const { machine, log } = this.#options;
    if (machine.mount(mount) === undefined) return false;
    const isTaken = this.#setTitle(mount, title);
    log({ kind: 'operator', mount, command: 'metadata', to: title, result: isTaken ? 'done' : 'refused', from });
    return isTaken;
  }

  #setTitle(mount: string, title: string): boolean {
    const { machine, driver } = this.#options;
    const isTaken = machine.setTitle(driver.now, mount, title, Date.now());
    driver.settle();
    return isTaken;
  }

  #command(mount: string, command: MountCommand): CommandResult {
    const { machine, driver } = this.#options;
    const result = machine.command(driver.now, mount, command);
    driver.settle();
    return result;
  }

  #endedMount(name: string): ReturnType<OperatorApi['endedMount']> {
    const { machine, driver } = this.#options;
    const mount = machine.endedMount(driver.now, name);
    return mount && { mount, at: driver.dateOf(mount.endedAt) };
  }

  /** A file can be only one that was read at start: an operator's page reads none. */
  #setFallback(mount: string, text: string): string | undefined {
    const { machine, driver, policies } = this.#options;
    const configured = policyFor(mount, policies())?.fallback;
    const { fallback: _, ...others } = machine.policyOf(mount);
    const name = text.replace(/^\//, '');
    const isFile = text !== '' && text === fallbackText(configured);
    const named = isFile || text === '' ? undefined : mountpointProblem(name);
    // What was asked for is not said again: the answer is a page.
    if (named !== undefined) return named;
    const fallback = isFile ? configured : text === '' ? undefined : { mount: name };
    const problem = machine.changePolicy(driver.now, mount, { ...others, ...(fallback !== undefined && { fallback }) });
    driver.settle();
    return problem && fallbackProblemText(problem);
  }
}

/** As Icecast writes it: a mountpoint with its slash, a file by its path. */
function fallbackText(fallback: MountPolicy['fallback']): string | undefined {
  if (fallback === undefined) return undefined;
  return 'file' in fallback ? fallback.file : `/${fallback.mount}`;
}
