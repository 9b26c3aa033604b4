type Properties = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>;

const SVG = 'http://www.w3.org/2000/svg';

/** An element with attributes, listeners (`onclick`) and children. Text is always text: nothing in it is markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, properties: Properties = {}, children: readonly (Node | string)[] = []): HTMLElementTagNameMap[Tag] {
  return filled(document.createElement(tag), properties, children);
}

export function drawing<Tag extends keyof SVGElementTagNameMap>(tag: Tag, properties: Properties = {}, children: readonly (Node | string)[] = []): SVGElementTagNameMap[Tag] {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

/** Writes what is new, and nothing else: who reads or selects it is not disturbed. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node: Element, name: string, value: string | undefined): void {
  if (value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** One of a list, that is brought up to date and not made anew. */
export interface Row<Item> {
  readonly node: Element;
  update(item: Item): void;
}

/** Children of `parent`, one for each item, in their order; each keeps its element as long as its key is there. */
export class Rows<Item> {
  readonly #parent: Element;
  readonly #make: (item: Item) => Row<Item>;
  readonly #rows = new Map<string, Row<Item>>();

  constructor(parent: Element, make: (item: Item) => Row<Item>) {
    this.#parent = parent;
    this.#make = make;
  }

  show(items: readonly Item[], keyOf: (item: Item) => string): void {
    const keyed = items.map((item) => [keyOf(item), item] as const);
    const keys = new Set(keyed.map(([key]) => key));
    for (const [key, { node }] of this.#rows) {
      if (keys.has(key)) continue;
      node.remove();
      this.#rows.delete(key);
    }
    let place = 0;
    for (const [key, item] of keyed) {
      const row = this.#rows.get(key) ?? this.#make(item);
      this.#rows.set(key, row);
      row.update(item);
      // One that stays where it is keeps the focus.
      if (this.#parent.children[place] !== row.node) this.#parent.insertBefore(row.node, this.#parent.children[place] ?? null);
      place++;
    }
  }
}

function filled<Made extends Element>(made: Made, properties: Properties, children: readonly (Node | string)[]): Made {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') made.addEventListener(name.replace(/^on/, ''), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}
