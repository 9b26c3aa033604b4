import { SUPPORTED } from '../../core/codec/scan/foreign.ts';
import { describeFormat, type FormatRefusal } from '../../core/codec/format/format.ts';
import type { ProcessEvent, SourceRefusal } from './events.ts';

/** Why a format cannot be heard, for operators. */
export function formatRefusalText(why: FormatRefusal): string {
  if (why.code === 'cannot-follow') return `${describeFormat(why.format)} cannot follow ${describeFormat(why.before)}`;
  return `the mountpoint is to have ${why.wanted}, and not ${why.codec ?? 'nothing'}`;
}

const sourceRefusals: Readonly<Record<Exclude<SourceRefusal['code'], 'unsupported' | 'no-such-mount'>, string>> = {
  'in-use': 'Mountpoint in use',
  'not-from-here': 'not from this machine, and there is no --password',
  'wrong-password': 'wrong password',
};

function sourceRefusalText(why: SourceRefusal): string {
  if (why.code === 'unsupported') return `${why.format} is not supported: send ${SUPPORTED}`;
  return why.code === 'no-such-mount' ? `there is no mountpoint ${why.mount}` : sourceRefusals[why.code];
}

/** The figures of an event as the log has them: codes with figures of their own as a sentence. */
export function figuresOf(event: ProcessEvent): object {
  const { kind: _, ...figures } = event;
  switch (event.kind) {
    case 'backup-refused':
    case 'fallback-refused':
    case 'format-changed':
      return { ...figures, why: formatRefusalText(event.why) };
    case 'new-format': {
      const { mount, before, listeners } = event;
      return { mount, format: describeFormat(event), before: describeFormat(before), listeners };
    }
    case 'source-refused': {
      const { mount, from, why } = event;
      return { ...(mount !== undefined && { mount }), from, reason: sourceRefusalText(why) };
    }
    default:
      return figures;
  }
}
