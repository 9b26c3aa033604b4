import type { MountInfo } from '../../../core/edge/edge.ts';
import { audioInfo, kilobits, saidOf } from '../../icecast/source-figures.ts';
import type { RequestHead } from '../../http/message/head.ts';
import { corsLines, responseHead } from '../../http/message/reply.ts';

/** What a stream may say about itself to a listener, in the order Icecast sends it. */
const icyNames = ['icy-description', 'icy-genre', 'icy-name', 'icy-private', 'icy-pub', 'icy-url'];

/** Whether a player asks for titles within the stream. */
export function wantsTitles({ headers }: RequestHead): boolean {
  return headers.get('icy-metadata') === '1';
}

/** The head before a stream. `icyIntervalBytes` only for a listener who asked for metadata. */
export function streamHead(mount: MountInfo, icyIntervalBytes: number | undefined): string {
  const said = new Map(saidOf(mount));
  if (!said.has('icy-pub')) said.set('icy-pub', '0');
  return responseHead(200, mount.contentType, [
    ...icyNames.flatMap((name) => (said.has(name) ? [`${name}:${said.get(name)}`] : [])),
    `icy-br:${kilobits(mount)}`,
    `ice-audio-info: ${audioInfo(mount)}`,
    ...(icyIntervalBytes === undefined ? [] : [`icy-metaint:${icyIntervalBytes}`]),
    ...corsLines.map(([name, value]) => `${name}: ${value}`),
  ]);
}
