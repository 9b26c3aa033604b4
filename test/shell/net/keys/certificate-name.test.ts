import { expect, it } from 'vitest';
import { peerNameOf } from '../../../../shell/net/keys/certificate-name.ts';

it.each([
  ['DNS:studio-a.example, DNS:other', 'CN=x', 'studio-a.example'],
  ['IP Address:192.0.2.1, DNS:Studio-A', 'CN=x', 'studio-a'],
  ['URI:spiffe://site/studio, IP Address:192.0.2.1', 'C=NL\nCN=edge-1', 'edge-1'],
  [undefined, 'C=NL\nO=Station\nCN=edge-1', 'edge-1'],
  [undefined, 'O=Station', undefined],
  [undefined, 'CN=A name of several words', undefined],
  [undefined, 'O=Station CN=studio-a', undefined],
  ['DNS:*.example', 'CN=studio-a', undefined],
  [`DNS:${'a'.repeat(65)}`, 'CN=studio-a', undefined],
  // What could be taken for another name is in quotes.
  ['URI:"x, DNS:studio-a, y", DNS:studio-b', 'CN=x', 'studio-b'],
  ['DNS:"x, DNS:studio-a"', 'CN=studio-a', undefined],
  ['URI:"\\", DNS:studio-a, \\"", DNS:studio-b', 'CN=x', 'studio-b'],
  ['URI:"x, DNS:studio-a', 'CN=studio-a', undefined],
])('of %j and %j is %j', (subjectAltName, subject, name) => {
  expect(peerNameOf({ subjectAltName, subject })).toBe(name);
});
