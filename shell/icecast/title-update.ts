import { textOf, type RequestTarget } from '../http/request-target.ts';

/** What a request for `/admin/metadata` or `/admin.cgi` sets, or Icecast's sentence on what is wrong with it. */
export type TitleUpdate = { readonly title: string } | { readonly problem: string };

export function titleUpdate(target: RequestTarget): TitleUpdate {
  const charset = textOf(target, 'charset');
  const [song, artist, title] = ['song', 'artist', 'title'].map((name) => textOf(target, name, charset));
  if (textOf(target, 'mode') !== 'updinfo') return { problem: 'Unknown admin request' };
  if (song === undefined && artist === undefined && title === undefined) return { problem: 'Missing parameter' };
  return { title: song ?? [artist, title].filter((part) => part !== undefined && part !== '').join(' - ') };
}

export const TITLE_UPDATED = 'Metadata update successful';
