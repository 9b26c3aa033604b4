import { confirmed, send, withMount, type Answers } from '../commands.ts';
import { element } from '../dom.ts';
import { spanText } from '../time.ts';

const MAX_SHOWN = 100;

interface Listener {
  readonly IP: string;
  readonly UserAgent: string;
  readonly Connected: number;
  readonly ID: number;
}

/** The listeners of a mountpoint, asked for when somebody opens the list. */
export function listenerList(mount: string, answers: Answers): HTMLDetailsElement {
  const list = element('ul', { class: 'listeners' });
  const ask = async (): Promise<void> => {
    const response = await fetch(withMount('listclients.json', mount), { credentials: 'same-origin' });
    const listeners = response.ok ? listenersIn(await response.json()) : [];
    list.replaceChildren(...listeners.slice(0, MAX_SHOWN).map(row));
    if (listeners.length === 0) list.append(element('li', { class: 'quiet' }, ['nobody listens']));
    if (listeners.length > MAX_SHOWN) list.append(element('li', { class: 'quiet' }, [`and ${listeners.length - MAX_SHOWN} more`]));
  };
  const row = ({ IP, UserAgent, Connected, ID }: Listener): HTMLElement => {
    const kick = confirmed('Kick', () => void send(withMount('killclient.json', mount, { id: String(ID) }), answers).then(ask), `Kick the listener at ${IP}`);
    return element('li', {}, [element('span', { class: 'who' }, [`${IP} · ${spanText(Number(Connected) * 1_000)} · ${UserAgent}`]), kick]);
  };
  const details: HTMLDetailsElement = element('details', { class: 'fold', ontoggle: () => void (details.open && ask().catch(() => answers.say('listeners could not be listed', true))) }, [element('summary', {}, ['Listeners']), list]);
  return details;
}

/** As Icecast's page says it, in JSON; no list where nobody listens. */
function listenersIn(answer: unknown): readonly Listener[] {
  const { icestats } = answer as { readonly icestats?: { readonly source?: readonly { readonly listener?: readonly Listener[] }[] } };
  return icestats?.source?.[0]?.listener ?? [];
}
