import type { Note } from '../../world/trace.ts';
import type { LaneDraft, State } from '../builder.ts';
import type { HueOf } from './mounts.ts';

interface Change {
  readonly atMs: number;
  readonly apply: (heard: Heard) => void;
}

interface Heard {
  isConnected: boolean;
  isSilent: boolean;
  stream: string | undefined;
}

/** What a listener heard, from its own notes. Silence is noted at its end, so all notes have to be there. */
export function drawListener(lane: LaneDraft, joinsAtMs: number, notes: readonly Note[], hueOf: HueOf): void {
  const changes = notes.flatMap(changesOf).sort((a, b) => a.atMs - b.atMs);
  const heard: Heard = { isConnected: false, isSilent: false, stream: undefined };
  lane.enter(0, { state: 'not connected yet', tone: 'off' });
  lane.enter(joinsAtMs, { state: 'connecting', tone: 'warn', label: 'connecting' });
  for (const { atMs, apply } of changes) {
    apply(heard);
    lane.enter(atMs, stateOf(heard, hueOf));
  }
}

function changesOf({ atMs, kind, fields }: Note): Change[] {
  switch (kind) {
    case 'connected':
      return [
        {
          atMs,
          apply: (heard) => {
            heard.isConnected = true;
            heard.stream ??= String(fields['stream']);
          },
        },
      ];
    case 'disconnected':
      return [{ atMs, apply: (heard) => void (heard.isConnected = false) }];
    case 'splice':
      return [{ atMs, apply: (heard) => void (heard.stream = String(fields['to'])) }];
    case 'silence': {
      const fromMs = Number(fields['fromMs']);
      return [
        { atMs: fromMs, apply: (heard) => void (heard.isSilent = true) },
        { atMs: fromMs + Number(fields['silentMs']), apply: (heard) => void (heard.isSilent = false) },
      ];
    }
    default:
      return [];
  }
}

function stateOf({ isConnected, isSilent, stream }: Heard, hueOf: HueOf): State {
  if (isSilent) return { state: 'silent', tone: 'bad', label: 'silence' };
  if (stream === undefined) return { state: 'connecting', tone: 'warn', label: 'connecting' };
  const hue = hueOf(stream);
  const colour = hue === undefined ? {} : { hue };
  if (!isConnected) return { state: 'disconnected, plays its buffer', tone: 'warn', label: 'reconnecting', ...colour };
  return { state: 'playing', tone: 'good', label: stream, ...colour };
}
