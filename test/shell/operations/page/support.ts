import type { MountFigures, StreamFigures } from '../../../../core/edge/mountpoint/figures.ts';
import type { ProcessEvent } from '../../../../shell/log/events.ts';
import { laneStates, type Lane } from '../../../../shell/operations/page/state.ts';

/** A stream that stands by, with what is different. */
export function stream(name: string, changes: Partial<StreamFigures> = {}): StreamFigures {
  return {
    id: name.padEnd(32, '0'), origin: name, source: '192.0.2.1', format: undefined, isOnAir: false, isPreferred: false, isChosen: false, isHealthy: true, contentFault: undefined, aheadMs: 0, matchedBy: 'frames',
    whyNot: undefined, isStandingBy: true, agreement: undefined, earlyMessages: 0, ...changes,
  };
}

export const onAir: Partial<StreamFigures> = { isOnAir: true, isStandingBy: false };

export function figures(streams: readonly StreamFigures[], changes: Partial<MountFigures> = {}): MountFigures {
  const nothing = { missingUs: { switch: 0, skipped: 0 }, repeatedUs: { switch: 0, skipped: 0 }, stalls: 0, stalledUs: 0, bufferedUs: 0 };
  return {
    name: 'radio', state: 'live', experience: nothing as unknown as MountFigures['experience'], silencedUs: 0, redundancyLostUs: undefined, audience: { listeners: 2, listenerPeak: 3, slowListeners: 0, bytesOut: 0 }, switches: 0,
    bytesOut: 0, streams, ...changes,
  };
}

export function told(kind: ProcessEvent['kind'], fields: object = {}): ProcessEvent & { readonly mount: string } {
  const names = { origin: '', source: '', stream: '', onAirOrigin: '', onAirSource: '', onAir: '', fromOrigin: '', fromSource: '', to: '', toOrigin: '', toSource: '' };
  return { kind, mount: 'radio', ...names, ...fields } as unknown as ProcessEvent & { readonly mount: string };
}

export function switched(from: string, to: string, reason: string, fields: object = {}): ReturnType<typeof told> {
  return told('switch', { from: from.padEnd(32, '0'), fromOrigin: from, to: to.padEnd(32, '0'), toOrigin: to, reason, offByMs: 3.26, silentMs: 812, ...fields });
}

/** `at: state`, those on air with an asterisk. */
export function spansOf({ spans }: Lane): string[] {
  return Array.from({ length: spans.length / 2 }, (_, index) => `${spans[2 * index]}: ${laneStates[spans[2 * index + 1]! >> 1]}${spans[2 * index + 1]! % 2 === 1 ? '*' : ''}`);
}
