import { PAGE_FORMAT, type Parts } from './state.ts';

/** What another process has told, without those that it shows itself; undefined when it is none of ours. Its parts are shown as text and numbers, whatever they say. */
export function answerOf(value: unknown): { readonly nowMs: number; readonly parts: Parts } | undefined {
  if (!isObject(value) || value['format'] !== PAGE_FORMAT || typeof value['nowMs'] !== 'number' || !isObject(value['parts'])) return undefined;
  const parts = Object.entries(value['parts']).filter(([, part]) => isObject(part) && typeof part['kind'] === 'string' && part['kind'] !== 'fleet');
  return { nowMs: value['nowMs'], parts: Object.fromEntries(parts) as Parts };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
