import type { Note } from '../world/trace.ts';
import type { ListenerSpec } from '../world/topology.ts';

/** Streams that an edge heard first within this of each other: none is a newcomer, and may make losses good by arrivals. */
const TOGETHER_MS = 5_000;
/** By when the same point of two streams has surely been found by their content, if nothing is lost meanwhile. */
const MATCHED_MS = 25_000;

/**
 * When listeners miss something that the live stream has lost, and the edge may not take them to the encoder that is well: that was new
 * more than five seconds before or after, and since both are there the live stream loses so often that their content cannot have been compared.
 */
export function unmatchedLossesMs(notes: readonly Note[], { edge, mount }: ListenerSpec, encoder: string): readonly number[] {
  const newAtMs = new Map<string, number>();
  const lossesMs = new Map<string, number[]>();
  const missedMs: number[] = [];
  let wellSinceMs = Infinity;
  for (const { atMs, actor, kind, fields } of notes) {
    if (actor !== edge) continue;
    const stream = String(fields['stream']);
    const isWell = stream.startsWith(`${encoder}#`);
    if (kind === 'stream-new') {
      newAtMs.set(stream, atMs);
      if (isWell) wellSinceMs = atMs;
    }
    if (kind !== 'gap' || fields['mount'] !== mount || isWell) continue;
    const before = lossesMs.get(stream) ?? [];
    before.push(atMs);
    lossesMs.set(stream, before);
    const newMs = newAtMs.get(stream) ?? -Infinity;
    const isNewcomer = Math.abs(newMs - wellSinceMs) > TOGETHER_MS;
    if (fields['action'] === 'skipped' && isNewcomer && !hasPause(Math.max(newMs, wellSinceMs), before)) missedMs.push(atMs);
  }
  return missedMs;
}

/** Whether nothing was lost for long enough since then. */
function hasPause(sinceMs: number, lossesMs: readonly number[]): boolean {
  let fromMs = sinceMs;
  for (const atMs of lossesMs) {
    if (atMs < sinceMs) continue;
    if (atMs - fromMs >= MATCHED_MS) return true;
    fromMs = atMs;
  }
  return false;
}
