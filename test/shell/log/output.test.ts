import { describe, expect, it } from 'vitest';
import { LineQueue } from '../../../shell/log/output.ts';
import type { LogWriter, Written } from '../../../shell/log/writer.ts';

/** Takes what the test lets it take. */
class Writer implements LogWriter {
  readonly descriptor = -1;
  readonly abandoned: Promise<void> = new Promise(() => undefined);
  text = '';
  #at: { readonly bytes: Uint8Array; readonly written: Written } | undefined;

  write(bytes: Uint8Array, written: Written): void {
    this.#at = { bytes, written };
  }

  writeNow(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString();
  }

  take(most = Number.POSITIVE_INFINITY): void {
    const { bytes, written } = this.#at!;
    this.#at = undefined;
    const taken = bytes.subarray(0, most);
    this.writeNow(taken);
    written(undefined, taken.length);
  }

  takeAll(): void {
    while (this.#at !== undefined) this.take();
  }

  fail(): void {
    const { written } = this.#at!;
    this.#at = undefined;
    written(new Error('ENOSPC'), 0);
  }
}

function queueTo(writer: Writer): LineQueue {
  const queue: LineQueue = new LineQueue(writer, (count) => queue.write(`${count} dropped\n`));
  return queue;
}

describe('lines for an output', () => {
  it('are written in order, whatever it takes at a time', async () => {
    const writer = new Writer();
    const queue = queueTo(writer);
    for (let i = 0; i < 5; i++) queue.write(`line ${i}\n`);
    writer.take(0);
    writer.take(3);
    const flushed = queue.flush();
    writer.takeAll();
    await flushed;
    expect(writer.text).toBe('line 0\nline 1\nline 2\nline 3\nline 4\n');
    await queue.flush();
  });

  it('are dropped when it takes nothing, and counted once it does again', () => {
    const writer = new Writer();
    const queue = queueTo(writer);
    const line = `${'x'.repeat(999)}\n`;
    for (let i = 0; i < 3_000; i++) queue.write(line);
    queue.write('small\n');
    writer.takeAll();
    const kept = writer.text.split('\n').length - 2;
    expect(kept).toBeLessThan(1_048_576 / 1_000 + 1);
    expect(writer.text).toBe(`${line.repeat(kept)}${3_001 - kept} dropped\n`);
    queue.write('and on\n');
    writer.takeAll();
    expect(writer.text.endsWith(' dropped\nand on\n')).toBe(true);
  });

  it('are dropped and counted when it fails, and a line that is cut off ends there', () => {
    const writer = new Writer();
    const queue = queueTo(writer);
    queue.write('whole\ncut off\n');
    queue.write('lost\n');
    writer.take(9);
    writer.fail();
    writer.fail();
    queue.write('again\n');
    writer.takeAll();
    expect(writer.text).toBe('whole\ncut\nagain\n2 dropped\n');
  });

  it('that told of dropped ones and were dropped themselves are told of again', () => {
    const writer = new Writer();
    const queue = queueTo(writer);
    queue.write('lost\n');
    writer.fail();
    queue.write('again\n');
    writer.take();
    writer.fail();
    queue.write('and again\n');
    writer.takeAll();
    expect(writer.text).toBe('again\nand again\n2 dropped\n');
  });

  it('are given to it without waiting when the process ends in a failure', () => {
    const writer = new Writer();
    const queue = queueTo(writer);
    for (const line of ['a\n', 'b\n', 'c\n']) queue.write(line);
    queue.flushNow();
    expect(writer.text).toBe('b\nc\n');
  });
});
