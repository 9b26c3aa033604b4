import type { BoundHit } from '../base/memory/bounds.ts';
import type { PathId } from '../base/machine.ts';
import type { TransportName } from './transport.ts';

/** What came in by one path while it was open; `dropped` by reason. */
export interface PathFigures {
  readonly messages: number;
  readonly bytes: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** What a relay or an edge reports of its paths. */
export type PathEvent =
  | { readonly kind: 'path-opened'; readonly path: PathId; readonly label: string; readonly transport: TransportName }
  | ({ readonly kind: 'path-closed'; readonly path: PathId; readonly label: string; readonly reason: string } & PathFigures)
  /** `holders`: the addresses that hold most of what there is. */
  | BoundHit;
