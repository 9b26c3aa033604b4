import { escapeXml } from '../http/message/text.ts';
import type { Reply } from '../http/message/reply.ts';

/** An element of an answer of the admin pages. */
export interface Element {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly content: string | number | readonly Element[];
}

/** How a document is written for those who read it. */
export type DocumentForm = 'xml' | 'json';

/** In JSON always lists, however many there are: what is one or several is wrong in half of all programs. */
const LISTS: ReadonlySet<string> = new Set(['source', 'listener']);

export function element(name: string, content: Element['content'], attributes?: Readonly<Record<string, string>>): Element {
  return { name, content, ...(attributes !== undefined && { attributes }) };
}

/** One element for each figure, by its name. */
export function elements(figures: Readonly<Record<string, string | number>>): readonly Element[] {
  return Object.entries(figures).map(([name, value]) => element(name, value));
}

/** What Icecast answers to a command. `done`: 1, or 0 when nothing was done. */
export function iceResponse(message: string, done: boolean): Element {
  return element('iceresponse', elements({ message, return: done ? 1 : 0 }));
}

export function documentReply(root: Element, form: DocumentForm): Reply {
  if (form === 'json') return { status: 200, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify({ [root.name]: jsonOf(root) })}\n` };
  return { status: 200, contentType: 'text/xml; charset=utf-8', body: `<?xml version="1.0"?>\n${xmlOf(root)}\n` };
}

function xmlOf({ name, attributes = {}, content }: Element): string {
  const head = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${escapeXml(value)}"`)].join(' ');
  const inside = typeof content === 'object' ? content.map(xmlOf).join('') : escapeXml(String(content));
  return inside === '' ? `<${head}/>` : `<${head}>${inside}</${name}>`;
}

function jsonOf({ attributes = {}, content }: Element): unknown {
  if (typeof content !== 'object') return content;
  const object: Record<string, unknown> = { ...attributes };
  for (const child of content) {
    if (!LISTS.has(child.name)) object[child.name] = jsonOf(child);
    else object[child.name] = [...((object[child.name] as unknown[] | undefined) ?? []), jsonOf(child)];
  }
  return object;
}
