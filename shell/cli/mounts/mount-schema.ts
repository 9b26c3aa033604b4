import { codecs } from '../../../core/codec/format/format.ts';
import { mountSettingNames } from '../../../core/config/mount-policy.ts';
import { settingTable, type SettingName } from '../../../core/config/settings.ts';
import { LISTENERS_KEY } from './mount-listeners.ts';
import { SOURCE_KEY, stationHeaders } from './mount-sources.ts';

/** JSON Schemas (draft 2020-12) of what stands under "mounts" in a configuration file. */

const text = { type: 'string', minLength: 1 };

/** A variable of the environment, which may stand for a number or the like. */
const reference = { type: 'string', pattern: '\\$\\{' };

const flag = { anyOf: [{ type: 'boolean' }, reference] };

const object = (properties: object, more: object = {}): object => ({ type: 'object', properties, additionalProperties: false, ...more });

export function settingSchema(name: SettingName): object {
  const { value, min, max, unit, why } = settingTable[name];
  return { description: `${why} (${unit})`, default: value, anyOf: [{ type: 'integer', minimum: min, maximum: max }, reference] };
}

const sourceService = object({
  streamAuth: text,
  mountAdd: text,
  mountRemove: text,
  username: text,
  password: text,
  authHeader: text,
  server: text,
}, { anyOf: [{ required: ['streamAuth'] }, { required: ['mountAdd'] }, { required: ['mountRemove'] }] });

const source = object({
  user: text,
  password: text,
  auth: object({ url: { description: 'a web service that says who may send to the mountpoint, or is told when it has a source', ...sourceService } }, { required: ['url'] }),
  from: text,
  to: { anyOf: [text, { type: 'array', items: text, minItems: 1 }] },
  origin: text,
  title: text,
  ...Object.fromEntries(Object.keys(stationHeaders).map((key) => [key, text])),
});

const service = object({
  listenerAdd: text,
  listenerRemove: text,
  username: text,
  password: text,
  whenDown: { enum: ['refuse', 'admit'] },
  authHeader: text,
  timelimitHeader: text,
  headers: { type: 'array', items: text },
  headerPrefix: text,
  server: text,
}, { anyOf: [{ required: ['listenerAdd'] }, { required: ['listenerRemove'] }] });

const listeners = object({
  allow: { description: 'file of addresses that may listen', ...text },
  deny: { description: 'file of addresses that may not listen', ...text },
  auth: object({ htpasswd: { description: 'file of users and hashes', ...text }, url: { description: 'a web service that says who may listen', ...service }, onePerUser: flag }, { anyOf: [{ required: ['htpasswd'] }, { required: ['url'] }] }),
});

/** Of "mounts": an object of mountpoints by name. */
export function mountsSchema(): object {
  return {
    description: 'single mountpoints, by name',
    type: 'object',
    additionalProperties: object({
      prefer: { description: 'origin or address of the encoder that listeners return to', ...text },
      trust: { description: 'streams that may take over: those whose content has matched, or all that announce the name', default: 'content', enum: ['content', 'all'] },
      verify: { description: 'with --verify: whether audio has to be signed, and whether it is given out before that is known', enum: ['off', 'switch', 'hold'] },
      codec: { description: 'streams in other codecs are ignored', enum: codecs },
      fallback: { description: 'what listeners hear when no encoder is available', anyOf: [object({ mount: text }, { required: ['mount'] }), object({ file: text }, { required: ['file'] })] },
      intro: { description: 'file that each new listener hears first', ...text },
      fallbackOnSilence: { description: 'the fallback also replaces silence and repetition', default: false, ...flag },
      [LISTENERS_KEY]: { description: 'who may listen', ...listeners },
      [SOURCE_KEY]: { description: 'for encoders and stations: where its audio comes from', ...source },
      ...Object.fromEntries(mountSettingNames.map((name) => [name, settingSchema(name)])),
    }),
  };
}
