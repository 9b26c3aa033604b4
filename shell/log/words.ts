import { describeFormat, type FormatRefusal } from '../../core/codec/format/format.ts';
import type { ProcessEvent } from './events.ts';

/** Why a format cannot be heard, for operators. */
export function formatRefusalText(why: FormatRefusal): string {
  if (why.code === 'cannot-follow') return `${describeFormat(why.format)} cannot follow ${describeFormat(why.before)}`;
  return `the mountpoint is to have ${why.wanted}, and not ${why.codec ?? 'nothing'}`;
}

/** The figures of an event as the log has them: codes with figures of their own as a sentence. */
export function figuresOf(event: ProcessEvent): object {
  const { kind: _, ...figures } = event;
  switch (event.kind) {
    case 'backup-refused':
    case 'fallback-refused':
    case 'format-changed':
      return { ...figures, why: formatRefusalText(event.why) };
    default:
      return figures;
  }
}
