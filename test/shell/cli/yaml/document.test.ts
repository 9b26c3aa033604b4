import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../shell/process/problems.ts';
import { itemText, keyText, YamlDocument } from '../../../../shell/cli/yaml/document.ts';

const read = (text: string, env: Record<string, string> = {}): YamlDocument => new YamlDocument({ file: 'F', text, env });

describe('a document', () => {
  it('has plain values, and knows where each stands', () => {
    const document = read('# of the studio\nhttp: 8000\nmounts:\n  radio: {prefer: a}\n  "a b":\n    - 0123\n    - x\n');
    expect(document.content).toEqual({ http: 8_000, mounts: { radio: { prefer: 'a' }, 'a b': [123, 'x'] } });
    expect(['http', 'mounts.radio.prefer', 'mounts["a b"]', 'mounts["a b"][1]'].map((where) => document.at(where))).toEqual(['F:2:1', 'F:4:11', 'F:5:3', 'F:7:7']);
    expect([document.textAt('mounts["a b"][0]'), document.textAt('mounts'), document.textAt('no')]).toEqual(['0123', undefined, undefined]);
    expect([document.at('mounts.radio.nothing[3]'), document.at('nothing')]).toEqual(['F:4:3', 'F:1:1']);
  });

  it('is what JSON.parse makes of the same text', () => {
    fc.assert(fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 3 })), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      fc.pre(!text.includes('${'));
      expect(read(text).content).toEqual(JSON.parse(text));
    }), { numRuns: 60 });
  });

  it('is read or refused with places, whatever it is', () => {
    const piece = fc.constantFrom('a: ', 'b:\n', '  ', '- ', '\n', '"', "'", '{', '}', '[', ']', '&x ', '*x', '${A}', '!!str ', '#', '|', '>', '---', '\t', '?', ':', ',', '<<: ', 'null', '%YAML 1.1\n', '\u0000', '\\');
    fc.assert(fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      try {
        expect(read(pieces.join(''), { A: 'v' }).at('a')).toMatch(/^F:\d+:\d+$/);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        for (const line of error.message.split('\n')) expect(line).toMatch(/^F:\d+:\d+: ./);
      }
    }), { numRuns: 200 });
  });

  it('has variables of the environment in its values, and says where one is not set', () => {
    const document = read('a: ${HOST}:${PORT}\nb: "$${HOST}"\nc: ${NOT}\nd:\n  - "${NOT2} x"\n  - y\n', { HOST: 'h', PORT: '1' });
    expect(document.content).toEqual({ a: 'h:1', b: '${HOST}', d: ['y'] });
    expect(document.problems).toEqual([
      'F:3:4: c: environment variable "NOT" is not set; "$${NOT}" is the text itself',
      'F:5:5: d[0]: environment variable "NOT2" is not set; "$${NOT2}" is the text itself',
    ]);
    expect([document.isSubstituted('a'), document.isSubstituted('b'), document.writtenAt('a')]).toEqual([true, false, '${HOST}:${PORT}']);
    expect(read('a: ${toString}').problems).toHaveLength(1);
  });

  it.each([
    ['{', 'F:1:2: flow map must end with a }'],
    ['a: 1\nb: [', 'F:2:5: flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['{"a": 1,\n"a": 2}', 'F:2:1: this key is given twice'],
    ['a: 1\n---\nb: 1', 'F:2:1: a configuration is one document, and "---" begins a second one'],
    ['a: 1\n\tb: 2', 'F:2:1: tabs are not allowed as indentation'],
    ['a: !!js/function x', 'F:1:4: unresolved tag: tag:yaml.org,2002:js/function'],
  ])('is refused as %j', (text, problem) => {
    expect(() => read(text)).toThrow(problem);
  });

  it('is refused with every error of syntax, a line each', () => {
    expect(() => read('a: "\\q"\nb: "\\z"')).toThrow('F:1:5: invalid escape sequence \\q\nF:2:5: invalid escape sequence \\z');
  });

  it('has aliases, but not without end', () => {
    expect(read('a: &x [1]\nb: *x').content).toEqual({ a: [1], b: [1] });
    expect(read('a: *none').problems).toEqual(['F:1:4: a: there is no anchor before it that has its name']);
    const lines = Array.from({ length: 12 }, (_, at) => `l${at + 1}: &l${at + 1} [${Array.from({ length: 10 }, () => `*l${at}`).join(', ')}]`);
    expect(() => read(`l0: &l0 x\n${lines.join('\n')}`)).toThrow(/^F:\d+:\d+: more than 100000 values/);
    expect(() => read('['.repeat(40) + ']'.repeat(40))).toThrow(/more than 32 inside each other/);
    expect(() => read('a: &a [*a]')).toThrow(/more than 32 inside each other/);
  });
});

it('keys are written so that they can be told apart', () => {
  expect([keyText('', 'a'), keyText('a', 'b'), keyText('a', 'b.c'), keyText('', '/x'), itemText('a', 2)]).toEqual(['a', 'a.b', 'a["b.c"]', '["/x"]', 'a[2]']);
});
