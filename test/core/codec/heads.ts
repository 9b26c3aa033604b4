import { readHeader } from '../../../core/codec/header.ts';
import { emptyFrameHeader, type FrameFormat } from '../../../core/codec/format/format.ts';

/** The head of one frame of digital silence, and of one of noise of ±1 in 16 bits (-93 dBFS), as encoders make them. */
interface Heads {
  readonly encoder: string;
  readonly silent: string;
  readonly quiet: string;
}

/** A frame with that head, and zeros behind it. */
export function frameWith(head: string): { readonly bytes: Uint8Array; readonly format: FrameFormat } {
  const header = emptyFrameHeader();
  const known = Uint8Array.from(head.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  const problem = readHeader(known, 0, header);
  if (problem !== undefined) throw new Error(`${problem}: ${head}`);
  const bytes = new Uint8Array(header.lengthBytes);
  bytes.set(known);
  return { bytes, format: header.format };
}

export const heads: readonly Heads[] = [
  {
    encoder: 'LAME 3.100, 128 kbit/s, joint stereo',
    silent: 'fffb9264408ff00000690000000800000d20000001000001a400000020000034800000045555',
    quiet: 'fffb9264e88042cd564280611c12616d38510c23c04b1ce10ec08465c9589761d8108c78ec9d',
  },
  {
    encoder: 'LAME 3.100, variable rate',
    silent: 'fffb1064dd8ff00000690000000800000d20000001000001a400000020000034800000045555',
    quiet: 'fffb9044fa08030540c448201a026a2c889a04c3b20d394515419878019032a2a8110ec0ab42',
  },
  {
    encoder: 'LAME 3.100, mono',
    silent: 'fffb52c4a183c00001a400000020000034800000045555',
    quiet: 'fffb52c4ec004cb19d0401987e8988b2a0d8308c997ac0',
  },
  {
    encoder: 'LAME 3.100, 22,050 Hz',
    silent: 'fff3826443000001a40000000000000348000000005555',
    quiet: 'fff38264e8098c0310b5002300166806196a0046015bfe',
  },
  {
    encoder: 'libshine',
    silent: 'fffb920400000bf000690000000000000d20000000000001a40000000000003480000000ffff',
    quiet: 'fffb9204000ff3f98bc501ad6b725bad389035ad6e0a34011406b4000146802280d68000556f',
  },
  {
    encoder: 'ffmpeg aac, 96 kbit/s',
    silent: 'fff1508001bffc211004608c1c',
    quiet: 'fff15080225ffc211a88f5fffee000f3022e231f1ef555c5f38bcd5554bc41adeaab2e55d554c941',
  },
  {
    encoder: 'ffmpeg aac, the fast coder',
    silent: 'fff1508001bffc211004608c1c',
    quiet: 'fff150802cbffc211acbfdffbfffff77652688a223a6568de5e6af9ab5500a140a2816abe6a5f351',
  },
  {
    encoder: 'ffmpeg aac, mono',
    silent: 'fff15040017ffc01182007',
    quiet: 'fff1504014bffc00ca352c4af18125fafffde9c6f8fdffaebe7557c6ef6c8cbbccb288526483d1aa',
  },
  {
    encoder: 'ffmpeg aac, 22,050 Hz',
    silent: 'fff15c8001bffc211004608c1c',
    quiet: 'fff15c80213ffc211a8cfdf7e37fe0f03b252155a9beb9e5e766f5bb92aafc75cf089404cba09e3c',
  },
  {
    encoder: 'voaacenc',
    silent: 'fff9508022fffc21100520a41bfe80',
    quiet: 'fff9508022fffc211a0bfffffffe03e9a49e27010840ce000000a0d81e7c30cb5964287236cf2383',
  },
  {
    encoder: 'ffmpeg mp2',
    silent: 'fffda204664444543355443343334491b92c9092000000000000000aaaaaaaaaaaaaaaaabefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbe7efdfbf7efdef7bdef7bdef7bdddd6c6db6ddddddd6c5b1b6db5b1b6db6dad8b62d',
    quiet: 'fffda204664444443355443343334491b9249092000000000000000aaaaea82aaaaababab2c74d74d74cf8d34d32d76cf6d37cf4d73cf4cf4cf2cf3d76cf3cafc6ec2fcc9963270e2db132f96ded31d515f0777b37630f59c005ed36e46d22ad',
  },
  {
    encoder: 'ffmpeg mp2, mono',
    silent: 'fffd62c4644535433348e58400000002aaaaaaaafbefbefbefbefbefbefbefbef9fbf7ef7bdef7bbbb6dddd6c6db6db6b62d8db5b1ddd6c6bf7efdef7bdef7776dbbbad8db6db6d6c5b1b6b63bbad8d7efdfbdef7bdeeeedb7775b1b6db6dad8',
    quiet: 'fffd62c4644435433348e48400000002b76ca9eacf6e35d74d36d74d33d36cb5d75cb4cb8d34c2f46ce1dd39781e9946ba9d196d279b8bab68525983858a2add8f6bda63325b8a3352c4da4918c8b88402678d036dd9a74f35b64661a6dec934',
  },
  {
    encoder: 'ffmpeg mp2, 22,050 Hz',
    silent: 'fff582046644444325b4892494a967a400000000000002aaaaaaaaaaaaaaabefbefbefbefbefbefbefbefbefbefbefbefbefbefbefbef9ef7bdef5b16c5b16c5b1b6d6ad8b63e7cd6b5ad6be7cf9f35af9ab63e7cd7bdef7bd6c5b16c5b16c6d',
    quiet: 'fff582046644444325b4892494a567a400000000000002abaaaaaaba9aaaab1cb4d74d74d75d76cf4d74cf5cf3e35d35cf5cf3cf3db5d33bef5210411e7f50d492fdf32daaae342e6d2040db146e5f44bb075c884253e3315233818888e0d811',
  },
  {
    encoder: 'TwoLAME, 192 kbit/s',
    silent: 'fffda00022333355666655444444336da4924922492400000000000aaaaaaaaaaaaaaaaaaaaffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff6db6dddddddddddddddddddef7bdef7bdef7bddddddd6c5b16c5b16c5',
    quiet: 'fffda00032333365566655443444334d14d24922492400000000000aaaeaaaaa8aaaaaaaaaad36d75d76d37d77d74d35d75db6d34df4e35d76d35df6d34d74d35d77d74d74d19e5ad436ef72aa8f0df49649619abc41e6f25c488d8f0bb82ca6',
  },
  {
    encoder: 'TwoLAME, joint stereo',
    silent: 'fffd800022222244444443332222112492492400000000000000aaaaaaaaaaaaaaaaffffffffffffffffffffffffffffffffffffffffffffffff6db6db6db6db6d6c5b16c5b16c5b16c6db6db6f9f3e7cd6b5ad6b5ad6b5adb6db6db6db6dad8',
    quiet: 'fffd800021222243344433322322112482492490000000000000aaaeaaaaa8aaaaaab4db5d75db4df5df5d34d75d76db4d37d38d75db4d76d34d74d35d5b96a2b76249b78142a395479578a4ab724040dc7fb92d758f96908e2c751a234dc513',
  },
  {
    encoder: 'TwoLAME, 48,000 Hz',
    silent: 'fffda40022333355666555444443336d24924892400000000000aaaaaaaaaaaaaaaaaaffffffffffffffffffffffffffffffffffffffffffffffffffffff6db6dddddddddddddddddddef7bdef7bdeeeeeeeeeeb62d8b62d8b636db6db6db6df',
    quiet: 'fffda400223333656665454444343349145248a2400000000000a92aebfbaaaaaaa9a6d75d35cf5e35d74d74df4d38d78d77d35d36d74d74d35d76d76d76d34d77d36d35d3530e751dd879e1da65af9a4362b2739a3b49a912fd307117e544b7',
  },
];
