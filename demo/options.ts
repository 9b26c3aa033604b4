import { cac } from 'cac';

export interface DemoOptions {
  /** Where the edge listens. */
  readonly port: number;
  readonly chaos: boolean;
  /** End after so long; undefined: run until a signal. */
  readonly forMs: number | undefined;
}

export type Parsed =
  | { readonly kind: 'run'; readonly options: DemoOptions }
  | { readonly kind: 'help'; print(): void }
  | { readonly kind: 'wrong'; readonly problem: string };

/** Reads the command line (without node and script). */
export function parseOptions(args: readonly string[]): Parsed {
  const cli = cac('npm run demo --');
  cli
    .usage('[options]')
    .option('--port <port>', 'HTTP port of the edge; a free port if it is in use', { default: 8000 })
    .option('--chaos', 'kill, freeze and restart encoders and relays in turn')
    .option('--for <seconds>', 'duration; exit status 0 if the listener stayed connected, 1 if not (default: until Ctrl-C)')
    .help();
  cli.showHelpOnExit = false;
  try {
    const { options, args: rest } = cli.parse(['node', 'demo', ...args], { run: false });
    if (options['help'] === true) return { kind: 'help', print: () => cli.outputHelp() };
    // Without a command that has an action, cac checks nothing unless asked.
    cli.globalCommand.checkUnknownOptions();
    cli.globalCommand.checkOptionValue();
    const extra: unknown = [...rest, ...(options['--'] ?? [])][0];
    if (extra !== undefined) return wrong(`unexpected argument ${JSON.stringify(extra)}`);
    return checked(options);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

function checked({ port, chaos, for: seconds }: Readonly<Record<string, unknown>>): Parsed {
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    return wrong('--port must be a port number from 0 to 65535');
  }
  if (chaos !== undefined && typeof chaos !== 'boolean') return wrong('--chaos takes no value');
  if (seconds === undefined) return { kind: 'run', options: { port, chaos: chaos === true, forMs: undefined } };
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds <= MAX_SECONDS)) {
    return wrong(`--for must be a number of seconds above 0, at most ${MAX_SECONDS}`);
  }
  return { kind: 'run', options: { port, chaos: chaos === true, forMs: seconds * 1000 } };
}

/** About eleven days: a timer of Node cannot be set to more than 24. */
const MAX_SECONDS = 1_000_000;

function wrong(problem: string): Parsed {
  return { kind: 'wrong', problem };
}
