import type { Host } from '../host.ts';
import type { Parcel } from '../trace.ts';

/** One end of a connection, as the flow between the two kernels has it. */
export interface KernelEnd {
  readonly host: Host;
  readonly isOpen: boolean;
  /** Whether its kernel still knows the connection. */
  readonly isKnown: boolean;
  /** Whether all has come that ever will. */
  readonly isEnding: boolean;
  /** Its kernel has given the connection up, which its process may not know yet. */
  readonly isReset: boolean;
  /** Whether its kernel takes in more. */
  readonly hasRoom: boolean;
  kernelTakes(what: Parcel): void;
  kernelEnds(): void;
  kernelResets(reason: string): void;
}
