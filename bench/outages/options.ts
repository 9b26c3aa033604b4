import { BadOption, count, parse } from '../common/options.ts';
import { formats, type Format } from '../rigs/formats.ts';
import { faults, type FaultName } from './fault.ts';
import { systems, type SystemName } from './systems.ts';

export interface Options {
  /** Undefined: what the full table has. */
  readonly systems: readonly SystemName[] | undefined;
  readonly faults: readonly FaultName[] | undefined;
  readonly codecs: readonly Format[] | undefined;
  readonly switches: number;
  readonly rigs: number;
  readonly json: string | undefined;
}

export const USAGE =
  'npm run bench -- outages [--system NAME]… [--fault NAME]… [--codec NAME]… [--switches N] [--rigs N] [--json FILE]';

const SWITCHES = 10;
const MAX_SWITCHES = 1_000;
/** As many as two processors can serve without their listeners waiting for a processor: see docs/outages.md. */
const RIGS = 7;
const MAX_RIGS = 64;

export function readOptions(args: readonly string[]): Options {
  const { system, fault, codec, switches, rigs, json }: Raw = read(args);
  return {
    systems: names('system', system, systems),
    faults: names('fault', fault, faults),
    codecs: names('codec', codec, formats),
    switches: count('switches', switches, SWITCHES, MAX_SWITCHES),
    rigs: count('rigs', rigs, RIGS, MAX_RIGS),
    json,
  };
}

interface Raw {
  readonly system?: string[];
  readonly fault?: string[];
  readonly codec?: string[];
  readonly switches?: string;
  readonly rigs?: string;
  readonly json?: string;
}

function read(args: readonly string[]): Raw {
  const many = { type: 'string', multiple: true } as const;
  const one = { type: 'string' } as const;
  try {
    return parse(args, { system: many, fault: many, codec: many, switches: one, rigs: one, json: one });
  } catch (error) {
    throw new BadOption(`${(error as Error).message}; ${USAGE}`);
  }
}

function names<Name extends string>(option: string, given: readonly string[] | undefined, known: Readonly<Record<Name, unknown>>): Name[] | undefined {
  return given?.map((name) => {
    if (!Object.hasOwn(known, name)) throw new BadOption(`--${option} is one of ${Object.keys(known).join(', ')}, not "${name}"`);
    return name as Name;
  });
}
