import { expect, it } from 'vitest';
import { MessageCount } from '../../../../shell/net/keys/pace.ts';
import { framed } from '../../../core/support/messages.ts';

it('counts messages however they are cut, and those without a byte', () => {
  const bytes = Buffer.concat([framed(new Uint8Array(300), new Uint8Array(1)), Buffer.alloc(2), framed(new Uint8Array(70)), Buffer.alloc(4)]);
  for (const size of [1, 2, 3, 7, 299, 1_000]) {
    const count = new MessageCount();
    let messages = 0;
    for (let at = 0; at < bytes.length; at += size) messages += count.of(bytes.subarray(at, at + size));
    expect(messages).toBe(6);
  }
});
