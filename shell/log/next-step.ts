import type { Unfitness } from '../../core/edge/switching/events.ts';
import type { ProcessEvent, Refusal } from './events.ts';

const afterLoss: Readonly<Record<Unfitness, string>> = {
  'stalled': 'check that this encoder runs, has its source, and reaches its relays',
  'no-path': 'check the relays that this encoder sends to, and the network between them and here',
  'unpaced': 'feed this encoder in real time: ffmpeg needs -re',
  'other-format': 'give this encoder the format of the one on air',
  'silent': 'check the audio at the input of this encoder',
  'frozen': 'restart this encoder',
  'stranger': 'check which programme this encoder carries',
  'gone': 'start this encoder again, or another one of this mountpoint',
};

const afterRefusal: Readonly<Partial<Record<Refusal, string>>> = {
  'link without a key': 'give this peer a key (davecast key new) and start it with --key, or name its address in --plain-from',
  'datagram without a key': 'let this peer push by TCP with a key, or name its address in --plain-from',
  'unknown key': 'add the line of this peer to the file of --keys',
  'key is for another port': 'give this peer a key of the role that belongs to the port: encoder for --in, edge or relay for --out',
  'too many connections of a key': 'give each peer a key of its own, or raise limits.connections of this one in the file of --keys',
  'key sends too fast: read more slowly': 'check this peer, or raise limits.messagesPerSecond and limits.bytesPerSecond of it in the file of --keys',
};

/** What an operator can do about an event, in one short line; undefined where there is nothing to do. */
export function nextStep(event: ProcessEvent): string | undefined {
  switch (event.kind) {
    case 'open-to-everybody':
      return event.what === 'out' ? 'use --keys, or name in --allow who may subscribe: anybody can hear all mountpoints, and set their titles' : 'use --keys, or name in --allow who may push: anybody can go on air';
    case 'rights-exceeded':
      return 'check this peer, or its line in the file of --keys';
    case 'refused':
      return afterRefusal[event.reason];
    case 'backup-lost':
      return afterLoss[event.why];
    case 'no-backup':
      return 'start a second encoder of this mountpoint on another machine';
    case 'stalled':
      return 'check this encoder: no backup can take over';
    case 'switch':
      return event.reason === 'stalled' || event.reason === 'paths-closed' || event.reason === 'forgotten' ? 'check the encoder that was left' : undefined;
    case 'fallback-entered':
      return 'check the encoders of this mountpoint';
    case 'mount-ended':
      return event.why === 'no-source' ? 'check the encoders of this mountpoint: davecast sources says what they did last' : undefined;
    case 'relay-lost':
      return 'check this relay, and the network to it';
    case 'no-relay-left':
      return 'check the relays, and the network to them: nothing can be heard until one is back';
    case 'no-target-left':
      return 'check the relays, and the network to them: nothing of this encoder can be heard until one is back';
    case 'target-lost':
      return 'check this relay, and the network to it';
    case 'needs-restart':
      return 'restart this process when it suits';
    case 'reload-refused':
      return 'mend the configuration, look at it with davecast config check, and have it read again';
    default:
      return undefined;
  }
}
