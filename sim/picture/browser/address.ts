/** What the page shows, as it stands behind the # of its address, for a colleague to see the same. */
export interface Place {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly event: number | undefined;
}

export function addressOf({ fromMs, untilMs, event }: Place): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(6);
  return `#from=${seconds(fromMs)}&until=${seconds(untilMs)}${event === undefined ? '' : `&event=${event}`}`;
}

/** Undefined where it says nothing that can be shown. */
export function placeIn(hash: string): Place | undefined {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const [from, until] = [parts.get('from'), parts.get('until')].map((text) => (text === null || text === '' ? NaN : 1000 * Number(text)));
  const event = parts.get('event');
  const hasEvent = event !== null && /^\d+$/.test(event);
  if (!Number.isFinite(from) || !Number.isFinite(until) || until! <= from!) return undefined;
  return { fromMs: from!, untilMs: until!, event: hasEvent ? Number(event) : undefined };
}
