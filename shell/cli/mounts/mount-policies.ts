import { resolve } from 'node:path';
import { mountpointProblem } from '../../../core/wire/messages/announce.ts';
import { originProblem } from '../../../core/wire/messages/extensions.ts';
import { codecs, type Codec } from '../../../core/codec/format/format.ts';
import { fallbackLoop, mountSettingNames, type Fallback, type MountPolicies, type MountPolicy, type MountSettingName } from '../../../core/config/mount-policy.ts';
import { settingProblem } from '../../../core/config/settings.ts';
import { JsonReader } from '../json-reader.ts';
import { LISTENERS_KEY } from './mount-listeners.ts';
import { SOURCE_KEY } from './mount-sources.ts';
import type { Given, Option } from '../options/options.ts';
import { UsageError } from '../../process/problems.ts';
import { keyText, type YamlDocument } from '../yaml/document.ts';

export const mountOptions: readonly Option[] = [
  { name: 'prefer', value: 'MOUNT=ORIGIN', repeated: true, help: 'listeners of this mountpoint return to the preferred encoder, given by its --origin or by the address that its relay receives it from' },
  { name: 'codec', value: 'MOUNT=CODEC', repeated: true, help: `codec of this mountpoint: ${codecs.slice(0, -1).join(', ')} or ${codecs.at(-1)}; its streams in other codecs are ignored (default: the codec of the majority)` },
  { name: 'fallback-mount', value: 'MOUNT=OTHER', repeated: true, help: 'fallback of this mountpoint: another mountpoint, heard while no encoder is available' },
  { name: 'fallback-file', value: 'MOUNT=FILE', repeated: true, help: 'fallback of this mountpoint: a file of the same codec, played in a loop while no encoder is available' },
  { name: 'intro', value: 'MOUNT=FILE', repeated: true, help: 'a file of the same format that each new listener of this mountpoint hears first' },
];

/** What a configuration file says under "mounts". Throws a UsageError that names file and key of all that is wrong. */
export function policiesIn(document: YamlDocument, mounts: unknown): MountPolicies {
  const read = new PolicyReader(document);
  const policies = new Map<string, MountPolicy>();
  read.each('mounts', mounts, (key, where, value) => {
    const name = read.mount(where, key);
    if (policies.has(name)) throw read.error(where, 'given twice, with and without its leading slash');
    policies.set(name, read.policy(where, value));
  });
  const loop = fallbackLoop(policies.keys(), (mount) => policies.get(mount));
  if (loop !== undefined) throw read.error('mounts', loopText(loop));
  return Object.fromEntries(policies);
}

/** Those of the file, changed by what is on the command line. */
export function policiesOf(given: Given, inFile: MountPolicies): MountPolicies {
  const policies = new Map(Object.entries(inFile));
  const change = (mount: string, policy: MountPolicy): void => void policies.set(mount, { ...policies.get(mount), ...policy });
  for (const { mount, value } of pairs(given, 'prefer')) {
    const problem = originProblem(value);
    if (problem !== undefined) throw new UsageError(`--prefer: ${problem}`);
    change(mount, { prefer: value });
  }
  for (const { mount, value } of pairs(given, 'codec')) {
    if (!isCodec(value)) throw new UsageError(`--codec: ${codecProblem}, not "${value}"`);
    change(mount, { codec: value });
  }
  const files = pairs(given, 'fallback-file');
  for (const { mount, value } of pairs(given, 'intro')) change(mount, { intro: resolve(value) });
  for (const { mount, value } of files) change(mount, { fallback: { file: resolve(value) } });
  for (const { mount, value } of pairs(given, 'fallback-mount')) {
    if (files.some((file) => file.mount === mount)) throw new UsageError(`--fallback-mount and --fallback-file are both given for /${mount}`);
    change(mount, { fallback: { mount: nameOn('--fallback-mount', value) } });
  }
  const loop = fallbackLoop(policies.keys(), (mount) => policies.get(mount));
  if (loop !== undefined) throw new UsageError(loopText(loop));
  return Object.fromEntries(policies);
}

/** One sentence on fallbacks that come back to where they began. */
export function loopText(mounts: readonly string[]): string {
  return `the fallbacks form a loop: ${mounts.map((name) => `/${name}`).join(', ')}`;
}

/** Reads policies from JSON. */
class PolicyReader extends JsonReader {
  policy(where: string, value: unknown): MountPolicy {
    let policy: MountPolicy = {};
    this.each(where, value, (key, inside, one) => (policy = this.#with(policy, key, inside, one)));
    return policy;
  }

  #with(policy: MountPolicy, key: string, inside: string, value: unknown): MountPolicy {
    if (key === SOURCE_KEY || key === LISTENERS_KEY) return policy;
    if (key === 'prefer') return { ...policy, prefer: this.origin(inside, value) };
    if (key === 'codec') return { ...policy, codec: this.#codec(inside, value) };
    if (key === 'trust') return { ...policy, trust: this.#trust(inside, value) };
    if (key === 'verify') return { ...policy, verify: this.#verify(inside, value) };
    if (key === 'fallback') return { ...policy, fallback: this.#fallback(inside, value) };
    if (key === 'intro') return { ...policy, intro: this.path(inside, value) };
    if (key === 'fallbackOnSilence') return { ...policy, fallbackOnSilence: this.flag(inside, value) };
    return { ...policy, settings: { ...policy.settings, ...this.#setting(inside, key, this.number(inside, value)) } };
  }

  #codec(where: string, value: unknown): Codec {
    if (!isCodec(value)) throw this.error(where, codecProblem);
    return value;
  }

  #trust(where: string, value: unknown): 'content' | 'all' {
    if (value !== 'content' && value !== 'all') throw this.error(where, 'must be "content" or "all"');
    return value;
  }

  #verify(where: string, value: unknown): 'off' | 'switch' | 'hold' {
    if (value !== 'off' && value !== 'switch' && value !== 'hold') throw this.error(where, 'must be "off", "switch" or "hold"');
    return value;
  }

  #fallback(where: string, value: unknown): Fallback {
    // The name of a file alone is what many try first.
    const entries = typeof value === 'string' ? [] : this.entries(where, value);
    const [kind, of] = entries[0] ?? [];
    if (entries.length !== 1 || (kind !== 'mount' && kind !== 'file')) throw this.error(where, `must be either {"mount": NAME} or {"file": FILE}${typeof value === 'string' ? `, not ${JSON.stringify(value)}` : ''}`);
    const inside = keyText(where, kind);
    return kind === 'file' ? { file: this.path(inside, of) } : { mount: this.mount(inside, this.text(inside, of)) };
  }

  #setting(where: string, name: string, value: unknown): MountPolicy['settings'] {
    if (!isMountSetting(name)) throw this.unknown(where, name, 'a mountpoint has', ['prefer', 'fallback', 'intro', ...mountSettingNames, 'fallbackOnSilence', 'trust', 'codec', 'verify', SOURCE_KEY, LISTENERS_KEY]);
    const problem = settingProblem(name, value);
    if (problem !== undefined) throw this.error(where, problem.replace(`${name} `, ''));
    return { [name]: value };
  }
}

const codecProblem = `must be one of ${codecs.join(', ')}`;

function isCodec(value: unknown): value is Codec {
  return codecs.some((codec) => codec === value);
}

/** `MOUNT=VALUE`, each mountpoint once. */
function pairs(given: Given, option: string): { readonly mount: string; readonly value: string }[] {
  const seen = new Set<string>();
  return given.all(option).map((text) => {
    const cut = text.indexOf('=');
    if (cut <= 0 || cut === text.length - 1) throw new UsageError(`--${option} must be ${mountOptions.find(({ name }) => name === option)!.value}, not "${text}"`);
    const mount = nameOn(`--${option}`, text.slice(0, cut));
    if (seen.has(mount)) throw new UsageError(`--${option} is given twice for /${mount}`);
    seen.add(mount);
    return { mount, value: text.slice(cut + 1) };
  });
}

function nameOn(option: string, text: string): string {
  const name = text.replace(/^\//, '');
  const problem = mountpointProblem(name);
  if (problem !== undefined) throw new UsageError(`${option}: ${problem}, as "${text}" does`);
  return name;
}

function isMountSetting(name: string): name is MountSettingName {
  return mountSettingNames.includes(name as MountSettingName);
}
