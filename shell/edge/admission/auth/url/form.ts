import { hostname } from 'node:os';
import type { UrlAuthConfig } from '../../../../cli/listener-auth.ts';
import { percentEncodePath, wellFormed, decodeText } from '../../../../http/text.ts';
import type { Heard, Unknown } from '../authenticator.ts';

/** What a service is asked of a listener who wants to listen, in the order in which Icecast asks it. */
export function addForm(unknown: Unknown, config: UrlAuthConfig): string {
  const { headers } = unknown.request.head;
  const passed = config.headers.flatMap((name): [string, string][] => {
    const value = headers.get(name.toLowerCase());
    return value === undefined ? [] : [[`${config.headerPrefix}${name}`, value]];
  });
  return formOf([
    ['action', 'listener_add'],
    ...placeOf(unknown, config),
    ['ip', unknown.request.client.address],
    ['agent', headers.get('user-agent') ?? '-'],
    ['referer', headers.get('referer') ?? ''],
    ...passed,
  ]);
}

/** What a service is told of a listener who has left. */
export function removeForm(unknown: Unknown, config: UrlAuthConfig, { connectedMs, bytes }: Heard): string {
  return formOf([
    ['action', 'listener_remove'],
    ...placeOf(unknown, config),
    ['duration', String(Math.floor(connectedMs / 1_000))],
    ['ip', unknown.request.client.address],
    ['agent', unknown.request.head.headers.get('user-agent') ?? '-'],
    ['sent', String(bytes)],
  ]);
}

type Field = readonly [name: string, value: string];

function placeOf({ client, mount, request: { head, socket }, credentials }: Unknown, config: UrlAuthConfig): readonly Field[] {
  const cut = head.target.indexOf('?');
  const query = cut < 0 ? '' : decodeText(Buffer.from(head.target.slice(cut), 'latin1'));
  return [
    ['server', config.server ?? hostname()],
    ['port', String(socket.localPort ?? 0)],
    ['client', String(client)],
    ['mount', `/${percentEncodePath(mount)}${query}`],
    ['user', credentials?.user ?? ''],
    ['pass', credentials?.password ?? ''],
  ];
}

function formOf(fields: readonly Field[]): string {
  return fields.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(wellFormed(value))}`).join('&');
}
