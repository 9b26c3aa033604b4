/** What a process does with its end of a connection. Nothing of it is called after `destroy`. */
export interface TcpUser {
  opened(): void;
  received(bytes: Uint8Array): void;
  closed(reason: string): void;
}

/** One end of a connection, as its process and its host have it. */
export interface Socket {
  /** The host at the other end. */
  readonly remote: string;
  /** False once either side has closed it, or its host has died. */
  readonly isOpen: boolean;
  readonly isEstablished: boolean;
  /** What the process still has to send, because the kernel does not take it. */
  readonly backlogBytes: number;
  /** The backlog for those who only look. */
  readonly waitingBytes: number;
  /** What the other end has not acknowledged. */
  readonly unacknowledgedBytes: number;
  write(bytes: Uint8Array): void;
  /** The process takes no more than this of what has come: the kernel keeps the rest, and then the sender has to. */
  readAtMost(bitsPerSecond: number): void;
  /** Closes it behind what has been written. */
  end(): void;
  destroy(): void;
  /** The process has ended: its kernel closes what it had open. */
  kernelCloses(): void;
  /** The whole host is gone, without a word. */
  kernelVanishes(): void;
}

/** Takes a new connection in; `greeting` stands for what a client says first. Undefined: closed at once. */
export type Accept = (socket: Socket, greeting: string) => TcpUser | undefined;

