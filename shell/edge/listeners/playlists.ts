import type { MountInfo } from '../../../core/edge/edge.ts';
import type { Reply } from '../../http/message/reply.ts';
import { escapeXml } from '../../http/message/text.ts';

/** What a playlist tells of a mountpoint. */
export type Listed = Pick<MountInfo, 'name' | 'title' | 'headers'>;

/** A playlist that leads to a mountpoint, for players that want one: by the ending of its address. */
export const playlists: Readonly<Record<string, (mount: Listed, url: string) => Reply>> = {
  '.m3u': (_mount, url) => ({ status: 200, contentType: 'audio/x-mpegurl', body: `${url}\r\n` }),
  '.pls': (mount, url) => ({
    status: 200,
    contentType: 'audio/x-scpls',
    body: `[playlist]\r\nNumberOfEntries=1\r\nFile1=${url}\r\nTitle1=${nameOf(mount)}\r\nLength1=-1\r\nVersion=2\r\n`,
  }),
  '.xspf': (mount, url) => ({ status: 200, contentType: 'application/xspf+xml; charset=UTF-8', body: xspf(mount, url) }),
};

function xspf(mount: Listed, url: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<playlist xmlns="http://xspf.org/ns/0/" version="1">
  <title>${escapeXml(nameOf(mount))}</title>
  <trackList>
    <track>
      <location>${escapeXml(url)}</location>
      <title>${escapeXml(mount.title)}</title>
      <annotation>${escapeXml(headerOf(mount, 'Icy-Description') ?? '')}</annotation>
      <info>${escapeXml(headerOf(mount, 'Icy-Url') ?? '')}</info>
    </track>
  </trackList>
</playlist>
`;
}

function nameOf(mount: Listed): string {
  return headerOf(mount, 'Icy-Name') ?? mount.name;
}

function headerOf(mount: Listed, name: string): string | undefined {
  return mount.headers.find(([other]) => other === name)?.[1];
}
