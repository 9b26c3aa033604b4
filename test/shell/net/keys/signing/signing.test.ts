import { chmodSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { ListenerId, PathId } from '../../../../../core/base/machine.ts';
import type { Micros } from '../../../../../core/base/units.ts';
import { defaultSettings } from '../../../../../core/config/settings.ts';
import { signatureFaults } from '../../../../../core/edge/intake/proof/checks.ts';
import { Edge } from '../../../../../core/edge/edge.ts';
import { Encoder } from '../../../../../core/encoder/encoder.ts';
import { anonymous } from '../../../../../core/links/peers/peer.ts';
import { transports } from '../../../../../core/links/transport.ts';
import { decodeSignature, type Signed } from '../../../../../core/wire/messages/signature.ts';
import { readKey } from '../../../../../shell/bin/commands/key-command.ts';
import { readDaveice, readDavecast } from '../../../../../shell/bin/command-line.ts';
import { proofChecks, publicKeyOf, publicOf, SIGNATURE_AGE_MS, signer, signingKeyId, newSeed } from '../../../../../shell/net/keys/signing/signing.ts';
import { OwnSigningKey, parseSigningEntry, VerifyKeys, type SigningEntry } from '../../../../../shell/net/keys/signing/signing-keys.ts';
import { join } from '../../../../core/codec/build.ts';
import { FRAME_US, numbered, numbersIn, range } from '../../../../core/support/frames.ts';
import { parts, streamId } from '../../../../core/support/messages.ts';
import { scratchDirectory } from '../../../edge/admission/support.ts';
import { CapturedLog } from '../../../support/support.ts';

const scratches: ReturnType<typeof scratchDirectory>[] = [];
afterEach(() => {
  for (const scratch of scratches.splice(0)) scratch.remove();
});

function scratchFile(name: string, text: string): string {
  const scratch = scratchDirectory();
  scratches.push(scratch);
  return scratch.write(name, text);
}

describe('davecast key new --sign', () => {
  it('prints a secret line, and key public that for edges', () => {
    const line = readKey(['new', 'studio-a', '--sign', '--mounts', '/jazz', '--mounts', 'news/*']);
    const entry = parseSigningEntry(line) as SigningEntry;
    expect(entry).toMatchObject({ kind: 'sign', name: 'studio-a', mounts: ['jazz', 'news/*'], keys: [{ length: 32 }] });
    const open = readKey(['public', scratchFile('a.sign', `# studio\n${line}`)]);
    expect(parseSigningEntry(open)).toEqual({ ...entry, kind: 'verify', keys: [publicOf(entry.keys[0]!)] });
    expect(open).not.toContain(Buffer.from(entry.keys[0]!).toString('base64url'));
    expect(readKey(['new', 'studio-a', '--sign'])).not.toBe(readKey(['new', 'studio-a', '--sign']));
  });

  it.each([
    [['new', 'a', '--sign', '--role', 'edge'], /--sign and --role exclude each other/],
    [['public'], /key public: FILE is missing/],
    [['public', '/does/not/exist'], /key public: cannot read/],
    [['old'], /must be new or public/],
  ])('%j: says what is wrong', (argv, text) => {
    expect(() => readKey(argv)).toThrow(text);
  });

  it.each([
    ['{', /must be an object in JSON/],
    ['[]', /must be an object in JSON/],
    ['{"name":"a"}', /must have either sign or verify/],
    ['{"name":"a","sign":"x"}', /sign must be 32 bytes in base64url, or a list of two/],
    ['{"name":"a","verify":[]}', /verify must be 32 bytes/],
    ['{"name":"a b","verify":"x"}', /name must have/],
    ['{"name":"a","mounts":"x","verify":"x"}', /mounts must be a list/],
    ['{"name":"a","key":"x"}', /^"key" is no field of this line/],
  ])('a line %s is none', (line, text) => {
    expect(parseSigningEntry(line)).toMatch(text);
  });

  it('knows the test vectors of RFC 8032', () => {
    const seed = new Uint8Array(Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex'));
    expect(Buffer.from(publicOf(seed)).toString('hex')).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
    expect(Buffer.from(signer(() => seed).sign(new Uint8Array(0))).toString('hex')).toBe(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    );
  });
});

describe('files of keys', () => {
  const secret = readKey(['new', 'studio-a', '--sign']);

  it.each([
    ['', /has no key/],
    [`${secret}${secret}`, /:2: is a second entry/],
    ['{"name":"a","verify":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}', /is a public key/],
  ])('of --sign: %j is none', async (text, problem) => {
    await expect(new OwnSigningKey({ file: scratchFile('a', text), mounts: [] }, new CapturedLog().log).start()).rejects.toThrow(problem);
  });

  it.each(['', '# nobody signs yet\n'])('of --verify: %j is none', async (text) => {
    await expect(new VerifyKeys(scratchFile('a', text), new CapturedLog().log).start()).rejects.toThrow(': has no key: nothing would be verified');
  });

  it('of --verify has nothing secret', async () => {
    await expect(new VerifyKeys(scratchFile('a', secret), new CapturedLog().log).start()).rejects.toThrow(/:1: is a secret key, which belongs to its encoder alone/);
    const open = readKey(['public', scratchFile('b', secret)]);
    await expect(new VerifyKeys(scratchFile('a', open + open), new CapturedLog().log).start()).rejects.toThrow(/:2: this key is there already/);
  });

  it('are read again: an encoder signs by its new key, and an edge takes both of two', async () => {
    const [first, second] = [secret, readKey(['new', 'studio-a', '--sign'])].map((line) => parseSigningEntry(line) as SigningEntry);
    const file = scratchFile('own', secret);
    const own = new OwnSigningKey({ file, mounts: [] }, new CapturedLog().log);
    await own.start();
    const publics = [first, second].map((entry) => Buffer.from(publicOf(entry!.keys[0]!)).toString('base64url'));
    const verify = new VerifyKeys(scratchFile('all', JSON.stringify({ name: 'studio-a', verify: publics })), new CapturedLog().log);
    await verify.start();
    try {
      const before = own.signer.keyId;
      expect(before).toEqual(signingKeyId(publicOf(first!.keys[0]!)));
      expect(verify.checks.faultOf(signedWith(own.signer.sign, before))).toBe(0);
      writeFileSync(file, JSON.stringify({ name: 'studio-a', sign: Buffer.from(second!.keys[0]!).toString('base64url') }));
      process.emit('SIGHUP');
      await expect.poll(() => Buffer.compare(own.signer.keyId, before)).not.toBe(0);
      expect(verify.checks.faultOf(signedWith(own.signer.sign, own.signer.keyId))).toBe(0);
    } finally {
      own.stop();
      verify.stop();
    }
  });

  function signedWith(sign: (content: Uint8Array) => Uint8Array, keyId: Uint8Array): Signed {
    const content = Uint8Array.of(1, 2, 3);
    return { keyId, atMs: Date.now(), mountpoint: 'jazz', digests: new Uint8Array(10), from: 1, to: 2, content, signature: sign(content) };
  }
});

/** What an encoder sends as datagrams, and when. */
function sent(seed: Uint8Array, frames: number, nowMs: (us: number) => number): { readonly at: number; readonly message: Uint8Array }[] {
  const messages: { at: number; message: Uint8Array }[] = [];
  let now = 0;
  const encoder = new Encoder({ settings: defaultSettings, signer: signer(() => seed, () => nowMs(now)) }, { send: (_, bytes) => void messages.push({ at: now, message: bytes.slice() }), backlogBytes: () => 0, reset: () => {}, event: () => {} });
  encoder.addTarget(0 as Micros, { transport: transports.udp, label: 'relay' });
  const source = encoder.openSource(0 as Micros, { streamId: streamId(1), mountpoint: 'jazz' });
  for (const n of range(1, frames)) {
    now = Math.round(n * FRAME_US);
    encoder.advance(now as Micros);
    encoder.receive(now as Micros, source, numbered(n));
  }
  encoder.endSource(now as Micros, source);
  return messages;
}

describe('an encoder and an edge with real keys', () => {
  const seed = newSeed();
  const START_MS = 1_800_000_000_000;
  const keys = new Map([[Buffer.from(signingKeyId(publicOf(seed))).toString('hex'), { name: 'studio-a', mounts: ['ja*'], key: publicKeyOf(publicOf(seed)) }]]);

  it('play what was signed, by whichever replica', () => {
    let now = 0;
    const heard: Uint8Array[] = [];
    const edge = new Edge({ settings: defaultSettings }, { send: (_: ListenerId, bytes) => void heard.push(bytes.slice()), backlogBytes: () => 0, end: () => {}, event: () => {}, proof: proofChecks(() => keys, () => START_MS + now / 1000) });
    const path = edge.openPath(0 as Micros, transports.udp, anonymous('relay', 'relay')) as PathId;
    for (const { at, message } of sent(seed, 200, (us) => START_MS + us / 1000)) {
      now = at;
      edge.advance(now as Micros);
      edge.receive(now as Micros, path, message.with(1, 3));
    }
    expect(edge.stats.paths[0]!.dropped).toEqual({});
    edge.join(now as Micros, 'jazz', { icy: false, label: 'listener', burstMs: 10_000 });
    for (now += 100_000; edge.deadline <= now; ) edge.advance(now as Micros);
    expect(numbersIn(join(...heard)).at(-1)).toBe(200);
  });

  it('find each fault', () => {
    const [message] = sent(seed, 60, () => START_MS).map((one) => one.message).filter((one) => one[0] === 22);
    const signed = decodeSignature({ bytes: message!, start: 0, end: message!.length, sequence: parts(message!).sequence })!;
    const faultAt = (nowMs: number, of: Signed = signed): string => signatureFaults[proofChecks(() => keys, () => nowMs).faultOf(of)]!;
    expect(faultAt(START_MS)).toBe('none');
    expect(faultAt(START_MS + SIGNATURE_AGE_MS)).toBe('none');
    expect(faultAt(START_MS + SIGNATURE_AGE_MS + 1)).toBe('wrong-time');
    expect(faultAt(START_MS - SIGNATURE_AGE_MS - 1)).toBe('wrong-time');
    expect(faultAt(START_MS, { ...signed, mountpoint: 'rock' })).toBe('not-allowed');
    expect(faultAt(START_MS, { ...signed, keyId: new Uint8Array(8) })).toBe('unknown-key');
    for (const at of [0, 63]) expect(faultAt(START_MS, { ...signed, signature: signed.signature.with(at, signed.signature[at]! ^ 1) })).toBe('wrong');
    for (let at = 0; at < signed.content.length; at += 7) expect(faultAt(START_MS, { ...signed, content: signed.content.with(at, signed.content[at]! ^ 0x80) })).toBe('wrong');
    const checks = proofChecks(() => keys);
    expect([checks.covers('jazz'), checks.covers('rock')]).toEqual([1, 0]);
  });
});

describe('the command line', () => {
  const edge = ['edge', '--http', '8000', '--relay', 'relay-1:9002'];

  it('names the file of an encoder, and that of an edge', () => {
    const encoder = readDavecast(['encoder', '--mount', 'jazz', '--stdin', '--to', 'relay-1:9001', '--sign', 'own']);
    expect(encoder).toMatchObject({ configuration: { config: { sign: { file: 'own', mounts: ['jazz'] } } } });
    expect(readDaveice(['host:8000', 'jazz', 'relay-1:9001', '--sign', 'own'])).toMatchObject({ configuration: { config: { sign: { file: 'own', mounts: ['jazz'] } } } });
    expect(readDavecast(['8000', 'relay-1:9002', '--verify', 'encoders'])).toMatchObject({ configuration: { config: { verify: 'encoders' } } });
    expect(readDavecast(['station', '--http', '8000', '--sign', 'own', '--mount', 'jazz', '--from', 'news=http://h/x', '--verify', 'encoders'])).toMatchObject({ configuration: { config: { sign: { file: 'own', mounts: ['jazz', 'news'] }, verify: 'encoders' } }, notes: [] });
    expect(readDavecast(['station', '--http', '8000', '--verify', 'encoders'])).toMatchObject({ notes: [expect.stringContaining('--verify without --sign')] });
    expect(readDavecast([...edge, '--verify', 'encoders'])).toMatchObject({ configuration: { config: { verify: 'encoders' } }, notes: [] });
  });

  it('tells of mountpoints that a key is not to sign, and of who else can read it', async () => {
    const file = scratchFile('own', `# for the studio\n${readKey(['new', 'studio-a', '--sign', '--mounts', 'ja*'])}`);
    const toldOf = async (...mounts: readonly string[]): Promise<readonly unknown[]> => {
      const told = new CapturedLog();
      const own = new OwnSigningKey({ file, mounts }, told.log);
      await own.start();
      own.stop();
      return told.events.filter(({ kind }) => kind !== 'file-loaded');
    };
    chmodSync(file, 0o600);
    expect(await toldOf('jazz')).toEqual([]);
    expect(await toldOf('jazz', 'rock')).toEqual([{ kind: 'file-doubtful', file, problem: 'is not for the mountpoint rock: edges that verify refuse it' }]);
    chmodSync(file, 0o644);
    expect(await toldOf('jazz')).toEqual([{ kind: 'file-exposed', file, readBy: 'everybody' }]);
  });

  it('wants no verification without keys', () => {
    const file = scratchFile('davecast.yaml', 'mounts:\n  jazz:\n    verify: hold\n');
    expect(readDavecast([...edge, '--config', file, '--verify', 'encoders'])).toMatchObject({ configuration: { config: { policies: { jazz: { verify: 'hold' } } } } });
    expect(() => readDavecast([...edge, '--config', file])).toThrow(`${file}:3:5: mounts.jazz.verify: "hold" needs --verify`);
    expect(() => readDavecast(['station', '--http', '8000', '--config', file])).toThrow(`${file}:3:5: mounts.jazz.verify: "hold" needs --verify`);
    expect(() => readDavecast([...edge, '--verify='])).toThrow('--verify must not be empty');
    expect(() => readDavecast([...edge, '--verify', 'x', '--mount-end-ms', '2000'])).toThrow('mountEndMs (2000) must not be less than unsignedMs (3000) with --verify');
    const early = (more: string): string => scratchFile('early.yaml', `mounts:\n  jazz:\n    mountEndMs: 2000\n${more}`);
    expect(() => readDavecast([...edge, '--verify', 'x', '--config', scratchFile('all.yaml', 'mountEndMs: 2000\n')])).toThrow('all.yaml:1:1: mountEndMs (2000) must not be less');
    expect(() => readDavecast([...edge, '--verify', 'x', '--config', early('')])).toThrow('early.yaml:3:5: mounts.jazz.mountEndMs (2000) must not be less than unsignedMs (3000) with --verify');
    expect(readDavecast([...edge, '--verify', 'x', '--config', early('    verify: "off"\n')]).kind).toBe('run');
    expect(() => readDavecast([...edge, '--verify', 'x', '--config', scratchFile('other.yaml', 'mounts:\n  jazz:\n    verify: yes please\n')])).toThrow('must be "off", "switch" or "hold"');
  });
});
