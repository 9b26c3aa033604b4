import { familyOf } from './families.ts';
import type { Codec } from './format/format.ts';

/** The media type a listener is told. */
export function contentTypeOf(codec: Codec): string {
  return familyOf({ codec }).contentType;
}
