import type { MountInfo } from '../../core/edge/edge.ts';
import { escapeXml } from '../http/message/text.ts';
import type { Reply } from '../http/message/reply.ts';
import { kilobits, saidOf } from './source-figures.ts';

/** A mountpoint as it stands on a page. */
export interface PageMount {
  readonly mount: MountInfo;
  readonly url: string;
}

/** `/status.xsl`: what is on air, for people. */
export function statusPage(mounts: readonly PageMount[]): Reply {
  const rows = mounts.map(({ mount, url }) => {
    const cells = [saidOf(mount).get('icy-name') ?? '', mount.title, `${mount.contentType}, ${kilobits(mount)} kbit/s`, mount.listeners, mount.listenerPeak];
    const link = `<a href="${escapeXml(url)}">/${escapeXml(mount.name)}</a> <a href="${escapeXml(url)}.m3u">M3U</a>`;
    return `<tr><td>${[link, ...cells.map((cell) => escapeXml(String(cell)))].join('</td><td>')}</td></tr>\n`;
  });
  const table = `<table>\n<tr><th>Mountpoint</th><th>Name</th><th>Title</th><th>Format</th><th>Listeners</th><th>Peak</th></tr>\n${rows.join('')}</table>`;
  const body = `<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>Status</title>\n<style>${STYLE}</style></head><body>\n`
    + `<h1>On air</h1>\n${mounts.length === 0 ? '<p>No mountpoint is on air.</p>' : table}\n</body></html>\n`;
  return { status: 200, contentType: 'text/html; charset=utf-8', body };
}

const STYLE = 'body{font-family:sans-serif;margin:2em}td,th{text-align:left;padding:.2em 1em .2em 0}';

export interface SevenFigures {
  readonly mount: MountInfo | undefined;
  readonly maxListeners: number;
  readonly uniqueListeners: number;
}

/** `/7.html`, as Shoutcast 1 has it: listeners, whether there is a stream, their peak, their limit, unique listeners, kbit/s, title. */
export function sevenHtml({ mount, maxListeners, uniqueListeners }: SevenFigures): Reply {
  const { listeners = 0, listenerPeak = 0, title = '' } = mount ?? {};
  const figures = [listeners, mount === undefined ? 0 : 1, listenerPeak, maxListeners, uniqueListeners, mount === undefined ? 0 : kilobits(mount), escapeXml(title)];
  return { status: 200, contentType: 'text/html; charset=utf-8', body: `<HTML><meta http-equiv="Pragma" content="no-cache"></head><body>${figures.join(',')}</body></html>` };
}
