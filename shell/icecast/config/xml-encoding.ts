import { lineThatIsNot } from '../../cli/file.ts';
import { tryDecode } from '../../http/message/text.ts';
import { UsageError } from '../../process/problems.ts';

/** The text of an XML file in the encoding that it says it is in: by its first bytes, or its declaration, otherwise UTF-8. Throws a UsageError when it is not. */
export function textOfXml(file: string, bytes: Buffer): string {
  const name = markedEncoding(bytes) ?? declaredEncoding(bytes) ?? 'UTF-8';
  const isRight = (some: Uint8Array): boolean => tryDecode(some, name) !== undefined;
  if (!isRight(new Uint8Array(0))) throw new UsageError(`${file}:1: the encoding ${JSON.stringify(name)} is not known`);
  const text = tryDecode(bytes, name);
  if (text === undefined) throw new UsageError(`${file}:${Math.max(lineThatIsNot(isRight, bytes), 1)}: is not ${name}: say what it is in its first line, as in <?xml version="1.0" encoding="ISO-8859-1"?>`);
  return text;
}

function markedEncoding(bytes: Buffer): string | undefined {
  const first = bytes.toString('latin1', 0, 2);
  return first === '\xff\xfe' ? 'UTF-16LE' : first === '\xfe\xff' ? 'UTF-16BE' : undefined;
}

function declaredEncoding(bytes: Buffer): string | undefined {
  return /^(?:\xef\xbb\xbf)?<\?xml\s[^>]*?\bencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(bytes.toString('latin1', 0, 200))?.slice(1).find((name) => name !== undefined);
}
