import type { Segment } from '../../../../core/edge/segments/segment.ts';
import { icyTitleOf } from '../../../../core/wire/icy.ts';

/** What the ranges of titles are called, so that each ends where the next one begins. */
const TITLE_CLASS = 'title';

/** A range for each title that begins within a segment; one that is in force at its first frame has begun there if the segment before has ended with another one. */
export function titleLines({ startUs, titles }: Pick<Segment, 'startUs' | 'titles'>, lastText: string | undefined): string[] {
  const begun = titles.filter(({ atUs, text }) => atUs > 0 || (lastText !== undefined && text !== lastText));
  return begun.flatMap(({ atUs, text }) => {
    const title = icyTitleOf(text);
    const at = startUs + atUs;
    return title === '' ? [] : [`#EXT-X-DATERANGE:ID="title-${Math.round(at / 1_000)}",CLASS="${TITLE_CLASS}",START-DATE="${dateTime(at)}",END-ON-NEXT=YES,X-TITLE="${quoted(title)}"`];
  });
}

/** ISO 8601, in UTC, to the millisecond. */
export function dateTime(us: number): string {
  return new Date(Math.round(us / 1_000)).toISOString();
}

/** A quoted string of an attribute has no line end, and no quotation mark (RFC 8216, 4.2). */
function quoted(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replaceAll('"', "'");
}
