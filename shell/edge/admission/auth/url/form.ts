import { hostname } from 'node:os';
import type { UrlAuthConfig } from '../../../../cli/mounts/listener-auth.ts';
import { formOf, type Field } from '../../../../icecast/auth-service/form.ts';
import { decodeText, percentEncodePath } from '../../../../http/message/text.ts';
import type { Heard, Unknown } from '../authenticator.ts';

/** What a service gets of one listener, in the order in which Icecast has it. Its request is not kept: a listener may stay for days. */
export class ListenerForms {
  readonly kept: KeptForm;
  /** Before it is admitted. */
  readonly add: string;

  constructor({ client, mount, request: { head, socket, client: { address } }, credentials }: Unknown, config: UrlAuthConfig) {
    const cut = head.target.indexOf('?');
    const query = cut < 0 ? '' : decodeText(Buffer.from(head.target.slice(cut), 'latin1'));
    const who = formOf([
      ['server', config.server ?? hostname()],
      ['port', String(socket.localPort ?? 0)],
      ['client', String(client)],
      ['mount', `/${percentEncodePath(mount)}${query}`],
      ['user', credentials?.user ?? ''],
      ['pass', credentials?.password ?? ''],
    ]);
    const ip: Field = ['ip', address];
    const agent: Field = ['agent', head.headers.get('user-agent') ?? '-'];
    this.kept = { who, from: formOf([ip, agent]) };
    const passed = config.headers.flatMap((name): Field[] => {
      const value = head.headers.get(name.toLowerCase());
      return value === undefined ? [] : [[`${config.headerPrefix}${name}`, value]];
    });
    this.add = `action=listener_add&${who}&${formOf([ip, agent, ['referer', head.headers.get('referer') ?? ''], ...passed])}`;
  }

}

/** What is kept of a listener for the time when it leaves. */
export interface KeptForm {
  readonly who: string;
  readonly from: string;
}

/** What a service gets of a listener that has left. */
export function removeForm({ who, from }: KeptForm, { connectedMs, bytes }: Heard): string {
  return `action=listener_remove&${who}&duration=${Math.floor(connectedMs / 1_000)}&${from}&sent=${bytes}`;
}
