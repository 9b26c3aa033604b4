import { iceResponse, type Element } from './document.ts';
import { textOf, type RequestTarget } from '../http/message/request-target.ts';

/** What a request for `/admin/metadata` or `/admin.cgi` sets, or Icecast's sentence on what is wrong with it. */
export type TitleUpdate = { readonly title: string } | { readonly problem: string };

export function titleUpdate(target: RequestTarget): TitleUpdate {
  const charset = textOf(target, 'charset');
  const [song, artist, title] = ['song', 'artist', 'title'].map((name) => textOf(target, name, charset));
  const mode = textOf(target, 'mode');
  if (mode === undefined) return { problem: 'Missing parameter' };
  if (mode !== 'updinfo') return { problem: 'No such action' };
  if (song === undefined && artist === undefined && title === undefined) return { problem: 'Missing parameter' };
  return { title: song ?? [artist, title].filter((part) => part !== undefined && part !== '').join(' - ') };
}

/** What is answered to one. */
export function titleAnswer(isTaken: boolean): Element {
  return iceResponse(isTaken ? 'Metadata update successful' : 'Metadata update refused: another title has the highest version', isTaken);
}
