import { UsageError } from '../../process/problems.ts';

/** The ports that a process opens, TCP; undefined: it has none of that kind. */
export interface OwnPorts {
  readonly httpPort?: number | undefined;
  readonly listenPort?: number | undefined;
  readonly tls?: { readonly port: number } | undefined;
  readonly shoutcast?: { readonly port: number } | undefined;
  readonly outPort?: number | undefined;
  readonly inPort?: number | undefined;
}

/** What they are called on the command line. */
export interface PortNames {
  readonly http: string;
  readonly out: string;
  readonly in: string;
}

const optionNames: PortNames = { http: '--http', out: '--out', in: '--in' };

/**
 * Makes sure that a port is asked for once: opened a second time it would be "in use", by whom nobody could see, and a supervisor would start the
 * process again and again. Port 0 is any free one. @throws UsageError naming both options
 */
export function withOwnPorts<Config extends OwnPorts>(config: Config, names: PortNames = optionNames): Config {
  const { httpPort, listenPort, tls, shoutcast, outPort, inPort } = config;
  const asked: readonly (readonly [name: string, port: number | undefined])[] = [
    [names.http, httpPort],
    ['--listen', listenPort],
    ['--https', tls?.port],
    [names.out, outPort],
    [names.in, inPort],
    ['--shoutcast-port', shoutcast?.port],
  ];
  const found = new Map<number, string>();
  for (const [name, port] of asked) {
    if (port === undefined || port === 0) continue;
    const other = found.get(port);
    if (other !== undefined) throw new UsageError(`${other} and ${name} are both port ${port}: set ${name} to another one`);
    found.set(port, name);
  }
  return config;
}
