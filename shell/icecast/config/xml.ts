import { SaxesParser } from 'saxes';
import { UsageError } from '../../process/problems.ts';

/** An element of an XML file. */
export interface XmlElement {
  readonly name: string;
  /** Where it begins, from 1. */
  readonly line: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  /** All text directly in it, without blanks around it. */
  text: string;
}

/** Reads a whole file. Only the five entities of XML itself are known, and nothing is fetched. Throws a UsageError with the line of the first thing that is wrong. */
export function parseXml(file: string, content: string): XmlElement {
  const parser = new SaxesParser({ position: true, xmlns: false });
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  let textOf = '';
  parser.on('error', ({ message }) => {
    throw new UsageError(`${file}:${parser.line}: ${message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')}`);
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element: XmlElement = { name, line: parser.line, attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
    textOf = '';
  });
  const text = (piece: string): void => void (textOf += piece);
  parser.on('text', text);
  parser.on('cdata', text);
  parser.on('closetag', () => {
    const element = open.pop()!;
    element.text = textOf.trim();
    textOf = '';
  });
  parser.write(content).close();
  return root!;
}
