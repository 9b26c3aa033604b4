import type { Archive } from '../base/archive.ts';
import { MAX_HOPS, type SourceClaim } from '../wire/extensions.ts';
import { isPushed, type Path } from './path.ts';
import type { PathId } from '../base/machine.ts';

/** An open path by which a stream comes to a relay. */
interface Carrier {
  readonly path: Path;
  /** What the relay at its other end says of the stream; of a path from an encoder, undefined. */
  said: SourceClaim | undefined;
}

/** Open paths of one stream that are remembered: an encoder has one or two to a relay. */
const MAX_CARRIERS = 16;

/**
 * Of one stream at a relay: by which open paths it comes, and what the relay can say of that to those behind it.
 *
 * What it knows for itself is whether an encoder's TCP connection is there. A path to another relay says nothing about
 * the encoder behind that, so there it only passes on what that relay says; and a UDP socket says nothing at all, for it is
 * never closed. While any way is open, or may be, nobody is told that the stream has lost its source.
 */
export class Carriers {
  #carriers: Carrier[] = [];
  #claim: SourceClaim | undefined;

  /** What can be said; undefined while nothing is known. */
  get claim(): SourceClaim | undefined {
    return this.#claim;
  }

  /** The paths that are remembered. */
  get paths(): readonly Path[] {
    return this.#carriers.map(({ path }) => path);
  }

  /** A copy of one of its messages has come by this path. True when that is remembered of it from now on. */
  carried(path: Path): boolean {
    const carrier = this.#find(path);
    const isNew = carrier === undefined;
    if (isNew) {
      if (this.#carriers.length >= MAX_CARRIERS) return false;
      this.#carriers.push({ path, said: undefined });
    } else if (carrier.said?.isOpen === false) carrier.said = { ...carrier.said, isOpen: true };
    else return false;
    this.#claim = this.#known() ?? this.#claim;
    return isNew;
  }

  /** The relay at the other end of this path says something of the stream. */
  said(path: Path, claim: SourceClaim): void {
    const carrier = this.#find(path);
    if (carrier === undefined || claim.hops >= MAX_HOPS) return;
    carrier.said = claim;
    this.#claim = this.#known() ?? this.#claim;
  }

  /** A path is closed. */
  closed(path: Path): void {
    const carrier = this.#find(path);
    if (carrier === undefined) return;
    this.#carriers = this.#carriers.filter((other) => other !== carrier);
    if (this.#carriers.length > 0) this.#claim = this.#known() ?? this.#claim;
    else if (isPushed(path)) this.#claim = { isOpen: false, hops: 0, address: path.address };
  }

  /** Saves or restores its state; the paths it names are open. */
  archive(a: Archive, pathOf: (id: PathId) => Path): void {
    this.#carriers = a.list(this.#carriers, (carrier) => {
      const path = pathOf(a.number(carrier?.path.id ?? (0 as PathId)));
      return { path, said: archiveClaim(a, carrier?.said) };
    });
    this.#claim = archiveClaim(a, this.#claim);
  }

  /** Undefined when the paths that there are say nothing. */
  #known(): SourceClaim | undefined {
    const encoder = this.#carriers.findLast(({ path }) => isPushed(path));
    if (encoder !== undefined) return { isOpen: true, hops: 0, address: encoder.path.address };
    const claims = this.#carriers.map(({ said }) => said);
    const open = claims.filter((said) => said?.isOpen === true).sort((a, b) => a!.hops - b!.hops)[0];
    const said = open ?? (claims.includes(undefined) ? undefined : claims[0]);
    return said === undefined ? undefined : { ...said, hops: said.hops + 1 };
  }

  #find(path: Path): Carrier | undefined {
    for (const carrier of this.#carriers) if (carrier.path === path) return carrier;
    return undefined;
  }
}

/** Saves or restores a claim that there may be. */
export function archiveClaim(a: Archive, claim: SourceClaim | undefined): SourceClaim | undefined {
  if (!a.flag(claim !== undefined)) return undefined;
  return { isOpen: a.flag(claim?.isOpen ?? false), hops: a.number(claim?.hops ?? 0), address: a.text(claim?.address ?? '') };
}
