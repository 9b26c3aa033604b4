export type TransportName = 'tcp' | 'udp' | 'nats';

/** What the core has to know of a way that bytes are carried. All else is the business of whoever opens it. */
export interface Transport {
  /** As events, configurations and recordings have it. */
  readonly name: TransportName;
  /** 'stream': messages with their length in front, in any chunking; 'datagram': one message at a time, whole or not at all. */
  readonly framing: 'stream' | 'datagram';
  /** What arrives does so in the order in which it was sent. */
  readonly keepsOrder: boolean;
  /** There is a connection, and each end is told when it opens and closes. */
  readonly tellsClose: boolean;
}

export const transports: Readonly<Record<TransportName, Transport>> = {
  tcp: { name: 'tcp', framing: 'stream', keepsOrder: true, tellsClose: true },
  udp: { name: 'udp', framing: 'datagram', keepsOrder: false, tellsClose: false },
  /** Whole messages of one stream in each message of NATS, with their lengths in front. */
  nats: { name: 'nats', framing: 'stream', keepsOrder: true, tellsClose: true },
};
