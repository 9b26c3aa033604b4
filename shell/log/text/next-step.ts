import type { UnprovenReason } from '../../../core/edge/intake/proof/events.ts';
import type { Unfitness } from '../../../core/edge/switching/events.ts';
import type { ProcessEvent, Refusal } from '../events.ts';

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
  'datagram without a key': 'give this peer a key (davecast key new) and start it with --key, or name its address in --plain-from',
  'datagram of an unknown key': 'add the line of this peer to the file of --keys',
  'datagram of another time': 'set the clocks of this machine and of this peer, by NTP: they are more than a minute apart. If they are not, somebody repeats what he has recorded',
  'sealed datagram, but no --keys': 'give this process the keys of its peers by --keys, or start the peer with --plain-to',
  'key sends too fast: datagram dropped': 'check this peer, or raise limits.messagesPerSecond and limits.bytesPerSecond of it in the file of --keys',
  'unknown key': 'add the line of this peer to the file of --keys',
  'certificate that is not valid': 'give this peer a certificate of an authority in --link-ca, for a client, that has not expired',
  'certificate of no peer': 'add a line without a key to the file of --keys, with the first DNS name of the certificate of this peer, or its common name, as "name"',
  'key is for another port': 'give this peer a key of the role that belongs to the port: encoder for --in, edge or relay for --out',
  'too many connections of a key': 'give each peer a key of its own, or raise limits.connections of this one in the file of --keys',
  'key sends too fast: read more slowly': 'check this peer, or raise limits.messagesPerSecond and limits.bytesPerSecond of it in the file of --keys',
};

const afterUnproven: Readonly<Record<UnprovenReason, string>> = {
  'no-signature': 'start its encoder with --sign, or have the mountpoint not verified; if it signs, check who drops messages on the way',
  'wrong': 'check the relay, and whether two encoders use one stream id',
  'unknown-key': 'add the public key of its encoder to the file of --verify',
  'not-allowed': 'add the mountpoint to the line of this key in the file of --verify',
  'wrong-time': 'set the clocks of encoder and edge: a signature is good for a minute',
};

/** What an operator can do about an event, in one short line; undefined where there is nothing to do. */
export function nextStep(event: ProcessEvent): string | undefined {
  switch (event.kind) {
    case 'open-to-everybody':
      return event.what === 'out' ? 'use --keys, without --plain-from for all addresses, or name in --allow who may subscribe: anybody can hear all mountpoints, and set their titles' : 'use --keys, without --plain-from for all addresses, or name in --allow who may push: anybody can go on air';
    case 'rights-exceeded':
      return 'check this peer, or its line in the file of --keys';
    case 'file-exposed':
      return event.readBy === 'group' ? 'chmod g-r, or give the file to root and the group of this process: who can read it can speak by its keys' : 'chmod o-r: who can read it can speak by its keys';
    case 'link-refused':
      return 'give this process what the other end wants, or have the other end take it in: its log names this peer, too';
    case 'successor-ended':
      return 'start the service again: this process only finishes what it has kept, and its log says nothing of why';
    case 'relay-forges':
      return 'check this relay, and who can push to it: somebody there changes audio, or puts some in';
    case 'stream-unproven':
      return afterUnproven[event.why];
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
    case 'target-lost':
      return 'check this relay, and the network to it';
    case 'no-relay-left':
      return 'check the relays, and the network to them: nothing can be heard until one is back';
    case 'no-target-left':
      return 'check the relays, and the network to them: nothing of this encoder can be heard until one is back';
    case 'needs-restart':
      return 'restart this process when it suits';
    case 'reload-refused':
      return 'mend the configuration, look at it with davecast config check, and have it read again';
    default:
      return undefined;
  }
}
